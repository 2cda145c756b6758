from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from devices.messages import Receipt
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


async def test_what_is_on_disk_keeps_its_first_verdict(database: Database) -> None:
    deduplication = Deduplication(database)
    assert deduplication.verdict(KEY) is None
    await database.write(lambda conn: take(conn, *KEY, NOW))
    other = (KEY[0], "n-2")
    said = '{"accepted":true,"field":"limit"}'
    await database.write(lambda conn: take(conn, *other, NOW, said))
    assert deduplication.verdict(KEY) == Receipt(accepted=True)
    assert deduplication.verdict(other) == Receipt(accepted=True, field="limit")
    # A second claim of the same id changes nothing of what was said.
    assert not await database.write(lambda conn: take(conn, *other, NOW, None))
    assert deduplication.verdict(other) == Receipt(accepted=True, field="limit")


async def test_a_signal_is_under_way_from_its_submission_to_its_end(database: Database) -> None:
    deduplication = Deduplication(database)
    assert deduplication.under_way(KEY) is None
    written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    verdict = Receipt(id="n-1", accepted=True)
    deduplication.writing(KEY, written, verdict)
    assert deduplication.under_way(KEY) == (written, verdict)
    deduplication.end(KEY)
    deduplication.end(KEY)
    assert deduplication.under_way(KEY) is None


async def test_a_claim_serves_one_signal_at_a_time(database: Database) -> None:
    deduplication = Deduplication(database)
    deduplication.begin()
    deduplication.use(CLAIM)
    assert deduplication.claims() == (CLAIM,)
    deduplication.begin()
    with pytest.raises(SignalRefused) as refused:
        deduplication.use(CLAIM)
    assert refused.value.reason == "claim-invalid"
    deduplication.end(KEY, (CLAIM,))
    deduplication.use(CLAIM)


async def test_a_claim_of_a_refused_signal_is_not_used_up(database: Database) -> None:
    deduplication = Deduplication(database)
    deduplication.begin()
    deduplication.use(CLAIM)
    deduplication.begin()
    assert deduplication.claims() == ()
    deduplication.use(CLAIM)


async def test_a_full_disk_stops_what_is_not_essential(file: Path) -> None:
    disk = Disk()
    async with Database(file, space=disk) as database:
        deduplication, disk.full = Deduplication(database), True
        with pytest.raises(StorageFull):
            deduplication.begin()
        deduplication.begin(essential=True)


def test_the_door_closes_while_there_is_room_for_what_is_inside(tmp_path: Path) -> None:
    mib = 2**20
    free = [9 * mib]
    inside, door = (
        FreeSpace(tmp_path, measure=lambda _: (100 * mib, free[0]), margin=margin)
        for margin in (1, 2)
    )
    assert inside.shortage() is None
    assert door.shortage() is not None
