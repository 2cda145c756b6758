"""What is really there after a demo: read from the store's file and from the centre, not from the service's word.

``closing`` reads it after the replay for ``audit``; ``opening`` asks it whether the centre's data has come
down.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from edge.decision.codec import decode_decision, decode_inputs
from edge.decision.steps.context import Evidence as EvidenceOf
from edge.domain.complement import MethodComparison, TillShowing
from edge.domain.decision import Decision, Inputs
from edge.domain.errors import NotReplayable
from edge.domain.ids import DecisionId, Token, VisitId
from edge.domain.placement import ARRIVAL, TILL
from edge.pipeline.online_learning import beside, is_showing, showing
from edge.state.replay import Sources
from edge.storage.connection import open_reader
from edge.storage.decisions.decisions import StoredDecision, since
from edge.storage.timestamps import from_us
from edge.storage.visits import baskets
from models.items import item_key
from models.serving.registry import BundleRegistry

# More decisions than a demo can make.
_EVER = 1_000_000
# As long as the lists by which models are judged.
_LIST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One row of the outbox, in the order in which things became true. ``name`` is the fact's."""

    id: str
    name: str
    subject: str | None
    properties: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """What a person was recommended at arrival (business time ``at``), and what was in the basket by then.

    ``ten`` holds it beside what two simple methods would have recommended from the same habits and trend.
    """

    token: Token
    at: datetime
    ten: MethodComparison[frozenset[int]]
    basket: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTheTill:
    """What a till was given to show in mid-basket, by its decision and the visit that it was for."""

    decision: DecisionId
    visit: VisitId
    showing: TillShowing


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStay:
    """One visit on disk that was somebody's, by its business times."""

    token: Token
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvidence:
    """The store's file, as far as the audit needs it.

    ``seen`` are ids of events taken from devices, ``tills`` in the order in which they were decided, ``paid`` the
    products of each paid basket by its visit, ``numbers`` the same baskets as their tills call them.
    """

    seen: frozenset[str]
    told: tuple[OutboxRow, ...]
    decisions: Mapping[str, StoredDecision]
    stays: tuple[RecordedStay, ...]
    arrivals: tuple[Recommended, ...]
    tills: tuple[AtTheTill, ...]
    paid: Mapping[VisitId, frozenset[int]]
    numbers: Mapping[VisitId, str]
    model: str | None


def read_evidence(database: Path, bundles: BundleRegistry) -> AuditEvidence:
    """Read everything once; the service need not run. ``bundles``: where its model bundles lie."""
    with closing(open_reader(database)) as conn:
        stored = since(conn, datetime.fromisoformat("1970-01-01T00:00:00+00:00"), _EVER)
        paid = baskets.paid(conn)
        made = {one.id: decode_decision(one.output) for one in stored}
        read = tuple(_read(stored, made, Sources(conn, bundles)))
        return AuditEvidence(
            seen=frozenset(row[0] for row in conn.execute("SELECT id FROM seen")),
            told=tuple(_told(conn)),
            decisions={one.id: one for one in stored},
            stays=tuple(_stays(conn)),
            arrivals=tuple(_arrivals(read)),
            tills=tuple(_tills(read)),
            paid={one.visit: frozenset(item_key(sku) for sku in one.skus) for one in paid},
            numbers={one.visit: one.number for one in paid},
            model=_latest_model(stored, made),
        )


def waiting(database: Path) -> int:
    """How many facts on disk have not been sent to the centre."""
    with closing(open_reader(database)) as conn:
        count: int = conn.execute(
            # Parked records are ones that the centre refused; waiting would not help them.
            "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND parked IS NULL"
        ).fetchone()[0]
    return count


def arrived(database: Path) -> dict[str, int]:
    """How many rows of what the centre sends down are there, by table."""
    tables = ("customers", "consents", "products", "campaigns", "offers", "promotions")
    try:
        with closing(open_reader(database)) as conn:
            return {
                table: int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names
                for table in tables
            }
    except sqlite3.OperationalError:
        return dict.fromkeys(tables, 0)


def _told(conn: sqlite3.Connection) -> Iterator[OutboxRow]:
    rows = conn.execute("SELECT id, subject, body FROM outbox ORDER BY seq")
    for id_, subject, body in rows:
        message: dict[str, JsonValue] = json.loads(body)
        properties = message.get("properties")
        yield OutboxRow(
            id=id_,
            name=str(message.get("event", message.get("type"))),
            subject=subject,
            properties=properties if isinstance(properties, dict) else {},
        )


def _stays(conn: sqlite3.Connection) -> Iterator[RecordedStay]:
    rows = conn.execute("SELECT token, opened_us, seen_us FROM visits WHERE token IS NOT NULL")
    for token, opened_us, seen_us in rows:
        yield RecordedStay(
            token=Token(token), opened_at=from_us(opened_us), seen_at=from_us(seen_us)
        )


_Read = tuple[Decision, Inputs, EvidenceOf]


def _read(
    stored: tuple[StoredDecision, ...], made: Mapping[DecisionId, Decision], sources: Sources
) -> Iterator[_Read]:
    """The decisions that are held against what was bought, with what they were made from."""
    for one in stored:
        if one.placement not in {ARRIVAL, TILL}:
            continue
        inputs = decode_inputs(one.inputs)
        with suppress(NotReplayable):  # somebody was erased meanwhile: nothing of theirs counts
            yield made[one.id], inputs, sources.evidence(inputs)


def _arrivals(read: Iterable[_Read]) -> Iterator[Recommended]:
    for decision, inputs, evidence in read:
        if decision.placement == ARRIVAL and decision.token is not None:
            yield Recommended(
                token=decision.token,
                at=decision.at,
                ten=beside(decision, inputs, evidence, _LIST, ()),
                basket=frozenset(inputs.basket),
            )


def _tills(read: Iterable[_Read]) -> Iterator[AtTheTill]:
    for decision, inputs, evidence in read:
        if decision.placement != TILL or decision.visit is None:
            continue
        if is_showing(decision, inputs):
            yield AtTheTill(
                decision=decision.id,
                visit=decision.visit,
                showing=showing(decision, inputs, evidence),
            )


def _latest_model(
    stored: tuple[StoredDecision, ...], made: Mapping[DecisionId, Decision]
) -> str | None:
    return made[stored[-1].id].model if stored else None
