"""Devices whose clocks are wrong, at the running service: the shared cases F13 and F17, and more of each kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from uuid import uuid4

import pytest

from edge.storage.connection import open_reader
from tests.contract.conftest import Floor
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store
from tests.contract.visiting import line, sign_in

HOUR_S, DAY_S = 3600, 86_400
# What a loaded machine may need between two of a test's own looks at the clock.
NEAR = timedelta(seconds=30)

_numbers = count(1)


def wire(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def by_clock(ahead_s: float) -> str:
    """The present instant by a clock that is ahead."""
    return wire(datetime.now(UTC) + timedelta(seconds=ahead_s))


@pytest.fixture
def till(store: Store) -> Iterator[PlainClient]:
    """A till that nobody has heard of yet."""
    account = store.add_device(f"till-clock-{next(_numbers)}", "pos", "clocks")
    with PlainClient(account) as till:
        yield till


def sell(till: PlainClient, when: Callable[[], str]) -> tuple[str, list[Json]]:
    """A paid sale of two, step by step; its number and its receipts."""
    basket = f"b-{uuid4().hex[:8]}"
    steps: tuple[Json, ...] = (
        {"action": "open"},
        {"action": "add", "lines": [line(quantity=2)]},
        {"action": "complete"},
    )
    return basket, [
        till.send("basket", {"basket_id": basket, **step}, time=when()) for step in steps
    ]


def asked(till: PlainClient, ahead_s: float) -> Json:
    """The answer to a question by a clock that is ahead."""
    question = till.event(
        "decide", {"placement": "till-addon", "deadline_ms": 2_000}, time=by_clock(ahead_s)
    )
    name = uuid4().bytes
    till.publish(till.topics["ask"], question, correlation=name)
    return till.wait(lambda h: h.leaf == "answer" and h.correlation == name).data


def told(store: Store, kind: str, name: str, value: str) -> Json:
    """The event of this kind that the centre will be told, by one of its properties."""
    with closing(open_reader(store.data / "storeside.db")) as conn:
        rows = conn.execute("SELECT body FROM outbox WHERE type = ?", (kind,)).fetchall()
    events = [json.loads(body) for (body,) in rows]
    (event,) = [e for e in events if e["properties"].get(name) == value]
    return dict(event)


def order(store: Store, basket: str) -> Json:
    return told(store, "storeside.order-completed.v1", "order_id", basket)


def off_s(store: Store, device: PlainClient) -> float:
    """By how much the console says that this device's clock is ahead."""
    rows = json.loads(store.get("/v1/devices")[1])
    return next((row["clock_off_s"] or 0.0 for row in rows if row["name"] == device.name), 0.0)


def worst_off_s(store: Store) -> float:
    return store.metric("storeside_device_clock_off_seconds", **{"class": "pos"})


def at(event: Json) -> datetime:
    return datetime.fromisoformat(event["timestamp"])


@pytest.mark.parametrize("ahead_s", [121, 180, HOUR_S, DAY_S, 40 * 365 * DAY_S])
def test_a_sale_of_a_till_that_is_ahead_is_kept_under_the_time_it_came(
    store: Store, till: PlainClient, ahead_s: int
) -> None:
    basket, receipts = sell(till, lambda: by_clock(ahead_s))
    assert all(r["accepted"] and r["time_repaired"] for r in receipts)
    paid = order(store, basket)
    assert abs(at(paid) - datetime.now(UTC)) < NEAR
    original = datetime.fromisoformat(paid["properties"]["original_time"])
    assert paid["properties"]["time_repaired"] is True
    assert abs(original - datetime.now(UTC) - timedelta(seconds=ahead_s)) < NEAR
    assert paid["originalTimestamp"] == paid["properties"]["original_time"]
    # Reported: in figures by class, on the console by name; which accounts there are is looked up once a second.
    till.until(lambda: abs(off_s(store, till) - ahead_s) < NEAR.total_seconds())
    till.until(lambda: worst_off_s(store) > ahead_s - NEAR.total_seconds())


def test_the_doctor_warns_of_a_wrong_clock(store: Store, till: PlainClient) -> None:
    sell(till, lambda: by_clock(HOUR_S))
    till.until(lambda: worst_off_s(store) >= HOUR_S - NEAR.total_seconds())
    checks = json.loads(store.command("doctor", "--json"))["checks"]
    (found,) = [one for one in checks if one["check"] == "clocks"]
    assert found["grade"] == "warn"
    assert "pos" in found["says"]


def test_a_till_two_hours_behind_is_seen_through_by_its_question(
    store: Store, till: PlainClient
) -> None:
    behind = -2 * HOUR_S
    basket, receipts = sell(till, lambda: by_clock(behind))
    assert [r.get("time_repaired") for r in receipts] == [None] * 3
    assert abs(at(order(store, basket)) - datetime.now(UTC) - timedelta(seconds=behind)) < NEAR
    # The question itself is judged by what was known before it.
    assert asked(till, behind)["reason"] == "stale"
    basket, receipts = sell(till, lambda: by_clock(behind))
    assert all(r["time_repaired"] for r in receipts)
    assert abs(at(order(store, basket)) - datetime.now(UTC)) < NEAR
    assert "reason" not in asked(till, behind)


