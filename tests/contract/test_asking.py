"""A question always gets its answer, at once and with its reason, whatever is wrong with it; and never a receipt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.contract.bad_messages import CANARY, KIB, QUESTION, at, event, padded
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store
from tests.contract.test_http_routes import post


@pytest.fixture(scope="module")
def account(store: Store) -> Json:
    return store.add_device("till-asks", "pos", "asks")


@pytest.fixture(scope="module")
def till(account: Json) -> Iterator[PlainClient]:
    with PlainClient(account) as client:
        yield client


def answered(client: PlainClient, payload: bytes, **more: object) -> Json:
    """Put a question as these bytes; its answer. No receipt may come for it."""
    mark, correlation = client.mark(), uuid4().bytes
    client.publish(client.topics["ask"], payload, correlation=correlation, **more)  # type: ignore[arg-type] # MQTT's own options
    answer = client.wait(lambda h: h.leaf == "answer" and h.correlation == correlation)
    assert [h.data for h in client.heard[mark:] if h.leaf == "receipt"] == []
    return answer.data


def question(**changed: object) -> Callable[[PlainClient], bytes]:
    """A question that is right but for what is changed in its data."""
    return event("decide", {**QUESTION, **changed})


def without(field: str) -> Callable[[PlainClient], bytes]:
    return event("decide", {k: v for k, v in QUESTION.items() if k != field})


@dataclass(frozen=True, slots=True)
class Wrong:
    make: Callable[[PlainClient], bytes]
    reason: str
    field: str | None = None


OTHER = "storeside/1/s-plain/pos/till-9"
WRONG = {
    "a placement that there is not": Wrong(question(placement="receipt"), "unknown-placement", "placement"),
    "a placement on no screen": Wrong(question(placement="arrival"), "unknown-placement", "placement"),
    "a placement without a name": Wrong(question(placement="none"), "unknown-placement", "placement"),
    "a kiosk's placement": Wrong(question(placement="kiosk-home"), "wrong-class", "placement"),
    "a display's placement": Wrong(question(placement="display-zone"), "wrong-class", "placement"),
    "a tablet's placement": Wrong(question(placement="tablet-card"), "wrong-class", "placement"),
    "no placement": Wrong(without("placement"), "malformed", "placement"),
    "a placement in capitals": Wrong(question(placement="TILL-ADDON"), "malformed", "placement"),
    "a placement too long": Wrong(question(placement=CANARY), "malformed", "placement"),
    "a placement that is a list": Wrong(question(placement=["till-addon"]), "malformed", "placement"),
    "no items": Wrong(question(limit=0), "malformed", "limit"),
    "fewer than no items": Wrong(question(limit=-3), "malformed", "limit"),
    "a million items": Wrong(question(limit=10**6), "malformed", "limit"),
    "a limit in words": Wrong(question(limit="3"), "malformed", "limit"),
    "half an item": Wrong(question(limit=2.5), "malformed", "limit"),
    "a limit of null": Wrong(question(limit=None), "malformed", "limit"),
    "no time": Wrong(question(deadline_ms=0), "malformed", "deadline_ms"),
    "less than no time": Wrong(question(deadline_ms=-1), "malformed", "deadline_ms"),
    "a day": Wrong(question(deadline_ms=86_400_000), "malformed", "deadline_ms"),
    "a deadline in words": Wrong(question(deadline_ms="1"), "malformed", "deadline_ms"),
    "a basket with a blank": Wrong(question(basket_id=f"b {CANARY[:9]}"), "malformed", "basket_id"),
    "a line with a blank": Wrong(question(after_line_id=f"l {CANARY[:9]}"), "malformed", "after_line_id"),
    "a line that is a number": Wrong(question(after_line_id=1), "malformed", "after_line_id"),
    "an unknown field": Wrong(question(surname=CANARY), "malformed", "data"),
    "data that is a list": Wrong(event("decide", [CANARY]), "malformed", "data"),
    "no data": Wrong(lambda c: question()(c).replace(b'"data"', b'"nothing"'), "malformed", "data"),
    "no id": Wrong(event("decide", QUESTION, id=None), "malformed", "id"),
    "an hour ago": Wrong(event("decide", QUESTION, time=at(hours=-1)), "stale", "time"),
    "a year ahead": Wrong(event("decide", QUESTION, time=at(days=365)), "from-the-future", "time"),
    "no zone": Wrong(event("decide", QUESTION, time="2026-11-22T10:00:00"), "malformed", "time"),
    "another device": Wrong(event("decide", QUESTION, source=OTHER), "wrong-source", "source"),
    "an unknown type": Wrong(event("wish", QUESTION), "unknown-type", "type"),
    "an event": Wrong(event("basket"), "unknown-type", "type"),
    "garbage": Wrong(lambda _: b"\x00\x01" + CANARY.encode(), "not-json"),
    "not UTF-8": Wrong(lambda _: b'{"id":"\xff\xfe' + CANARY.encode(), "not-json"),
    "nothing": Wrong(lambda _: b"", "not-json"),
    "cut off": Wrong(lambda c: question()(c)[:-9], "not-json"),
    "a list": Wrong(lambda c: b"[" + question()(c) + b"]", "malformed"),
    "a field twice": Wrong(lambda c: question()(c).replace(b'"limit"', b'"limit": 2, "limit"'), "malformed"),
    "17 KiB": Wrong(lambda c: padded(question()(c), 17 * KIB), "too-large"),
    "65 KiB": Wrong(lambda c: padded(question()(c), 65 * KIB), "too-large"),
    "a card number": Wrong(question(basket_id="5500-0055-5555-5559"), "card-number", "basket_id"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_decided_is_answered_at_once_with_its_reason(
    till: PlainClient, store: Store, wrong: Wrong
) -> None:
    before = store.refused(wrong.reason)
    answer = answered(till, wrong.make(till))
    assert (answer["kind"], answer["items"]) == ("fallback", [])
    assert (answer["reason"], answer.get("field")) == (wrong.reason, wrong.field)
    assert "late" not in answer
    assert store.refused(wrong.reason) == before + 1
    assert CANARY[:9] not in json.dumps(answer)


def test_a_placement_of_the_store_is_named_in_the_fallback_and_no_other(
    till: PlainClient,
) -> None:
    for asked, told in (("kiosk-home", "kiosk-home"), ("receipt", "none")):
        assert answered(till, question(placement=asked)(till))["placement"] == told


def test_binary_mode_is_answered_too(till: PlainClient) -> None:
    told = till.event("decide", {**QUESTION, "limit": 0})
    names = ("specversion", "id", "source", "type", "time")
    attributes = {name: str(told[name]) for name in names}
    body = json.dumps(told["data"]).encode()
    wrong = answered(till, body, attributes=attributes)
    assert (wrong["reason"], wrong["field"]) == ("malformed", "limit")
    assert answered(till, b"{", attributes=attributes)["reason"] == "not-json"


@pytest.mark.parametrize("device_class", ["beacon-gw", "camera"])
def test_a_class_that_shows_nothing_is_told_so(store: Store, device_class: str) -> None:
    name = f"{device_class}-asks"
    with PlainClient(store.add_device(name, device_class, "asks")) as device:
        assert answered(device, question()(device))["reason"] == "wrong-class"


def test_without_correlation_data_there_is_an_answer_all_the_same(till: PlainClient) -> None:
    mark = till.mark()
    till.publish(till.topics["ask"], question(limit=0)(till))
    answer = till.wait(lambda h: h.leaf == "answer", since=mark)
    assert (answer.correlation, answer.data["reason"]) == (None, "malformed")


def test_a_good_question_has_no_reason(till: PlainClient) -> None:
    answer = answered(till, question(deadline_ms=5_000)(till))
    assert answer["kind"] == "context"
    assert answer["items"]
    assert {"reason", "field", "late"} & answer.keys() == set()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"deadline_ms": "1"}, "deadline_ms"),
        ({"placement": "TILL"}, "placement"),
        ({"placement": None}, "placement"),
        ({"after_line_id": 1}, "after_line_id"),
    ],
)
def test_over_http_what_cannot_be_read_is_a_problem_that_names_the_field(
    store: Store, account: Json, changed: Json, field: str
) -> None:
    status, media, told = post(store, "/v1/decisions", {**QUESTION, **changed}, account)
    assert (status, media, told["field"]) == (400, "application/problem+json", field)


@pytest.mark.parametrize(
    ("placement", "reason"),
    [
        ("receipt", "unknown-placement"),
        ("arrival", "unknown-placement"),
        ("kiosk-home", "wrong-class"),
    ],
)
def test_over_http_a_placement_that_there_is_not_is_a_fallback_with_its_reason(
    store: Store, account: Json, placement: str, reason: str
) -> None:
    status, _, told = post(
        store, "/v1/decisions", {**QUESTION, "placement": placement}, account
    )
    assert (status, told["kind"], told["items"]) == (200, "fallback", [])
    assert (told["reason"], told["field"]) == (reason, "placement")


def scan(till: PlainClient, basket_id: str, *articles: tuple[str, str]) -> Json:
    lines = [
        {"line_id": line, "sku": sku, "quantity": 1, "price_cents": 100}
        for line, sku in articles
    ]
    return till.event("basket", {"basket_id": basket_id, "action": "add", "lines": lines})


def articles(answer: Json) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


@pytest.fixture
def basket_id(till: PlainClient) -> Iterator[str]:
    """A basket in which one article was scanned, as line 1."""
    name = f"b-{uuid4().hex[:8]}"
    assert till.insist(scan(till, name, ("1", "100031")))["accepted"]
    yield name
    till.send("basket", {"basket_id": name, "action": "abandon"})


def test_a_question_that_overtakes_its_line_does_not_bring_the_article_back(
    till: PlainClient, basket_id: str
) -> None:
    asked = {**QUESTION, "limit": 3, "deadline_ms": 5_000, "basket_id": basket_id}
    (first, *_) = articles(answered(till, question(**asked)(till)))
    correlation = uuid4().bytes
    payload = question(**asked, after_line_id="2")(till)
    till.publish(till.topics["ask"], payload, correlation=correlation)
    till.publish(till.topics["event"], scan(till, basket_id, ("2", first)))
    answer = till.wait(lambda h: h.leaf == "answer" and h.correlation == correlation).data
    assert articles(answer)
    assert first not in articles(answer)
    assert "reason" not in answer


def test_a_line_that_never_comes_makes_no_answer_late(
    till: PlainClient, basket_id: str
) -> None:
    asked = {"deadline_ms": 1_000, "basket_id": basket_id, "after_line_id": "99"}
    answer = answered(till, question(**asked)(till))
    assert articles(answer)
    assert {"late", "reason"} & answer.keys() == set()


def test_over_http_a_question_waits_for_its_line_too(
    store: Store, account: Json, till: PlainClient, basket_id: str
) -> None:
    asked = {**QUESTION, "limit": 3, "deadline_ms": 5_000, "basket_id": basket_id}
    (first, *_) = articles(post(store, "/v1/decisions", asked, account)[2])
    with ThreadPoolExecutor(1) as aside:
        answer = aside.submit(
            post, store, "/v1/decisions", {**asked, "after_line_id": "2"}, account
        )
        assert till.insist(scan(till, basket_id, ("2", first)))["accepted"]
        status, _, told = answer.result()
    assert status == 200
    assert articles(told)
    assert first not in articles(told)


def test_lines_of_several_baskets_are_each_their_own(till: PlainClient, basket_id: str) -> None:
    other = f"b-{uuid4().hex[:8]}"
    assert till.insist(scan(till, other, ("2", "100041")))["accepted"]
    asked = {"deadline_ms": 1_000, "basket_id": basket_id, "after_line_id": "2"}
    assert articles(answered(till, question(**asked)(till)))
    till.send("basket", {"basket_id": other, "action": "abandon"})
