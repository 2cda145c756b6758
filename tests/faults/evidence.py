"""What is really there after a fault, read from the store's file and from the hub, and held against the diary."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path

from edge.domain.ids import event_name
from edge.storage.connection import open_reader
from tests.faults.diary import Diary, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """The store's file: signals taken, records for the centre, ledger lines, and whether it is whole."""

    seen: frozenset[Key]
    records: frozenset[str]
    consents: frozenset[str]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a fault did. Each number must be 0, but ``promised`` and ``on_disk``, which say how much was tried."""

    promised: int
    on_disk: int
    lost_on_disk: int
    lost_records: int
    lost_at_hub: int
    lost_consents: int
    duplicates: int
    damaged: int

    @property
    def losses(self) -> int:
        """Everything that was promised and is not there."""
        return self.lost_on_disk + self.lost_records + self.lost_at_hub + self.lost_consents

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing twice, nothing damaged."""
        return not (self.losses or self.duplicates or self.damaged)


def read(database: Path) -> OnDisk:
    """Read the file; an unfinished write of a killed service is taken back by this, as by its own start."""
    with closing(open_reader(database)) as conn:
        return OnDisk(
            seen=frozenset(
                (source, id_) for source, id_ in conn.execute("SELECT source, id FROM seen")
            ),
            records=_column(conn, "SELECT id FROM outbox"),
            consents=_column(conn, "SELECT id FROM consents"),
            whole=conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok",
        )


def waiting(database: Path) -> int:
    """How many records have not been taken by the hub."""
    with closing(open_reader(database)) as conn:
        return int(
            conn.execute(
                "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND parked IS NULL"
            ).fetchone()[0]
        )


def judge(diary: Diary, disk: OnDisk, central: Sequence[str] | None) -> Judgement:
    """Hold promises against disk and hub.

    Args:
        diary: What devices were told.
        disk: What the store's file holds.
        central: The ids at the hub as often as it keeps them; None where no hub took part.
    """
    at_hub = disk.records if central is None else frozenset(central)
    return Judgement(
        promised=len(diary.promised),
        on_disk=len(disk.seen),
        lost_on_disk=len(diary.promised - disk.seen),
        lost_records=sum(event_name(*key) not in disk.records for key in diary.promised),
        lost_at_hub=len(disk.records - at_hub),
        lost_consents=len(diary.consents - disk.consents),
        duplicates=0 if central is None else len(central) - len(set(central)),
        damaged=int(not disk.whole),
    )


def together(found: Sequence[Judgement]) -> Judgement:
    """Several judgements as one; each counts in full."""
    return Judgement(
        **{f.name: sum(getattr(one, f.name) for one in found) for f in fields(Judgement)}
    )


def _column(conn: sqlite3.Connection, query: str) -> frozenset[str]:
    return frozenset(row[0] for row in conn.execute(query))
