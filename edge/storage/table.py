"""What one table says of itself: its SQL by release, how it forgets a person, what it keeps how long, and its export.

Each table's file ends with one such `Table`, and `edge.storage.tables` lists it. `migrations`, `erasure`, `retention`
and the export of a person's data walk that list; no other place names all tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import JsonValue

from edge.domain.ids import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationStep:
    """A table's part of one release of the schema: ``release`` as ``0001-first``, ``sql`` one or more statements.

    A released part is never changed, only followed by one of a later release. ``before``: the table whose part of
    the same release comes after this one.
    """

    release: str
    sql: str
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """How a table forgets a person. ``forget`` returns the rows that it changed: the receipt tells them.

    ``before``: the table to be erased after this one, because rows here are found through it.
    """

    forget: Callable[[sqlite3.Connection, Token], int]
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Rows go when they are ``days`` old, unless the market's reviewed policy says another number for ``data_class``.

    No policy may say fewer than ``least_days``: then something that counts these rows would go wrong.
    ``sweep`` lets go of at most so many rows from before an instant, and returns how many went.
    """

    data_class: str
    days: int
    sweep: Callable[[sqlite3.Connection, datetime, int], int]
    least_days: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedWith:
    """Rows go by the days of a class that another table declares, because they are of use only together."""

    data_class: str
    sweep: Callable[[sqlite3.Connection, datetime, int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlimited:
    """No row goes for its age; ``note`` says why."""

    note: str


NO_TERM_YET = "nobody has set a term yet: kept until the person is erased"
"""The note of tables about people that never expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportQuery:
    """A question with one parameter, the person's token; each row becomes an object of its columns.

    A column that ends in ``_us`` (microseconds since 1970) is told as a time, those in ``json`` as what they hold.
    ``before``: the table that is told after this one.
    """

    sql: str
    json: frozenset[str] = frozenset()
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReader:
    """For rows that a question cannot put into words. ``before``: the table that is told after this one."""

    read: Callable[[sqlite3.Connection, Token], JsonValue]
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the store's file.

    ``name`` is SQL's, and the name on receipts and in exports. ``also``: tables that hold the same rows in another
    state, erased and swept by the same functions. Without an ``erasure`` a table must hold nothing that leads to
    a person (a test looks); without an ``export`` nothing that is about one.
    """

    name: str
    steps: tuple[MigrationStep, ...] = ()
    retention: Retention | RetainedWith | Unlimited
    erasure: Erasure | None = None
    export: ExportQuery | ExportReader | None = None
    also: tuple[str, ...] = ()


class _Placed(Protocol):
    @property
    def before(self) -> str | None: ...


P = TypeVar("P", bound=_Placed)


def arranged(parts: Mapping[str, P]) -> dict[str, P]:
    """The parts by table, in their order, but each that names another ``before`` it directly in front of that one.

    Raises:
        ValueError: the other is not there, or itself waits for a place.
    """
    order = [name for name, part in parts.items() if part.before is None]
    for name, part in parts.items():
        if part.before is not None:
            # Directly in front, so that two before the same table keep their own order.
            order.insert(order.index(part.before), name)
    return {name: parts[name] for name in order}
