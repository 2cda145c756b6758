"""Offers at the real service, as a till asks for them: taken off once, put back with the sale, also after a kill."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from edge.storage.connection import open_reader
from tests.contract.conftest import Floor
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import HABITS, Store, goods
from tests.contract.test_http_routes import post
from tests.contract.visiting import AMPLE_MS, Basket, line
from tests.patience import patient

TEA = HABITS[4]
OFF = 40


class Offered(NamedTuple):
    """An offer's code, and the article that it is on."""

    code: str
    sku: str


@pytest.fixture(scope="module")
def promised(offers: Callable[..., Offered]) -> str:
    """The code of an offer that a known shopper is shown at the till."""
    return offers(sku=TEA).code


@pytest.fixture(scope="module")
def offers(store: Store) -> Callable[..., Offered]:
    """Publishes an offer of one's own, with a code of its own; returns the code.

    With a ``budget`` its campaign may hold somebody out, so it is asked for by its code. Each is on an article of
    its own, for the control tower lets no two be on one.
    """
    articles = (str(one["sku"]) for one in goods()[20:])
    now = datetime.now(UTC)

    def publish(*, budget: int = 0, sku: str = "", **changed: object) -> Offered:
        name, article = f"o-{uuid4().hex[:6]}", sku or next(articles)
        code = f"CODE-{name.upper()}"
        spans = {
            "starts_at": (now - timedelta(days=1)).isoformat(),
            "ends_at": (now + timedelta(days=5)).isoformat(),
        }
        campaign = {
            "id": f"c-{name}",
            "name": name,
            "holdout_pct": 10,
            "budget_cents": budget,
            **spans,
        }
        offer = {
            "id": name,
            "headline": "Save 40 cents",
            "skus": [article],
            "segment": "everybody",
            "offer_type": "discount",
            "channels": ["kiosk", "pos"],
            "placements": ["kiosk-home", "till-addon"],
            "category": name,
            "campaign": campaign["id"],
            "discount_cents": OFF,
            "discount": {"kind": "amount", "amount": OFF, "code": code},
            "one_time": True,
            **spans,
            **changed,
        }
        file = store.folder / f"{name}.json"
        file.write_text(
            json.dumps({"campaigns": [campaign] if budget else [], "offers": [offer]}), "utf-8"
        )
        store.command("offers", "publish", str(file))
        return Offered(code, article)

    return publish


def ask(till: PlainClient, verb: str, basket: str, **by: object) -> Json:
    changed: dict[str, Any] = {"id": by.pop("id")} if "id" in by else {}
    question = {"verb": verb, "basket_id": basket, "deadline_ms": AMPLE_MS, **by}
    return till.ask(question, name="offer", **changed).data


def known(floor: Floor, code: str, basket: Basket) -> None:
    """Wait until the running service proposes what a command has just published."""
    floor.till.until(
        lambda: ask(floor.till, "inquire", basket.id, code=code)["granted"], within_s=patient(5)
    )


def identified(floor: Floor, shopper: Json) -> Basket:
    basket = Basket(floor.till)
    basket.step("identify", loyalty=shopper["identifiers"]["loyalty"])
    return basket


def standing(store: Store, code: str) -> list[tuple[int]]:
    offer = code.removeprefix("CODE-").lower()
    with closing(open_reader(store.data / "storeside.db")) as conn:
        return conn.execute(
            "SELECT cents FROM redemptions WHERE offer = ?", (offer,)
        ).fetchall()


def test_an_item_carries_its_discount_and_both_prices(
    floor: Floor, shopper: Json, promised: str
) -> None:
    code = promised
    basket = identified(floor, shopper)
    known(floor, code, basket)
    basket.step("add", lines=[line()])
    told = basket.ask().data
    items = [i for i in told["items"] if i.get("code") == code]
    assert items, json.dumps(told["items"])
    (item,) = items
    assert (item["was_cents"], item["price_cents"]) == (125, 85)
    assert item["discount"] == {
        "offer_id": item["offer_id"],
        "kind": "amount",
        "amount": OFF,
        "currency": "USD",
        "per": "item",
        "code": code,
    }


def test_f08_a_redeemed_offer_is_there_again_when_the_basket_was_left(
    store: Store, floor: Floor, shopper: Json, promised: str
) -> None:
    code = promised
    basket = identified(floor, shopper)
    known(floor, code, basket)
    basket.step("add", lines=[line()])
    shown = basket.ask().data
    item = next(i for i in shown["items"] if i.get("code") == code)
    basket.step("add", lines=[line(TEA)])
    redeem = {
        "decision_id": shown["decision_id"],
        "item_id": item["item_id"],
        "action": "redeem",
    }
    assert floor.till.send("feedback", redeem)["accepted"]
    assert standing(store, code) == [(OFF,)]
    basket.step("abandon")
    assert standing(store, code) == []
    again = identified(floor, shopper)
    assert floor.till.send("feedback", redeem)["accepted"]
    assert standing(store, code) == [(OFF,)]
    again.step("abandon")


