from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from edge.domain.errors import SignalRefused
from edge.state.deduplication import Deduplication
from edge.storage.database import Database
from edge.storage.disk_space import FreeSpace
from edge.storage.errors import StorageFull
from edge.storage.people.used_claims import UsedClaim
from edge.storage.visits.processed_events import take
from tests.edge.builders import NOW, later
from tests.edge.fakes import Disk

KEY = ("storeside/1/store-1/pos/till-1", "n-1")
CLAIM = UsedClaim(jti="j-1", expires_at=later(30))


@pytest_asyncio.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    async with Database(file, space=Disk()) as opened:
        yield opened


def reason(ledger: Deduplication) -> str:
    with pytest.raises(SignalRefused) as refused:
        ledger.begin(KEY)
    return refused.value.reason


async def test_what_is_on_disk_is_a_duplicate(database: Database) -> None:
    ledger = Deduplication(database)
    ledger.begin(KEY)
    await database.write(lambda conn: take(conn, *KEY, NOW))
    assert reason(ledger) == "duplicate"
    ledger.begin((KEY[0], "n-2"))


async def test_a_signal_is_under_way_from_its_submission_to_its_end(database: Database) -> None:
    ledger = Deduplication(database)
    assert ledger.under_way(KEY) is None
    written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    ledger.writing(KEY, written)
    assert ledger.under_way(KEY) is written
    ledger.end(KEY)
    ledger.end(KEY)
    assert ledger.under_way(KEY) is None


async def test_a_claim_serves_one_signal_at_a_time(database: Database) -> None:
    ledger = Deduplication(database)
    ledger.begin(KEY)
    ledger.use(CLAIM)
    assert ledger.claims() == (CLAIM,)
    ledger.begin((KEY[0], "n-2"))
    with pytest.raises(SignalRefused) as refused:
        ledger.use(CLAIM)
    assert refused.value.reason == "claim-invalid"
    ledger.end(KEY, (CLAIM,))
    ledger.use(CLAIM)


async def test_a_claim_of_a_refused_signal_is_not_used_up(database: Database) -> None:
    ledger = Deduplication(database)
    ledger.begin(KEY)
    ledger.use(CLAIM)
    ledger.begin((KEY[0], "n-2"))
    assert ledger.claims() == ()
    ledger.use(CLAIM)


async def test_a_full_disk_stops_what_is_not_essential(file: Path) -> None:
    disk = Disk()
    async with Database(file, space=disk) as database:
        ledger, disk.full = Deduplication(database), True
        with pytest.raises(StorageFull):
            ledger.begin(KEY)
        ledger.begin(KEY, essential=True)


def test_the_door_closes_while_there_is_room_for_what_is_inside(tmp_path: Path) -> None:
    mib = 2**20
    free = [9 * mib]
    inside, door = (
        FreeSpace(tmp_path, measure=lambda _: (100 * mib, free[0]), margin=margin)
        for margin in (1, 2)
    )
    assert inside.shortage() is None
    assert door.shortage() is not None
