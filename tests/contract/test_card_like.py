"""Cases F03 and F04 at the real service: numbers that pass a payment card's check digit, and cards."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Floor
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store, person
from tests.contract.test_http_routes import post
from tests.contract.visiting import Basket, line, sign_in
from tests.devices.test_payment_cards import TEST_CARDS, completed

ENROLLED = {
    # The five of F03; the fourth has 16 digits in an issuer's range.
    "634004123456789017": "c-cardlikeaa",
    "6006491234567891": "c-cardlikeab",
    "9826300012345671": "c-cardlikeac",
    "2708123456789016": "c-cardlikead",
    "9501101530002": "c-cardlikeae",
    # More of the kind: gift cards, an EAN-13, and three that look like a Visa, an Amex and a UnionPay.
    completed("603571001234567"): "c-cardlikeaf",
    completed("400638133393"): "c-cardlikeag",
    completed("431234567890123"): "c-cardlikeah",
    completed("37012345678901"): "c-cardlikeai",
    completed("62001234567890123"): "c-cardlikeaj",
}
STRANGE = (
    "4111111111111111", "5500000000000004", "378282246310005", "6011111111111117",
    "30569309025904", "3530111333300000", "6200000000000005", "2223003122003222",
    ";4000000000000002=25121010000012300?", "%B4000000000000010^DOE/JANE MARY^25121010000012300000000000000?",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def brought_in(store: Store) -> None:
    """Everybody of the cases, through the import."""
    people = list[Json]()
    for place, (number, token) in enumerate(ENROLLED.items()):
        one = person(place)
        phone = f"+1 202 556 {place:04}"
        people.append(
            {**one, "token": token, "identifiers": {"loyalty": number, "phone": phone}}
        )
    store.bring_in(people)


@pytest.fixture(scope="module")
def account(store: Store) -> Json:
    return store.add_device("till-cards", "pos", "cards")


@pytest.fixture
def kiosk(store: Store) -> Iterator[PlainClient]:
    """A kiosk of the test's own: a device may try only so many numbers."""
    with PlainClient(store.add_device(f"k-{uuid4().hex[:8]}", "kiosk", "cards")) as client:
        yield client


def rows(store: Store, sql: str, *given: object) -> list[Any]:
    with closing(sqlite3.connect(store.data / "storeside.db")) as conn:
        return conn.execute(sql, given).fetchall()


def identified(store: Store, token: str) -> bool:
    return bool(rows(store, "SELECT count(*) FROM visits WHERE token = ?", token)[0][0])


def paid(store: Store, token: str) -> int:
    """How many stays of this person ended with a payment."""
    sql = "SELECT count(*) FROM visits WHERE token = ? AND ended = 'paid'"
    return int(rows(store, sql, token)[0][0])


@pytest.mark.parametrize(("number", "token"), ENROLLED.items())
def test_whoever_was_imported_is_recognised_at_the_till_and_the_sale_is_kept(
    floor: Floor, store: Store, number: str, token: str
) -> None:
    basket = Basket(floor.till)
    basket.step("add", lines=[line()])
    basket.step("identify", loyalty=number)
    basket.step("complete")
    assert identified(store, token)


@pytest.mark.parametrize(("number", "token"), ENROLLED.items())
def test_whoever_was_imported_signs_in_at_the_kiosk(
    kiosk: PlainClient, store: Store, number: str, token: str
) -> None:
    told = sign_in(kiosk, {"identifiers": {"loyalty": number}})
    assert told["accepted"], told
    assert identified(store, token)


@pytest.mark.parametrize(("number", "token"), ENROLLED.items())
def test_whoever_was_imported_is_recognised_by_a_whole_sale(
    store: Store, account: Json, number: str, token: str
) -> None:
    before = paid(store, token)
    whole = {"basket_id": f"b-{uuid4().hex[:8]}", "lines": [line()], "loyalty": number}
    key = {"Idempotency-Key": uuid4().hex}
    status, _, told = post(store, "/v1/pos/transactions", whole, account, **key)
    assert (status, told["accepted"]) == (202, True), told
    assert {one["accepted"] for one in told["results"]} == {True}
    assert paid(store, token) == before + 1


@pytest.mark.parametrize("card", STRANGE)
def test_a_payment_card_is_nobodys_and_costs_no_line(
    floor: Floor, store: Store, account: Json, kiosk: PlainClient, card: str
) -> None:
    basket = Basket(floor.till)
    receipt = floor.till.send(
        "basket", {"basket_id": basket.id, "action": "identify", "loyalty": card}
    )
    assert (receipt["accepted"], receipt["reason"]) == (False, "card-number")
    with_lines = floor.till.send(
        "basket",
        {"basket_id": basket.id, "action": "add", "lines": [line()], "loyalty": card},
    )
    assert (with_lines["accepted"], with_lines["reason"]) == (True, "card-number")
    assert with_lines["field"] == "loyalty"
    basket.step("complete")
    refused = sign_in(kiosk, {"identifiers": {"loyalty": card}})
    assert (refused["accepted"], refused["reason"]) == (False, "card-number")
    whole = {"basket_id": f"b-{uuid4().hex[:8]}", "lines": [line()], "loyalty": card}
    key = {"Idempotency-Key": uuid4().hex}
    status, _, told = post(store, "/v1/pos/transactions", whole, account, **key)
    assert (status, told["accepted"]) == (202, True), told
    assert "card-number" in {one.get("reason") for one in told["results"]}
    # Neither on disk nor in a log.
    assert store.traces_of(card.encode()) == []


