"""Every decision with all that it was made from, so that it can be told and computed again.

`change_set` saves what the decider made; replay, `storeside explain` and the console read it.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from edge.decision.codec import encode_decision
from edge.domain.decision import ContentKind, Decision
from edge.domain.ids import DecisionId, Token, VisitId
from edge.storage import erased_people
from edge.storage.decisions import snapshots
from edge.storage.table import Erasure, ExportReader, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE decisions (
    seq       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    at_us     INTEGER NOT NULL,
    visit     TEXT,
    token     TEXT,
    placement TEXT NOT NULL,
    kind      TEXT NOT NULL,
    inputs    BLOB NOT NULL,
    output    BLOB NOT NULL,
    core_us   INTEGER NOT NULL,
    total_us  INTEGER NOT NULL
) STRICT;
CREATE INDEX decisions_at ON decisions (at_us);
CREATE INDEX decisions_visit ON decisions (visit) WHERE visit IS NOT NULL;
CREATE INDEX decisions_token ON decisions (token) WHERE token IS NOT NULL;
"""

_SELECT = (
    "SELECT id, at_us, visit, token, placement, kind, inputs, output, core_us, total_us"
    " FROM decisions"
)

# Level 1 saves almost as much as the default and takes a fraction of its time.
_LEVEL = 1

# Inputs name the snapshots they were read from by digest.
_DIGEST = re.compile(rb'"([0-9a-f]{64})"')
# The ranker, by the name that the codec gives it.
_MODEL = re.compile(rb'"model":"([0-9a-f]{64})"')

_Row = tuple[str, int, str | None, str | None, str, str, bytes, bytes, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision as it is kept.

    Units: ``core_us`` microseconds of deciding, ``total_us`` from the signal to the ready content;
    ``inputs`` and ``output`` are canonical JSON, compressed in the file only.
    """

    id: DecisionId
    at: datetime
    visit: VisitId | None
    token: Token | None
    placement: str
    kind: ContentKind
    inputs: bytes
    output: bytes
    core_us: int
    total_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshDecision:
    """A decision just made; it is put into bytes on the writer's thread, while the loop goes on.

    Units: ``core_us`` microseconds of deciding. ``inputs`` are the bytes whose digest the decision names.
    """

    decision: Decision
    inputs: bytes
    core_us: int

    def stored(self) -> StoredDecision:
        """The decision as it is kept."""
        made = self.decision
        return StoredDecision(
            id=made.id,
            at=made.at,
            visit=made.visit,
            token=made.token,
            placement=made.placement,
            kind=made.kind,
            inputs=self.inputs,
            output=encode_decision(made),
            core_us=self.core_us,
            total_us=self.core_us,
        )


def save(conn: sqlite3.Connection, decision: StoredDecision | FreshDecision) -> bool:
    """Keep ``decision``, and the snapshots that its inputs name as long; False when its person was erased."""
    if isinstance(decision, FreshDecision):
        decision = decision.stored()
    if erased_people.holds(conn, decision.token):
        return False
    # No upsert: a decision is never written over, so that a replay computes what was really decided.
    conn.execute(
        "INSERT INTO decisions (id, at_us, visit, token, placement, kind, inputs, output, core_us,"
        " total_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            decision.id,
            to_us(decision.at),
            decision.visit,
            decision.token,
            decision.placement,
            decision.kind.value,
            zlib.compress(decision.inputs, _LEVEL),
            zlib.compress(decision.output, _LEVEL),
            decision.core_us,
            decision.total_us,
        ),
    )
    # So that the sweep leaves what a replay of this decision needs.
    for digest in _DIGEST.findall(decision.inputs):
        snapshots.touch(conn, digest.decode(), decision.at)
    return True


def find(conn: sqlite3.Connection, decision: DecisionId) -> StoredDecision | None:
    """The decision named ``decision``."""
    row = conn.execute(f"{_SELECT} WHERE id = ?", (decision,)).fetchone()
    return None if row is None else _decision(row)


def since(conn: sqlite3.Connection, at: datetime, limit: int) -> tuple[StoredDecision, ...]:
    """The first ``limit`` decisions from ``at`` on, oldest first."""
    return _decisions(
        conn.execute(
            f"{_SELECT} WHERE at_us >= ? ORDER BY at_us, seq LIMIT ?", (to_us(at), limit)
        )
    )


def recent(conn: sqlite3.Connection, limit: int) -> tuple[StoredDecision, ...]:
    """The last ``limit`` decisions, newest first."""
    return _decisions(
        conn.execute(f"{_SELECT} ORDER BY at_us DESC, seq DESC LIMIT ?", (limit,))
    )


def of_visit(conn: sqlite3.Connection, visit: VisitId) -> tuple[StoredDecision, ...]:
    """The decisions of one stay, oldest first."""
    return _decisions(conn.execute(f"{_SELECT} WHERE visit = ? ORDER BY at_us, seq", (visit,)))


def of(conn: sqlite3.Connection, token: Token) -> tuple[StoredDecision, ...]:
    """The person's decisions, oldest first."""
    return _decisions(conn.execute(f"{_SELECT} WHERE token = ? ORDER BY at_us, seq", (token,)))


def models_named(conn: sqlite3.Connection) -> frozenset[str]:
    """Digests of the models that stored decisions were made with: as long they are needed for a replay."""
    return frozenset(
        found[1].decode()
        for (inputs,) in conn.execute("SELECT inputs FROM decisions")
        if (found := _MODEL.search(zlib.decompress(inputs))) is not None
    )


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the decisions made about the person."""
    return conn.execute("DELETE FROM decisions WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` decisions made before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM decisions WHERE seq IN"
        " (SELECT seq FROM decisions WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _decisions(rows: Iterable[_Row]) -> tuple[StoredDecision, ...]:
    return tuple(_decision(row) for row in rows)


def _decision(row: _Row) -> StoredDecision:
    return StoredDecision(
        id=DecisionId(row[0]),
        at=from_us(row[1]),
        visit=None if row[2] is None else VisitId(row[2]),
        token=None if row[3] is None else Token(row[3]),
        placement=row[4],
        kind=ContentKind(row[5]),
        inputs=zlib.decompress(row[6]),
        output=zlib.decompress(row[7]),
        core_us=row[8],
        total_us=row[9],
    )


def _told(conn: sqlite3.Connection, token: Token) -> JsonValue:
    return [
        {"inputs": json.loads(one.inputs), "output": json.loads(one.output)}
        for one in of(conn, token)
    ]


TABLE = Table(
    name="decisions",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    # 72 hours of what tells how somebody shopped.
    retention=Retention(data_class="decisions", days=3, sweep=sweep),
    export=ExportReader(read=_told),
)
