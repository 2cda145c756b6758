"""Whatever is wrong with a message: it is refused with its reason, counted, kept nowhere, and the service goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.plain_client import Heard, Json, PlainClient
from tests.contract.store import Store

CANARY = f"qxz{uuid4().hex}"
KIB = 1024
GROWTH_MB = 20.0

Make = Callable[[PlainClient], bytes]


@dataclass(frozen=True, slots=True)
class Bad:
    """A wrong message, and the reasons that are right for it. ``named``: its id can be read, so the receipt has it."""

    make: Make
    reasons: str | tuple[str, ...]
    named: bool = True


def basket(**more: object) -> Json:
    return {"basket_id": f"b-{CANARY[:12]}", "action": "open", **more}


def event(name: str = "basket", data: object = None, **changed: object) -> Make:
    """An event that is right but for what is changed; None takes an attribute away."""

    def make(client: PlainClient) -> bytes:
        whole = client.event(name, {}, **changed) | {"data": basket() if data is None else data}
        return json.dumps({k: v for k, v in whole.items() if v is not None}).encode()

    return make


def text(old: str, new: str, data: object = None) -> Make:
    """An event whose text is tampered with: ``old``, with its quotation marks, becomes ``new``."""
    return lambda client: event(data=data)(client).replace(old.encode(), new.encode(), 1)


def padded(payload: bytes, size: int) -> bytes:
    """The same document in ``size`` bytes."""
    return payload[:-1] + b" " * (size - len(payload)) + b"}"


def at(**offset: float) -> str:
    return (datetime.now(UTC) + timedelta(**offset)).isoformat()


def line(**changed: object) -> list[Json]:
    return [{"sku": CANARY, "quantity": 1, "price_cents": 100, **changed}]


ADD = {"action": "add"}
BAD = {
    "garbage": Bad(lambda _: os.urandom(900) + CANARY.encode(), "not-json", named=False),
    "nothing": Bad(lambda _: b"", ("not-json", "malformed"), named=False),
    "not UTF-8": Bad(lambda _: b'{"id":"\xff\xfe' + CANARY.encode(), "not-json", named=False),
    "cut off": Bad(lambda c: event()(c)[:-9], "not-json", named=False),
    "two documents": Bad(lambda c: event()(c) * 2, "not-json", named=False),
    "a list": Bad(lambda c: b"[" + event()(c) + b"]", "malformed", named=False),
    "a text": Bad(lambda _: json.dumps(CANARY).encode(), "malformed", named=False),
    "null": Bad(lambda _: b"null", "malformed", named=False),
    "60 KiB of open brackets": Bad(lambda _: b"[" * 60 * KIB, ("too-large", "not-json"), named=False),
    "deep in the data": Bad(lambda c: text('"open"', "[" * 2_000 + "]" * 2_000)(c), ("malformed", "not-json"), named=False),
    "5,000 digits": Bad(text('"open"', "9" * 5_000), ("malformed", "not-json"), named=False),
    "a huge exponent": Bad(text('"open"', "1e999999"), ("malformed", "not-json"), named=False),
    "NaN": Bad(text('"open"', "NaN"), "not-json", named=False),
    "Infinity": Bad(text('"open"', "-Infinity"), "not-json", named=False),
    "an attribute twice": Bad(text('"specversion"', '"type": "x", "specversion"'), "malformed", named=False),
    "a field twice": Bad(text('"action"', '"action": "total", "action"'), "malformed", named=False),
    "a lone surrogate": Bad(text('"open"', r'"\ud800"'), ("malformed", "not-json"), named=False),
    "a NUL": Bad(event(data=basket(basket_id=f"b\0{CANARY}")), "malformed"),
    "an integer beyond 2^53": Bad(event(data=basket(**ADD, lines=line(price_cents=2**53 + 1))), "malformed"),
    "a text for a number": Bad(event(data=basket(**ADD, lines=line(quantity="1"))), "malformed"),
    "a fraction for a number": Bad(event(data=basket(**ADD, lines=line(quantity=1.5))), "malformed"),
    "a truth for a number": Bad(event(data=basket(**ADD, lines=line(quantity=True))), "malformed"),
    "less than nothing": Bad(event(data=basket(**ADD, lines=line(quantity=-1))), "malformed"),
    "an object for a text": Bad(event(data=basket(basket_id={"$ne": CANARY})), "malformed"),
    "data that is a list": Bad(event(data=[CANARY]), "malformed"),
    "no data": Bad(text('"data"', '"nothing"'), "malformed"),
    "an unknown field": Bad(event(data=basket(surname=CANARY)), "malformed"),
    "an unknown attribute": Bad(event(surname=CANARY), "malformed"),
    "an unknown action": Bad(event(data=basket(action=CANARY)), "malformed"),
    "no lines to add": Bad(event(data=basket(**ADD)), "malformed"),
    "no id": Bad(event(id=None), "malformed", named=False),
    "an id with a blank": Bad(event(id=f"{CANARY} "), "malformed", named=False),
    "an id of 200 letters": Bad(event(id="x" * 200), "malformed", named=False),
    "another version": Bad(event(specversion="2.0"), "malformed"),
    "no time": Bad(event(time=None), "malformed"),
    "a time without a zone": Bad(event(time="2026-11-22T10:00:00"), "malformed"),
    "a time that is a number": Bad(event(time=1_795_000_000), "malformed"),
    "a year ahead": Bad(lambda c: event(time=at(days=365))(c), "from-the-future"),
    "a year behind": Bad(lambda c: event(time=at(days=-365))(c), "stale"),
    "the year 9999": Bad(event(time="9999-12-31T23:59:59Z"), "from-the-future"),
    "the year 1": Bad(event(time="0001-01-01T00:00:00Z"), ("stale", "malformed")),
    "another store": Bad(event(source="storeside/1/other/pos/till-1"), "wrong-source"),
    "another device": Bad(event(source="storeside/1/s-plain/pos/till-2"), "wrong-source"),
    "no source": Bad(event(source=None), ("malformed", "wrong-source")),
    "an unknown type": Bad(event(type=f"storeside.{CANARY}.v1"), "unknown-type"),
    "a type of somebody else": Bad(event(type="com.example.order"), "unknown-type"),
    "a question as an event": Bad(event("decide", {"placement": "till-addon", "limit": 1, "deadline_ms": 9}), "unknown-type"),
    "a sighting by a till": Bad(event("sighting", {"beacon": {"kind": "app", "id": "a1" * 8}, "rssi_dbm": -60}), "wrong-class"),
    "a card number": Bad(event(data=basket(loyalty="4111111111111111", action="identify")), "card-number"),
    "a card number in groups": Bad(event(data=basket(basket_id="5500-0055-5555-5559")), "card-number"),
    "a card number as an id": Bad(event(id="4111111111111111"), "card-number", named=False),
    "17 KiB of no basket": Bad(lambda c: padded(event("feedback", {"decision_id": "d-1", "action": "view"})(c), 17 * KIB), "too-large"),
    "a basket of 65 KiB": Bad(event(data=basket(loyalty=CANARY + "x" * 65 * KIB)), "too-large", named=False),
    "an answer to nothing": Bad(event("feedback", {"decision_id": f"d-{CANARY[:20]}", "action": "view"}), "unknown-decision"),
}  # fmt: skip


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


def id_of(payload: bytes) -> str:
    return str(json.loads(payload)["id"])


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_refused_with_its_reason_and_counted(till: PlainClient, store: Store, bad: Bad) -> None:
    payload = bad.make(till)
    reasons = (bad.reasons,) if isinstance(bad.reasons, str) else bad.reasons
    before = {reason: store.refused(reason) for reason in reasons}
    receipt = refused(till, payload)
    assert receipt["accepted"] is False
    assert receipt["reason"] in reasons
    assert store.refused(receipt["reason"]) == before[receipt["reason"]] + 1
    if bad.named:
        assert receipt["id"] == id_of(payload)


def test_an_event_said_twice_is_taken_once(till: PlainClient, store: Store) -> None:
    told = till.event("basket", basket(basket_id="b-twice"))
    before = store.refused("duplicate")
    assert till.insist(told)["accepted"]
    assert till.insist(told) == {"id": told["id"], "accepted": False, "reason": "duplicate"}
    other = {**told, "data": basket(basket_id="b-other")}
    assert till.insist(other)["reason"] == "duplicate"
    assert store.refused("duplicate") == before + 2


def test_a_repeat_is_not_called_a_duplicate_before_the_first_is_on_disk(till: PlainClient) -> None:
    for _ in range(20):
        told, mark = till.event("basket", basket(basket_id=f"b-{uuid4().hex[:8]}")), till.mark()
        for _ in range(3):
            till.publish(till.topics["event"], told, wait=False)
        assert till.wait(lambda h: h.leaf == "receipt", since=mark).data == {"id": told["id"], "accepted": True}
        till.until(lambda told=told: sum(r.get("id") == told["id"] for r in till.receipts()) == 3)


def test_a_full_basket_of_sixty_kibibytes_is_taken(till: PlainClient) -> None:
    assert till.send("basket", basket(basket_id="b-full"))["accepted"]
    lines = [{"sku": str(100_001 + n % 80), "quantity": 1, "price_cents": 100} for n in range(400)]
    payload = event(data=basket(basket_id="b-full", action="add", lines=lines))(till)
    mark = till.mark()
    till.publish(till.topics["event"], padded(payload, 63 * KIB))
    assert till.wait(lambda h: h.leaf == "receipt", since=mark).data == {"id": id_of(payload), "accepted": True}


BINARY = {
    "no id": {"id": None},
    "no type": {"type": None},
    "another version": {"specversion": "0.3"},
    "another source": {"source": "storeside/1/s-plain/pos/till-2"},
    "a year ahead": {"time": "2099-01-01T00:00:00Z"},
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
    assert receipt["reason"] in {"malformed", "wrong-source", "from-the-future", "unknown-type"}


def test_data_that_is_no_json_is_refused_in_binary_mode_too(till: PlainClient) -> None:
    told = till.event("basket", basket())
    attributes = {name: str(told[name]) for name in ("specversion", "id", "source", "type", "time")}
    receipt = refused(till, b"\x00\x01" + CANARY.encode(), attributes=attributes)
    assert receipt == {"id": told["id"], "accepted": False, "reason": "not-json"}


@pytest.mark.parametrize(
    "question",
    [{"placement": CANARY}, {"limit": 0}, {"limit": 10**6}, {"deadline_ms": -1}, {"deadline_ms": "1"}, {"more": 1}],
)
def test_a_wrong_question_is_refused_not_answered(till: PlainClient, question: Json) -> None:
    right = {"placement": "till-addon", "limit": 3, "deadline_ms": 500}
    payload = event("decide", {**right, **question})(till)
    receipt = refused(till, payload, leaf="ask", correlation=b"wrong")
    assert receipt == {"id": id_of(payload), "accepted": False, "reason": "malformed"}
    assert not any(h.correlation == b"wrong" for h in till.heard if h.leaf == "answer")


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
        guess = {"method": "loyalty", "purposes": [], "locale": "en-US", "notice_id": "notice-us-1"}
        told = [kiosk.send("sign-in", {**guess, "value": f"LOY-{n:05}-GUESS"}) for n in range(12)]
    assert [r.get("reason") for r in told if not r["accepted"]].count("too-many-tries") >= 2


@pytest.mark.parametrize("leaf", ["state", "about", "telemetry"])
def test_garbage_about_itself_changes_nothing(till: PlainClient, store: Store, leaf: str) -> None:
    before = store.state_of(till.name)
    for junk in (b"\xff" * 99, b"[]", b'{"state":"' + CANARY.encode() + b'","session":1}', b"9" * 5_000):
        till.publish(till.topics[leaf], junk)
    assert till.send("nonsense", {})["reason"] == "unknown-type"
    assert store.state_of(till.name) == before
    till.announce()


def test_a_megabyte_in_one_packet_ends_at_the_broker(account: Json, till: PlainClient, store: Store) -> None:
    before = store.metric("storeside_refused_total", reason="too-large")
    with PlainClient(account, session=2) as other:
        with suppress(ValueError, RuntimeError):
            other.publish(other.topics["event"], CANARY.encode() * 30_000, qos=0)
        other.until(lambda: other.lines == 2)
    assert store.metric("storeside_refused_total", reason="too-large") == before
    assert till.lines == 1


def test_a_megabyte_of_junk_does_not_grow_the_service(till: PlainClient, store: Store) -> None:
    junk = [bad.make(till) for bad in BAD.values()] + [CANARY.encode() * 1_800, b'{"a":' * 5_000]
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
    said = [h.payload for h in till.heard if isinstance(h, Heard) and h.leaf == "receipt"]
    assert said
    assert not any(CANARY.encode() in payload or b"4111111111111111" in payload for payload in said)
