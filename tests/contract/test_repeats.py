"""A repeat hears what the first was told, word for word, whatever has become of the first receipt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store
from tests.contract.test_http_routes import post

GOOD = {"sku": "100001", "quantity": 1, "price_cents": 100}
NO_QUANTITY = {**GOOD, "quantity": 0}
NO_NUMBER = {**GOOD, "quantity": "two"}
UNKNOWN_FIELD = {**GOOD, "surname": "x"}
NO_PRICE = {"sku": "999999", "quantity": 1}


@pytest.fixture(scope="module")
def account(store: Store) -> Json:
    return store.add_device("till-repeats", "pos", "repeats")


@pytest.fixture
def till(account: Json) -> Iterator[PlainClient]:
    with PlainClient(account, client_id=f"till-repeats-{uuid4().hex}") as client:
        yield client


def added(till: PlainClient, *lines: Json) -> Json:
    return till.event(
        "basket", {"basket_id": f"b-{uuid4().hex[:8]}", "action": "add", "lines": list(lines)}
    )


def over_http(store: Store, account: Json, event: Json) -> Any:
    (result,) = post(store, "/v1/events", event, account)[2]["results"]
    return result


SALES = {
    "a plain line": ([GOOD], 0),
    "a quantity of nothing": ([GOOD, NO_QUANTITY], 1),
    "no number": ([NO_NUMBER, GOOD, GOOD], 1),
    "an unknown field": ([GOOD, UNKNOWN_FIELD], 1),
    "no price anywhere": ([GOOD, NO_PRICE], 1),
    "three in one": ([NO_QUANTITY, GOOD, NO_NUMBER, NO_PRICE], 3),
}


@pytest.mark.parametrize(("lines", "wrong"), SALES.values(), ids=SALES.keys())
def test_a_repeat_hears_the_first_verdict_by_either_way(
    store: Store, account: Json, till: PlainClient, lines: list[Json], wrong: int
) -> None:
    told = added(till, *lines)
    first = till.insist(told)
    assert first["accepted"]
    assert len(first.get("lines", ())) == wrong
    again = {**first, "duplicate": True}
    assert [till.insist(told), over_http(store, account, told)] == [again, again]


def test_the_verdict_outlives_a_restart(store: Store, account: Json, till: PlainClient) -> None:
    told = added(till, GOOD, NO_QUANTITY)
    first = till.insist(told)
    assert store.stop() == 0
    store.start()
    assert till.insist(told) == over_http(store, account, told) == {**first, "duplicate": True}


def test_a_batch_with_a_repeat_in_it_tells_both_the_same(
    store: Store, account: Json, till: PlainClient
) -> None:
    told = added(till, GOOD, NO_NUMBER)
    first, second = post(store, "/v1/events", [told, told], account)[2]["results"]
    assert second == {**first, "duplicate": True}
    assert first["lines"][0]["index"] == 1


def test_a_refused_sale_is_judged_anew_and_leaves_nothing(
    store: Store, account: Json, till: PlainClient
) -> None:
    told = added(till, NO_QUANTITY)
    before = store.metric("storeside_duplicates_total")
    first = till.insist(told)
    assert not first["accepted"]
    assert [till.insist(told), over_http(store, account, told)] == [first, first]
    assert store.metric("storeside_duplicates_total") == before


def test_a_whole_sale_sent_again_under_its_key_is_accepted_again(
    store: Store, account: Json
) -> None:
    sale = {"basket_id": f"b-{uuid4().hex[:8]}", "lines": [GOOD]}
    key = {"Idempotency-Key": uuid4().hex}
    first, again = (
        post(store, "/v1/pos/transactions", sale, account, **key)[2] for _ in range(2)
    )
    assert first["accepted"]
    assert again["accepted"]


def test_a_repeat_changes_nothing_at_the_centre(
    store: Store, account: Json, till: PlainClient
) -> None:
    told = added(till, GOOD)
    till.insist(told)
    before = store.metric("storeside_outbox_pending")
    for _ in range(3):
        assert over_http(store, account, told)["duplicate"]
    assert store.metric("storeside_outbox_pending") == before
