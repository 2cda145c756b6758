from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from cloud_sync.downlink import Downlink, StreamChange
from edge.app.central_sync import CentralSync, EssentialLane
from edge.app.settings import HubLinkSettings
from edge.domain.errors import NotProvisioned
from edge.domain.ids import Token
from edge.pipeline.central_changes import CentralChanges
from edge.state.catalogue import Ages
from edge.storage.connection import open_connection
from edge.storage.database import Database
from edge.storage.errors import StorageFull
from edge.storage.operations import box_facts
from tests.edge.builders import ANN, BEN, NOW, later
from tests.edge.fakes import Disk, HandClock
from tests.patience import until


@dataclass
class Followers:
    heard: list[tuple[str, Token]] = field(default_factory=list)

    def changed(self, token: Token) -> None:
        self.heard.append(("changed", token))

    def erased(self, token: Token) -> None:
        self.heard.append(("erased", token))


@dataclass
class Contact:
    """How fresh one stream is."""

    stream: str
    contacted_at: datetime | None


class Line:
    """A downlink that was in contact at times of the test's choice."""

    def __init__(self, *contacts: Contact) -> None:
        self.contacts = contacts

    def freshness(self) -> tuple[Contact, ...]:
        return self.contacts


def central_sync(clock: HandClock | None = None) -> CentralSync:
    return CentralSync(
        incoming=CentralChanges(zone=ZoneInfo("UTC"), now=lambda: NOW),
        clock=clock or HandClock(NOW),
        ages=Ages(),
        catalogue_changed=asyncio.Event(),
    )


@asynccontextmanager
async def noting(whose: CentralSync) -> AsyncIterator[None]:
    task = asyncio.ensure_future(whose.note_contact())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_memory_follows_in_the_order_erased_then_changed(file: Path) -> None:
    whose, followers = central_sync(), Followers()
    whose.followers = followers
    conn = open_connection(file)
    conn.execute("BEGIN")
    handlers = whose.incoming.handlers()
    for stream, key, body in (
        ("customers", BEN, {"token": BEN}),
        ("erasures", ANN, {"token": ANN}),
    ):
        change = StreamChange(stream=stream, key=key, op="upsert", version=1, body=body)
        handlers[stream](conn, [change])
    conn.close()
    whose.applied("customers", [BEN])
    assert followers.heard == [("erased", ANN), ("changed", BEN)]
    whose.applied("customers", [BEN])
    assert len(followers.heard) == 2
    assert not whose.catalogue_changed.is_set()


@pytest.mark.parametrize("stream", ["products", "offers", "stock"])
async def test_news_of_the_assortment_is_for_the_shelves(stream: str) -> None:
    whose = central_sync()
    whose.applied(stream, ["1"])
    assert whose.catalogue_changed.is_set()


async def test_without_a_centre_what_is_here_is_as_good_as_new() -> None:
    whose = central_sync()
    async with noting(whose):
        await until(lambda: bool(whose.ages.in_seconds(later(7))))
    assert whose.ages.in_seconds(later(7)) == {
        "offers": 7,
        "prices": 7,
        "promotions": 7,
        "stock": 7,
    }


async def test_with_a_centre_an_input_is_as_old_as_the_last_word_on_it() -> None:
    clock = HandClock(NOW, business=later(days=-900))
    whose = central_sync(clock)
    line = Line(
        Contact("products", later(-60)),
        Contact("offers", None),
        Contact("consents", NOW),
        Contact("stock", later(-5)),
    )
    whose.downlink = cast("Downlink", line)
    async with noting(whose):
        await until(lambda: len(whose.ages.in_seconds(NOW)) == 2)
    assert whose.ages.in_seconds(clock.business(NOW)) == {"prices": 60, "stock": 5}


async def test_a_store_without_a_hub_has_no_lines_and_one_with_a_key_has_both(
    file: Path, tmp_path: Path
) -> None:
    async with Database(file) as database, AsyncExitStack() as stack:
        alone = central_sync()
        await alone.open(stack, HubLinkSettings(), database)
        assert (alone.uplink, alone.downlink) == (None, None)
        url = "http://127.0.0.1:9"
        with pytest.raises(NotProvisioned):
            await central_sync().open(stack, HubLinkSettings(url=url), database)
        key = tmp_path / "hub.key"
        key.write_text("secret\n")
        joined = central_sync()
        await joined.open(stack, HubLinkSettings(url=url, key_file=key), database)
        assert joined.uplink is not None
        assert joined.downlink is not None


async def test_what_the_centre_says_is_written_on_a_full_disk_too(file: Path) -> None:
    disk = Disk()
    async with Database(file, space=disk) as database:
        lane, disk.full = EssentialLane(database), True
        with pytest.raises(StorageFull):
            await database.write(lambda conn: box_facts.put(conn, "a", "1"))
        await lane.write(lambda conn: box_facts.put(conn, "a", "1"))
        assert lane.read(lambda conn: box_facts.find(conn, "a")) == "1"