@pytest.mark.parametrize("hours", [1, 24, 72])
def test_sales_of_an_outage_keep_the_times_of_a_right_clock(
    store: Store, till: PlainClient, hours: int
) -> None:
    baskets = dict[str, datetime]()
    for n in range(4):
        sold = datetime.now(UTC) - timedelta(hours=hours) + timedelta(minutes=10 * n)
        basket, receipts = sell(till, partial(wire, sold))
        assert [r["accepted"] for r in receipts] == [True] * 3
        assert [r.get("time_repaired") for r in receipts] == [None] * 3
        baskets[basket] = sold
    assert {basket: at(order(store, basket)) for basket in baskets} == baskets


def test_a_withdrawal_of_1970_holds_at_once(floor: Floor, shopper: Json) -> None:
    mark = floor.kiosk.mark()
    assert sign_in(floor.kiosk, shopper)["accepted"]
    floor.kiosk.wait(lambda h: h.leaf == "show" and h.data["kind"] == "personal", since=mark)
    receipt = floor.kiosk.send(
        "consent",
        {"action": "withdraw", "purposes": ["recognise", "personalise"]},
        time="1970-01-01T00:02:00Z",
    )
    assert (receipt["accepted"], receipt["time_repaired"]) == (True, True)
    mark = floor.kiosk.mark()
    assert sign_in(floor.kiosk, shopper, purposes=[])["accepted"]
    assert floor.kiosk.wait(lambda h: h.leaf == "show", since=mark).data["kind"] != "personal"


@pytest.mark.parametrize("ahead_s", [DAY_S, -DAY_S, 365 * DAY_S])
def test_a_redemption_by_a_tablet_whose_clock_is_wrong_is_kept(
    store: Store, floor: Floor, shopper: Json, ahead_s: int
) -> None:
    mark = floor.kiosk.mark()
    assert sign_in(floor.kiosk, shopper)["accepted"]
    show = floor.kiosk.wait(
        lambda h: h.leaf == "show" and h.data["kind"] == "personal", since=mark
    ).data
    said = {"decision_id": show["decision_id"], "action": "redeem"}
    receipt = floor.tablet.send("feedback", said, time=by_clock(ahead_s))
    assert receipt["accepted"]
    used = told(store, "storeside.coupon-applied.v1", "decision_id", str(show["decision_id"]))
    assert at(used) <= datetime.now(UTC) + NEAR


@pytest.mark.parametrize("offset_s", [-61, -HOUR_S, 121, DAY_S])
def test_what_says_who_is_here_must_be_fresh(store: Store, floor: Floor, offset_s: int) -> None:
    beacon = {"beacon": {"kind": "ibeacon", "id": "ab" * 8}, "rssi_dbm": -60}
    reason = "stale" if offset_s < 0 else "from-the-future"
    before = store.refused(reason)
    receipt = floor.kiosk.send("sighting", beacon, time=by_clock(offset_s))
    assert (receipt["accepted"], receipt["reason"]) == (False, reason)
    assert store.refused(reason) == before + 1


@pytest.fixture
def poster(store: Store) -> Iterator[PlainClient]:
    account = store.add_device(f"poster-clock-{next(_numbers)}", "display", "clocks")
    with PlainClient(account) as poster:
        yield poster


PLAYS = [
    # The shared case F17.
    ("1970-01-01T00:00:09Z", 8_000, "started_at"),
    (DAY_S, 8_000, "started_at"),
    (-9, 86_400_000, "duration_ms"),
    (-1, 80_000, "duration_ms"),
    # Before there was anything to play, long ago, a minute ahead, and a whole day of it.
    (-60, 8_000, "started_at"),
    ("2001-09-09T01:46:40Z", 0, "started_at"),
    (60, 0, "started_at"),
    (-DAY_S, 86_400_000, "started_at"),
    (0, 5_000, "duration_ms"),
]


@pytest.mark.parametrize(
    ("started", "duration_ms", "field", "ahead_s"),
    [*((*play, 0) for play in PLAYS), *((*play, HOUR_S) for play in PLAYS[:4])],
)
def test_a_play_that_cannot_have_been_is_no_proof(
    store: Store,
    poster: PlainClient,
    started: float | str,
    duration_ms: int,
    field: str,
    ahead_s: int,
) -> None:
    show = poster.wait(lambda h: h.leaf == "show").data
    proof = {
        "decision_id": show["decision_id"],
        "creative_id": "c-1",
        "started_at": started if isinstance(started, str) else by_clock(ahead_s + started),
        "duration_ms": duration_ms,
        "completed": True,
    }
    refused, counted = store.refused("play-time"), store.metric("storeside_plays_total")
    receipt = poster.send("play", proof, time=by_clock(ahead_s))
    assert (receipt["accepted"], receipt["reason"]) == (False, "play-time")
    assert receipt["field"] == field
    assert store.refused("play-time") == refused + 1
    assert store.metric("storeside_plays_total") == counted
    with closing(open_reader(store.data / "storeside.db")) as conn:
        rows = conn.execute(
            "SELECT count(*) FROM plays WHERE decision = ?", (show["decision_id"],)
        )
        assert rows.fetchone() == (0,)


@pytest.mark.parametrize("ahead_s", [0, HOUR_S, -2 * HOUR_S])
def test_a_play_that_was_is_proof_whatever_its_clock_says(
    poster: PlainClient, ahead_s: int
) -> None:
    show = poster.wait(lambda h: h.leaf == "show").data
    proof = {
        "decision_id": show["decision_id"],
        "creative_id": "c-1",
        "started_at": by_clock(ahead_s - 0.5),
        "duration_ms": 500,
        "completed": True,
    }
    assert poster.send("play", proof, time=by_clock(ahead_s))["accepted"]
