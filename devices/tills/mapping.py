"""A mapping: where in another till's order our fields stand, as one file of expressions.

`devices.tills.orders` reads orders by it. Shipped ones lie in ``devices/tills/mappings``; a store puts its own beside
its database, in the folder ``mappings``.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
)

from devices.errors import MappingMissing, MappingRefused
from devices.tills.expressions import FieldExpression

SHIPPED: Final = Path(__file__).parent / "mappings"
NAME: Final = re.compile(r"[a-z0-9-]{1,32}")
_LARGEST: Final = 64 * 1024


def _compiled(value: object) -> object:
    return FieldExpression(value) if isinstance(value, str) else value


def _zone(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("not a time zone of the tz database") from error


Finds = Annotated[InstanceOf[FieldExpression], BeforeValidator(_compiled)]
Zone = Annotated[InstanceOf[ZoneInfo], BeforeValidator(_zone)]
Words = dict[str, str]
Unit = Literal["each", "kg", "g", "lb", "oz", "l"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderFields(_Part):
    """Where an order's own fields stand. ``till`` goes before ``id``; ``state`` is looked up in ``states``."""

    id: Finds
    till: Finds | None = None
    sold_at: Finds | None = None
    currency: Finds | None = None
    loyalty: Finds | None = None
    state: Finds | None = None


class LineFields(_Part):
    """Where lines stand in the order (``each``), and their fields in a line.

    ``price``: of one unit, before discounts. ``paid``: what the line came to after them. ``discount`` is an amount,
    ``discount_pct`` per cent. ``of_order`` is looked for in the order, all others in the line.
    """

    each: Finds
    kind: Literal["sale", "return", "deposit", "fee"] | None = None
    id: Finds | None = None
    sku: Finds
    quantity: Finds
    unit: Finds | None = None
    price: Finds | None = None
    paid: Finds | None = None
    discount: Finds | None = None
    discount_pct: Finds | None = None
    promotion: Finds | None = None
    tax_pct: Finds | None = None
    of_order: Finds | None = None
    of_line: Finds | None = None


class DiscountFields(_Part):
    """What was taken off the whole order."""

    each: Finds
    amount: Finds
    promotion: Finds | None = None


class TenderFields(_Part):
    """How it was paid; ``kind`` is looked up in ``kinds``, what is not there is ``other``."""

    each: Finds
    kind: Finds
    amount: Finds
    kinds: dict[str, Literal["card", "cash", "other"]] = Field(default_factory=dict)


class OrderMapping(_Part):
    """One mapping file. ``orders``: where the orders are in what was sent, a list or one.

    ``states``: what a state means; a state that is not there, and ``nothing``, sell nothing. ``zone``: of times
    without one; the store's own if left out. ``units``: their words for ours; an unknown word is left to the door.
    """

    says: str = Field(max_length=200)
    orders: Finds
    amounts: Literal["major", "minor"] = "major"
    zone: Zone | None = None
    tax_included: bool = True
    states: dict[str, Literal["complete", "void-sale", "nothing"]] = Field(default_factory=dict)
    units: dict[str, Unit] = Field(default_factory=dict)
    order: OrderFields
    lines: tuple[LineFields, ...] = Field(min_length=1, max_length=8)
    discounts: DiscountFields | None = None
    tenders: TenderFields | None = None


class Mappings:
    """The mappings that one store has: its own in ``folder``, and the shipped ones."""

    def __init__(self, folder: Path) -> None:
        self._folders = (folder, SHIPPED)
        self._read: dict[Path, tuple[int, OrderMapping]] = {}

    def named(self, name: str) -> OrderMapping:
        """The mapping of that name; a file that was changed is read anew.

        Raises:
            MappingMissing: there is none.
            MappingRefused: the file is no mapping.
        """
        if NAME.fullmatch(name):
            for folder in self._folders:
                file = folder / f"{name}.toml"
                if file.is_file():
                    return self._of(file)
        raise MappingMissing(name if NAME.fullmatch(name) else "")

    def _of(self, file: Path) -> OrderMapping:
        mark = file.stat().st_mtime_ns
        known = self._read.get(file)
        if known is None or known[0] != mark:
            known = self._read[file] = (mark, read_mapping(file))
        return known[1]


def read_mapping(file: Path) -> OrderMapping:
    """The mapping in ``file``. Raises MappingRefused with the place and the fault."""
    if file.stat().st_size > _LARGEST:
        raise MappingRefused(file.name, f"larger than {_LARGEST} bytes")
    try:
        return OrderMapping.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingRefused(file.name, "no TOML") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MappingRefused(file.name, f"{place}: {first['msg']}") from error
