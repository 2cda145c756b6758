"""The downlink against a centre made of a list."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_sync import cursors
from cloud_sync.downlink import ORDER, Downlink, DownlinkTiming, StreamChange
from cloud_sync.errors import CentralAway, CentralFailed, ChangeRefused
from cloud_sync.retry_delay import RetryDelay
from tests.cloud_sync.builders import NOW
from tests.cloud_sync.fakes import InlineDatabase, ListSource, T, fixed_clock
from tests.cloud_sync.running import running
from tests.patience import until

QUICK = DownlinkTiming(
    wait_s=0.0, interval_s=0.005, patience=RetryDelay(first_s=0.001, longest_s=0.01)
)


def change(version: int, stream: str = "products", key: str | None = None) -> StreamChange:
    return StreamChange(
        stream=stream,
        key=key or f"k-{version}",
        op="upsert",
        version=version,
        body={"version": version},
    )


class Shelf:
    """A handler that keeps what it is given, in one table, and refuses marked keys."""

    def __init__(self, database: InlineDatabase) -> None:
        self.database = database
        self.refused: set[str] = set()
        database.conn.execute("CREATE TABLE kept (stream, key, version, UNIQUE (stream, key))")

    def __call__(self, conn: sqlite3.Connection, changes: Sequence[StreamChange]) -> None:
        for item in changes:
            conn.execute(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)",
                (item.stream, item.key, item.version),
            )
            if item.key in self.refused:
                raise ChangeRefused(f"{item.key} has no price")

    def kept(self) -> list[tuple[str, int]]:
        rows = self.database.conn.execute("SELECT key, version FROM kept ORDER BY version")
        return rows.fetchall()


class Station:
    """A downlink with its database and shelf; what was applied in which order."""

    def __init__(
        self, source: ListSource, streams: Sequence[str], rhythm: DownlinkTiming = QUICK
    ) -> None:
        self.database = InlineDatabase()
        self.shelf = Shelf(self.database)
        self.applied: list[tuple[str, list[str]]] = []
        self.downlink = Downlink(
            self.database,
            source,
            dict.fromkeys(streams, self.shelf),
            clock=fixed_clock,
            on_applied=lambda stream, keys: self.applied.append((stream, list(keys))),
            rhythm=rhythm,
        )

    def version(self, stream: str) -> int:
        return cursors.get(self.database.conn, stream).version


@asynccontextmanager
async def listening(
    source: ListSource, streams: Sequence[str] = ORDER, rhythm: DownlinkTiming = QUICK
) -> AsyncGenerator[Station]:
    station = Station(source, streams, rhythm)
    async with running(station.downlink.run()):
        yield station
    station.database.conn.close()


async def test_consents_and_erasures_are_applied_before_anything_older() -> None:
    source = ListSource([change(n, stream) for n, stream in enumerate(reversed(ORDER), 1)])
    async with listening(source) as station:
        await station.downlink.ready.wait()
        assert [stream for stream, _ in station.applied] == list(ORDER)


async def test_streams_outside_the_known_order_come_last() -> None:
    source = ListSource([change(1, "weather"), change(2, "models")])
    async with listening(source, ["weather", "models"]) as station:
        await station.downlink.ready.wait()
        assert [stream for stream, _ in station.applied] == ["models", "weather"]


async def test_a_long_stream_comes_in_pages_each_with_its_cursor() -> None:
    source = ListSource([change(n) for n in range(1, 8)])
    rhythm = DownlinkTiming(page_changes=3, wait_s=0.0, interval_s=60)
    async with listening(source, ["products"], rhythm) as station:
        await station.downlink.ready.wait()
        assert [len(keys) for _, keys in station.applied] == [3, 3, 1]
        assert station.version("products") == 7


async def test_a_change_made_later_is_applied_too() -> None:
    source = ListSource([change(1)])
    async with listening(source, ["products"]) as station:
        await station.downlink.ready.wait()
        source.log.append(change(2))
        await until(lambda: station.version("products") == 2)
        assert station.shelf.kept() == [("k-1", 1), ("k-2", 2)]


async def test_nothing_is_applied_twice_while_nothing_changes() -> None:
    source = ListSource([change(1)])
    async with listening(source, ["products"]) as station:
        await until(lambda: source.asked.count("products") > 4)
        assert station.applied == [("products", ["k-1"])]


async def test_a_question_that_stays_open_takes_the_place_of_looking() -> None:
    source = ListSource([change(1)])
    rhythm = DownlinkTiming(wait_s=5.0, interval_s=0.0)
    async with listening(source, ["products"], rhythm):
        await until(lambda: source.waits > 1)


async def test_a_refused_change_is_set_aside_alone_and_the_rest_is_applied() -> None:
    source = ListSource([change(n) for n in range(1, 10)])
    station = Station(source, ["products"])
    station.shelf.refused = {"k-4"}
    async with running(station.downlink.run()):
        await station.downlink.ready.wait()
    assert [key for key, _ in station.shelf.kept()] == [
        f"k-{n}" for n in range(1, 10) if n != 4
    ]
    assert station.version("products") == 9
    assert station.downlink.freshness()[0].refused == 1
    station.database.conn.close()


async def test_a_refused_key_is_clear_again_once_a_newer_change_fits() -> None:
    source = ListSource([change(1, key="k")])
    station = Station(source, ["products"])
    station.shelf.refused = {"k"}
    async with running(station.downlink.run()):
        await station.downlink.ready.wait()
        station.shelf.refused.clear()
        source.log = [change(2, key="k")]
        await until(lambda: station.shelf.kept() == [("k", 2)])
        assert station.downlink.freshness()[0].refused == 0
    station.database.conn.close()


async def test_a_constraint_of_the_database_is_a_refusal_too() -> None:
    def handler(conn: sqlite3.Connection, changes: Sequence[StreamChange]) -> None:
        for item in changes:
            conn.execute("INSERT INTO once VALUES (?)", (item.body["version"] == 3 or None,))

    database = InlineDatabase()
    database.conn.execute("CREATE TABLE once (x NOT NULL)")
    source = ListSource([change(n) for n in (1, 2, 3)])
    downlink = Downlink(
        database, source, {"products": handler}, clock=fixed_clock, rhythm=QUICK
    )
    async with running(downlink.run()):
        await downlink.ready.wait()
    assert database.conn.execute("SELECT count(*) FROM once").fetchone() == (1,)
    assert downlink.freshness()[0].refused == 2
    database.conn.close()


async def test_an_absent_centre_leaves_the_store_with_what_it_has() -> None:
    source = ListSource([change(1)])
    async with listening(source, ["products"]) as station:
        await station.downlink.ready.wait()
        source.faults["products"] = [CentralAway("nobody there") for _ in range(10**4)]
        await until(lambda: station.downlink.trouble == "nobody there")
        assert station.shelf.kept() == [("k-1", 1)]
        source.faults.clear()
        await until(lambda: station.downlink.trouble is None)


async def test_a_store_that_starts_offline_catches_up_when_the_line_comes() -> None:
    source = ListSource([change(1)])
    source.faults["products"] = [CentralAway("no line")] * 3
    async with listening(source, ["products"]) as station:
        assert not station.downlink.ready.is_set()
        await station.downlink.ready.wait()
        assert station.shelf.kept() == [("k-1", 1)]


async def test_a_stream_that_the_centre_cannot_serve_fails_alone() -> None:
    source = ListSource([change(1, "products"), change(2, "offers")])
    source.faults["products"] = [CentralFailed("500")] * 3
    async with listening(source, ["products", "offers"]) as station:
        await until(lambda: station.version("offers") == 2)
        assert not station.downlink.ready.is_set()
        await until(lambda: station.version("products") == 2)


@pytest.mark.parametrize("stream", ["consents", "erasures"])
async def test_without_consents_and_erasures_nothing_else_is_taken(stream: str) -> None:
    source = ListSource([change(1, "customers")])
    source.faults[stream] = [CentralFailed("500")] * 10**4
    async with listening(source) as station:
        await until(lambda: station.downlink.trouble == "500")
        assert "customers" not in source.asked
        source.faults.clear()
        await station.downlink.ready.wait()
        assert station.version("customers") == 1


async def test_a_centre_that_starts_anew_is_read_from_its_beginning() -> None:
    source = ListSource([change(1), change(7)])
    async with listening(source, ["products"]) as station:
        await until(lambda: station.version("products") == 7)
        source.log = [change(1, key="new")]
        await until(lambda: station.version("products") == 1)
        assert ("new", 1) in station.shelf.kept()


async def test_an_open_question_that_breaks_is_an_absent_centre() -> None:
    class Broken(ListSource):
        async def wait(self, streams: Sequence[str], cursor: int, wait_s: float) -> None:
            raise CentralFailed("half an answer")

    async with listening(Broken(), ["products"], DownlinkTiming(interval_s=0.0)) as station:
        await until(lambda: station.downlink.trouble == "half an answer")


async def test_an_error_that_is_nobodys_change_is_not_swallowed() -> None:
    class Broken(InlineDatabase):
        async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
            raise ValueError("no change was asked for")

    database = Broken()
    source = ListSource([change(1, "offers")])
    downlink = Downlink(database, source, {"products": Shelf(database)}, clock=fixed_clock)
    with pytest.raises(ValueError, match="no change"):
        await downlink.run()
    database.conn.close()


async def test_freshness_tells_version_and_age() -> None:
    async with listening(ListSource([change(3)]), ["products", "offers"]) as station:
        await station.downlink.ready.wait()
        products, offers = station.downlink.freshness()
    assert (products.stream, products.version, products.age_s) == ("products", 3, 0.0)
    assert (offers.stream, offers.version, offers.contacted_at) == ("offers", 3, NOW)


@settings(max_examples=40, deadline=None)
@given(
    keys=st.lists(st.sampled_from("abcdef"), max_size=20),
    faults=st.lists(st.booleans(), max_size=6),
    page=st.integers(1, 5),
)
def test_the_store_ends_with_the_newest_state_of_every_key(
    keys: list[str], faults: list[bool], page: int
) -> None:
    async def catch_up() -> list[tuple[str, int]]:
        source = ListSource([change(n, key=key) for n, key in enumerate(keys, 1)])
        source.faults["products"] = [
            CentralAway("cut") if cut else CentralFailed("500") for cut in faults
        ]
        rhythm = DownlinkTiming(
            page_changes=page, wait_s=0.0, interval_s=0.0, patience=QUICK.patience
        )
        async with listening(source, ["products"], rhythm) as station:
            await station.downlink.ready.wait()
            return station.shelf.kept()

    newest = {key: n for n, key in enumerate(keys, 1)}
    assert asyncio.run(catch_up()) == sorted(newest.items(), key=lambda pair: pair[1])


def test_a_cursor_starts_at_nothing_and_keeps_what_it_is_told() -> None:
    database = InlineDatabase()
    assert cursors.get(database.conn, "offers") == cursors.StreamCursor(stream="offers")
    cursors.advance(database.conn, "offers", 7, NOW)
    later = NOW + timedelta(seconds=5)
    cursors.touch(database.conn, ["offers"], later)
    at = cursors.get(database.conn, "offers")
    assert (at.version, at.applied_at, at.contacted_at) == (7, NOW, later)
    database.conn.close()


def test_a_person_is_forgotten_in_the_refused_list() -> None:
    database = InlineDatabase()
    cursors.refuse(database.conn, "customers", "c-gone", 1, NOW)
    cursors.refuse(database.conn, "customers", "c-stays", 2, NOW)
    assert cursors.forget(database.conn, "c-gone") == 1
    assert cursors.count_refused(database.conn, "customers") == 1
    database.conn.close()
