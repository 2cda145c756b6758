"""Whatever is wrong with a message: it is refused with its reason, counted, kept nowhere, and the service goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.bad_messages import BAD, CANARY, KIB, Bad, basket, event, padded
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store

GROWTH_MB = 20.0


@pytest.fixture(scope="module")
def account(store: Store) -> Json:
    return store.add_device("till-bad", "pos", "bad")


@pytest.fixture(scope="module")
def till(account: Json) -> Iterator[PlainClient]:
    with PlainClient(account) as till:
        yield till


@pytest.fixture(autouse=True)
def goes_on(till: PlainClient, store: Store) -> Iterator[None]:
    """After every test the service is alive, and takes a good event."""
    yield
    good = {"basket_id": f"b-{uuid4().hex[:8]}", "action": "open"}
    assert till.send("basket", good)["accepted"]
    assert store.alive


def refused(till: PlainClient, payload: bytes, *, leaf: str = "event", **more: Any) -> Json:
    """Publish what is wrong; the next receipt."""
    mark = till.mark()
    till.publish(till.topics[leaf], payload, **more)
    return till.wait(lambda h: h.leaf == "receipt", since=mark).data


def receipts_after(till: PlainClient, mark: int) -> list[Json]:
    return [h.data for h in till.heard[mark:] if h.leaf == "receipt"]


def id_of(payload: bytes) -> str:
    return str(json.loads(payload)["id"])


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_refused_with_its_reason_and_counted(
    till: PlainClient, store: Store, bad: Bad
) -> None:
    payload = bad.make(till)
    reasons = (bad.reasons,) if isinstance(bad.reasons, str) else bad.reasons
    before = {reason: store.refused(reason) for reason in reasons}
    receipt = refused(till, payload)
    assert receipt["accepted"] is False
    assert receipt["reason"] in reasons
    assert store.refused(receipt["reason"]) == before[receipt["reason"]] + 1
    if bad.named:
        assert receipt["id"] == id_of(payload)


def test_an_event_said_twice_is_taken_once_and_hears_the_same(
    till: PlainClient, store: Store
) -> None:
    told = till.event("basket", basket(basket_id="b-twice"))
    before, refused_before = (
        store.metric("storeside_duplicates_total"),
        store.refused("duplicate"),
    )
    assert till.insist(told) == {"id": told["id"], "accepted": True}
    again = {"id": told["id"], "accepted": True, "duplicate": True}
    assert till.insist(told) == again
    # Whatever it holds by then: the id was taken once.
    assert till.insist({**told, "data": basket(basket_id="b-other")}) == again
    assert store.metric("storeside_duplicates_total") == before + 2
    assert store.refused("duplicate") == refused_before


def test_a_refused_event_is_judged_anew(store: Store) -> None:
    with PlainClient(store.add_device("kiosk-anew", "kiosk", "bad")) as kiosk:
        leaving = kiosk.event("sign-out", {"reason": "person"})
        refusal = {"id": leaving["id"], "accepted": False, "reason": "no-session"}
        assert [kiosk.insist(leaving), kiosk.insist(leaving)] == [refusal, refusal]


def test_a_repeat_is_not_answered_before_the_first_is_on_disk(
    till: PlainClient,
) -> None:
    for _ in range(20):
        told, mark = till.event("basket", basket(basket_id=f"b-{uuid4().hex[:8]}")), till.mark()
        for _ in range(3):
            till.publish(till.topics["event"], told, wait=False)
        till.until(lambda: len(receipts_after(till, mark)) == 3)  # noqa: B023 - looked at in this round
        receipts = receipts_after(till, mark)
        assert [(r["accepted"], r.get("duplicate")) for r in receipts] == [
            (True, None),
            (True, True),
            (True, True),
        ]


def test_a_full_basket_of_sixty_kibibytes_is_taken(till: PlainClient) -> None:
    assert till.send("basket", basket(basket_id="b-full"))["accepted"]
    lines = [
        {"sku": str(100_001 + n % 80), "quantity": 1, "price_cents": 100} for n in range(400)
    ]
    payload = event(data=basket(basket_id="b-full", action="add", lines=lines))(till)
    mark = till.mark()
    till.publish(till.topics["event"], padded(payload, 63 * KIB))
    assert till.wait(lambda h: h.leaf == "receipt", since=mark).data == {
        "id": id_of(payload),
        "accepted": True,
    }


BINARY = {
    "no id": {"id": None},
    "no type": {"type": None},
    "another version": {"specversion": "0.3"},
    "another source": {"source": "storeside/1/s-plain/pos/till-2"},
    "a time that is none": {"time": "2099-01-01"},
    "an unknown type": {"type": "storeside.nothing.v1"},
}


@pytest.mark.parametrize("changed", BINARY.values(), ids=BINARY.keys())
def test_binary_mode_is_held_to_the_same_rules(till: PlainClient, changed: Json) -> None:
    told = till.event("basket", basket())
    names = ("specversion", "id", "source", "type", "time")
    attributes = {**{name: str(told[name]) for name in names}, **changed}
    attributes = {name: value for name, value in attributes.items() if value is not None}
    receipt = refused(till, json.dumps(told["data"]).encode(), attributes=attributes)
    assert receipt["accepted"] is False
    assert receipt["reason"] in {"malformed", "wrong-source", "unknown-type"}


def test_data_that_is_no_json_is_refused_in_binary_mode_too(till: PlainClient) -> None:
    told = till.event("basket", basket())
    attributes = {
        name: str(told[name]) for name in ("specversion", "id", "source", "type", "time")
    }
    receipt = refused(till, b"\x00\x01" + CANARY.encode(), attributes=attributes)
    assert receipt == {"id": told["id"], "accepted": False, "reason": "not-json"}


def test_a_strangers_beacon_leaves_no_trace(store: Store) -> None:
    stranger = uuid4().hex[:16]
    sighting = {"beacon": {"kind": "app", "id": stranger}, "rssi_dbm": -63, "zone": "bad"}
    with PlainClient(store.add_device("gw-bad", "beacon-gw", "bad")) as gateway:
        receipt = gateway.send("sighting", sighting)
    assert (receipt["accepted"], receipt["reason"]) == (False, "unknown-beacon")
    assert store.traces_of(stranger.encode()) == []
    assert store.traces_of(bytes.fromhex(stranger)) == []


def test_guessing_numbers_at_a_kiosk_ends_after_a_few_tries(store: Store) -> None:
    with PlainClient(store.add_device("kiosk-bad", "kiosk", "bad")) as kiosk:
        guess = {
            "method": "loyalty",
            "purposes": [],
            "locale": "en-US",
            "notice_id": "notice-us-1",
        }
        told = [
            kiosk.send("sign-in", {**guess, "value": f"LOY-{n:05}-GUESS"}) for n in range(12)
        ]
    assert [r.get("reason") for r in told if not r["accepted"]].count("too-many-tries") >= 2


@pytest.mark.parametrize("leaf", ["state", "about", "telemetry"])
def test_garbage_about_itself_changes_nothing(
    till: PlainClient, store: Store, leaf: str
) -> None:
    before = store.state_of(till.name)
    for junk in (
        b"\xff" * 99,
        b"[]",
        b'{"state":"' + CANARY.encode() + b'","session":1}',
        b"9" * 5_000,
    ):
        till.publish(till.topics[leaf], junk)
    assert till.send("nonsense", {})["reason"] == "unknown-type"
    assert store.state_of(till.name) == before
    till.announce()


def test_a_megabyte_in_one_packet_ends_at_the_broker(
    account: Json, till: PlainClient, store: Store
) -> None:
    before = store.metric("storeside_refused_total", reason="too-large")
    with PlainClient(account, session=2) as other:
        with suppress(ValueError, RuntimeError):
            other.publish(other.topics["event"], CANARY.encode() * 30_000, qos=0)
        other.until(lambda: other.lines == 2)
    assert store.metric("storeside_refused_total", reason="too-large") == before
    assert till.lines == 1


def test_a_megabyte_of_junk_does_not_grow_the_service(till: PlainClient, store: Store) -> None:
    junk = [bad.make(till) for bad in BAD.values()] + [
        CANARY.encode() * 1_800,
        b'{"a":' * 5_000,
    ]
    for payload in junk:
        till.publish(till.topics["event"], payload)
    assert till.send("nonsense", {})["reason"] == "unknown-type"
    before_mb, sent = store.rss_mb, 0
    while sent < 2**20:
        for payload in junk:
            till.publish(till.topics["event"], payload)
            sent += len(payload)
    assert till.send("nonsense", {})["reason"] == "unknown-type"
    assert store.rss_mb - before_mb < GROWTH_MB


def test_nothing_that_was_refused_is_kept_or_logged(till: PlainClient, store: Store) -> None:
    for bad in BAD.values():
        refused(till, bad.make(till))
    for refused_text in (CANARY, "4111111111111111", "5500-0055-5555-5559", "9" * 60):
        assert store.traces_of(refused_text.encode()) == []
    assert CANARY not in store.get("/metrics")[1]


def test_no_receipt_repeats_what_was_wrong(till: PlainClient) -> None:
    said = [h.payload for h in till.heard if h.leaf == "receipt"]
    assert said
    assert not any(
        CANARY.encode() in payload or b"4111111111111111" in payload for payload in said
    )
