"""What is really there after a demo: read from the store's file and from the centre, not from the service's word."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from edge.domain.decision import Decision
from edge.domain.ids import DecisionId, Token
from edge.record import decode_decision, decode_inputs
from edge.storage import snapshots
from edge.storage.connection import open_reader
from edge.storage.decisions import StoredDecision, since
from edge.storage.instants import from_us
from models.baselines import p_topfreq_25
from models.counters import Profile

_EVER = 1_000_000
_LIST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One row of the outbox, in the order in which things became true. ``name`` is the fact's."""

    id: str
    name: str
    subject: str | None
    properties: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """What a person was recommended at arrival (business time ``at``), and what was in the basket by then.

    ``usual`` is what P-TopFreq@25 would have recommended from the same habits.
    """

    token: Token
    at: datetime
    skus: tuple[str, ...]
    usual: tuple[str, ...]
    basket: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One visit on disk that was somebody's, by its business times."""

    token: Token
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The store's file, as far as the audit needs it. ``seen`` are ids of events taken from devices."""

    seen: frozenset[str]
    told: tuple[Told, ...]
    decisions: Mapping[str, StoredDecision]
    stays: tuple[Stay, ...]
    arrivals: tuple[Recommended, ...]
    model: str | None


def read_evidence(database: Path) -> Evidence:
    """Read everything once; the service need not run."""
    with closing(open_reader(database)) as conn:
        stored = since(conn, datetime.fromisoformat("1970-01-01T00:00:00+00:00"), _EVER)
        made = {one.id: decode_decision(one.output) for one in stored}
        return Evidence(
            seen=frozenset(row[0] for row in conn.execute("SELECT id FROM seen")),
            told=tuple(_told(conn)),
            decisions={one.id: one for one in stored},
            stays=tuple(_stays(conn)),
            arrivals=tuple(_arrivals(conn, stored, made)),
            model=_latest_model(stored, made),
        )


def waiting(database: Path) -> int:
    """How many facts on disk have not been sent to the centre."""
    with closing(open_reader(database)) as conn:
        count: int = conn.execute(
            "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND parked IS NULL"
        ).fetchone()[0]
    return count


def arrived(database: Path) -> dict[str, int]:
    """How many rows of what the centre sends down are there, by table."""
    tables = ("customers", "consents", "products", "offers")
    try:
        with closing(open_reader(database)) as conn:
            return {
                table: int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names
                for table in tables
            }
    except sqlite3.OperationalError:
        return dict.fromkeys(tables, 0)


def _told(conn: sqlite3.Connection) -> Iterator[Told]:
    rows = conn.execute("SELECT id, subject, body FROM outbox ORDER BY seq")
    for id_, subject, body in rows:
        message: dict[str, JsonValue] = json.loads(body)
        properties = message.get("properties")
        yield Told(
            id=id_,
            name=str(message.get("event", message.get("type"))),
            subject=subject,
            properties=properties if isinstance(properties, dict) else {},
        )


def _stays(conn: sqlite3.Connection) -> Iterator[Stay]:
    rows = conn.execute("SELECT token, opened_us, seen_us FROM visits WHERE token IS NOT NULL")
    for token, opened_us, seen_us in rows:
        yield Stay(token=Token(token), opened_at=from_us(opened_us), seen_at=from_us(seen_us))


def _arrivals(
    conn: sqlite3.Connection,
    stored: tuple[StoredDecision, ...],
    made: Mapping[DecisionId, Decision],
) -> Iterator[Recommended]:
    for one in stored:
        if one.placement != "arrival" or one.token is None:
            continue
        inputs = decode_inputs(one.inputs)
        body = None if inputs.profile is None else snapshots.find(conn, inputs.profile)
        usual = () if body is None else p_topfreq_25(Profile.from_bytes(body), _LIST).tolist()
        yield Recommended(
            token=one.token,
            at=one.at,
            skus=tuple(choice.sku for choice in made[one.id].choices),
            usual=tuple(str(key) for key in usual),
            basket=frozenset(str(key) for key in inputs.basket),
        )


def _latest_model(
    stored: tuple[StoredDecision, ...], made: Mapping[DecisionId, Decision]
) -> str | None:
    return made[stored[-1].id].model if stored else None