@pytest.mark.parametrize("undone_by", ["void-sale", "return", "reverse"])
def test_a_paid_offer_is_there_again_when_its_sale_is_undone(
    store: Store, floor: Floor, shopper: Json, offers: Callable[..., Offered], undone_by: str
) -> None:
    code, sku = offers(budget=OFF)
    basket = identified(floor, shopper)
    known(floor, code, basket)
    basket.step("add", lines=[line(sku)])
    assert ask(floor.till, "redeem", basket.id, code=code)["granted"]
    basket.step("complete")
    back: dict[str, Any] = {**line(sku), "kind": "return", "of": {"order_id": basket.id}}
    if undone_by == "void-sale":
        basket.step("void-sale")
    elif undone_by == "reverse":
        assert ask(floor.till, "reverse", basket.id, code=code)["granted"]
    else:
        Basket(floor.till).step("complete", lines=[back])
    assert standing(store, code) == []
    again = identified(floor, shopper)
    assert ask(floor.till, "redeem", again.id, code=code)["granted"]
    again.step("abandon")


def test_two_tills_at_once_get_the_last_one_once(
    store: Store, floor: Floor, people: Iterator[Json], offers: Callable[..., Offered]
) -> None:
    code, _ = offers(per_store=1)
    second = store.add_device(f"till-{uuid4().hex[:6]}", "pos", "offers")
    with PlainClient(second) as other:
        baskets = [identified(floor, next(people)), Basket(other)]
        known(floor, code, baskets[0])
        marks = [(till, till.mark()) for till in (floor.till, other)]
        for (till, _), basket in zip(marks, baskets, strict=True):
            question = {"verb": "redeem", "basket_id": basket.id, "code": code}
            event = till.event("offer", question)
            till.publish(till.topics["ask"], event, correlation=b"last", wait=False)
        answers = [
            till.wait(lambda h: h.correlation == b"last", since=mark).data
            for till, mark in marks
        ]
        for basket in baskets:
            basket.step("abandon")
    assert sorted(a["granted"] for a in answers) == [False, True]
    assert [a["reason"] for a in answers if not a["granted"]] == ["offer-spent"]


@pytest.mark.parametrize(
    ("by", "reason", "field"),
    [
        ({"code": "NOTHING"}, "unknown-code", "code"),
        ({"offer_id": "o-nothing"}, "unknown-offer", "offer_id"),
        ({"decision_id": "d-nothing"}, "unknown-decision", "decision_id"),
    ],
)
def test_what_is_not_granted_says_why(
    basket: Basket, by: dict[str, object], reason: str, field: str
) -> None:
    found = ask(basket.till, "redeem", basket.id, **by)
    assert found == {"granted": False, "reason": reason, "field": field}
    nowhere = ask(basket.till, "redeem", "b-nowhere", **by)
    assert (nowhere["reason"], nowhere["field"]) == ("unknown-basket", "basket_id")


def test_a_kiosk_asks_for_no_offer(floor: Floor, basket: Basket) -> None:
    event = floor.kiosk.event("offer", {"verb": "redeem", "basket_id": basket.id, "code": "X"})
    mark = floor.kiosk.mark()
    floor.kiosk.publish(floor.kiosk.topics["ask"], event, correlation=b"kiosk")
    said = floor.kiosk.wait(lambda h: h.leaf in {"receipt", "answer"}, since=mark).data
    assert said["reason"] == "wrong-class"


def test_first_answers_and_what_stands_outlive_a_kill(
    store: Store, floor: Floor, shopper: Json, offers: Callable[..., Offered]
) -> None:
    code, _ = offers(budget=OFF)
    account = store.add_device(f"till-{uuid4().hex[:6]}", "pos", "offers")
    basket = identified(floor, shopper)
    known(floor, code, basket)
    first = ask(floor.till, "redeem", basket.id, code=code, id="q-first")
    refused = ask(floor.till, "redeem", basket.id, code="NOTHING", id="q-refused")
    sale = {"basket_id": f"b-{uuid4().hex[:8]}", "lines": [line()]}
    question = {"verb": "redeem", "basket_id": basket.id, "code": code}
    before = [
        post(store, "/v1/pos/transactions", sale, account, **{"Idempotency-Key": "s-1"}),
        post(store, "/v1/pos/offers", question, account, **{"Idempotency-Key": "q-1"}),
    ]
    store.kill()
    store.start()
    after = [
        post(store, "/v1/pos/transactions", sale, account, **{"Idempotency-Key": "s-1"}),
        post(store, "/v1/pos/offers", question, account, **{"Idempotency-Key": "q-1"}),
    ]
    assert before == after
    assert before[0][0] == 202
    # Another till's basket is nobody's here.
    assert before[1][2]["reason"] == "unknown-basket"
    for path, body, key in (
        ("/v1/pos/transactions", sale | {"lines": [line(HABITS[1])]}, "s-1"),
        ("/v1/pos/offers", question | {"verb": "reverse"}, "q-1"),
    ):
        assert post(store, path, body, account, **{"Idempotency-Key": key})[0] == 409
    assert ask(floor.till, "redeem", basket.id, code=code, id="q-first") == first
    assert ask(floor.till, "redeem", basket.id, code=code, id="q-refused") == refused
    assert standing(store, code) == [(OFF,)]
    basket.step("abandon")
    assert standing(store, code) == []


def test_a_question_that_is_none_is_answered_at_once_with_its_field(basket: Basket) -> None:
    nothing = ask(basket.till, "redeem", basket.id)
    assert (nothing["granted"], nothing["reason"]) == (False, "malformed")
    wrong = ask(basket.till, "give", basket.id, code="X")
    assert wrong == {"granted": False, "reason": "malformed", "field": "verb"}