@pytest.mark.parametrize(
    "number", [completed("37150012345678"), completed("63400412345"), "634004123456789017"]
)
def test_a_number_of_the_stores_own_range_may_enrol(kiosk: PlainClient, number: str) -> None:
    told = sign_in(kiosk, {"identifiers": {"loyalty": number}})
    assert told["accepted"], told


def test_a_telephone_is_one_however_it_is_dialled(store: Store, kiosk: PlainClient) -> None:
    token = next(iter(ENROLLED.values()))
    for typed in ("(202) 556-0000", "+1 202 556 0000", "001 202 556-0000", "1-202-556-0000"):
        told = sign_in(kiosk, {"identifiers": {"loyalty": typed}}, method="phone")
        assert told["accepted"], told
        assert rows(store, "SELECT token FROM visits ORDER BY seen_us DESC LIMIT 1") == [
            (token,)
        ]
        kiosk.send("sign-out", {"reason": "person"})
    for typed in ("n/a", "0000", "12345"):
        told = sign_in(kiosk, {"identifiers": {"loyalty": typed}}, method="phone")
        assert (told["accepted"], told["reason"]) == (False, "malformed")


@pytest.mark.parametrize("action", ["accept", "not-for-me", "redeem"])
@pytest.mark.parametrize("code", ["04006385154334", "10012345678902", "30569309025907"])
def test_an_article_is_answered_for_whatever_its_number_looks_like(
    floor: Floor, action: str, code: str
) -> None:
    basket = Basket(floor.till)
    basket.step("add", lines=[line()])
    decision = basket.ask().data["decision_id"]
    told = floor.till.send(
        "feedback", {"decision_id": decision, "item_id": code, "action": action}
    )
    # Whether it was in the decision is another question; a card it is not.
    assert told.get("reason") != "card-number"
    if action != "redeem":
        assert told["accepted"], told


def test_valid_article_numbers_are_sold_though_one_in_ten_passes_a_cards_check(
    floor: Floor,
) -> None:
    chance = random.Random(4)  # noqa: S311 - repeatable
    basket = Basket(floor.till)
    for _ in range(4):
        codes = [gtin(chance) for _ in range(50)]
        basket.step("add", lines=[line(code) for code in codes])
    basket.step("complete")


def gtin(chance: random.Random) -> str:
    """A valid GTIN-14 that is no in-store number."""
    head = f"{chance.randrange(3, 9)}{chance.randrange(3, 9)}" + "".join(
        chance.choice("0123456789") for _ in range(11)
    )
    total = sum(int(d) * (3, 1)[place % 2] for place, d in enumerate(head))
    return f"{head}{-total % 10}"


@pytest.mark.parametrize(
    ("card", "part", "field"),
    [
        ("4111 1111 1111 1111", "discounts", "discounts.0.reason"),
        ("5500-0000-0000-0004", "line_id", "line_id"),
        ("378282246310005", "of", "of.order_id"),
        (";6011111111111117=2512101", "promotion", "discounts.0.promotion_id"),
    ],
)
def test_a_card_in_the_text_of_one_line_costs_that_line_only(
    floor: Floor, store: Store, card: str, part: str, field: str
) -> None:
    worse: dict[str, Json] = {
        "discounts": {"discounts": [{"kind": "amount", "amount": 1, "reason": f"to {card}"}]},
        "line_id": {"line_id": card},
        "of": {"kind": "return", "of": {"order_id": card}},
        "promotion": {"discounts": [{"kind": "amount", "amount": 1, "promotion_id": card}]},
    }
    basket = Basket(floor.till)
    told = floor.till.send(
        "basket",
        {"basket_id": basket.id, "action": "add", "lines": [line(), {**line(), **worse[part]}]},
    )
    assert told["accepted"], told
    assert told["lines"] == [{"index": 1, "field": field, "reason": "card-number"}]
    basket.step("complete")
    assert store.traces_of(card.encode()) == []


@pytest.mark.parametrize("card", TEST_CARDS[:6])
def test_a_card_in_a_text_refuses_the_message_and_is_nowhere(
    floor: Floor, store: Store, card: str
) -> None:
    spaced = f"{card[:4]} {card[4:8]}-{card[8:]}"
    told = floor.till.send(
        "feedback", {"decision_id": "d-none", "action": "rate", "value": f"paid {spaced} ok"}
    )
    assert (told["accepted"], told["reason"], told.get("field")) == (
        False,
        "card-number",
        "value",
    )
    assert store.traces_of(card.encode()) == []
    assert store.traces_of(spaced.encode()) == []
