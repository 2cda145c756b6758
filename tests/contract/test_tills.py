"""What tills of real shops say, at the running service: one card twice, numbers that come again, weights, two codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from edge.domain.basket import BasketState, TillBasket
from edge.domain.ids import DeviceId
from edge.storage.connection import open_reader
from edge.storage.visits import baskets
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store

APPLE_13 = "4006381333931"


@pytest.fixture(scope="module")
def tills(store: Store) -> Iterator[tuple[PlainClient, ...]]:
    """Three of them."""
    with ExitStack() as connected:
        accounts = (store.add_device(f"till-row-{n}", "pos", "row") for n in range(3))
        yield tuple(connected.enter_context(PlainClient(account)) for account in accounts)


@pytest.fixture(scope="module")
def once(store: Store) -> str:
    """An offer that everybody has once; its name."""
    now = datetime.now(UTC)
    offer = {
        "id": "o-once",
        "headline": "40 cents off, once",
        "skus": ["100071"],
        "category": "crackers",
        "discount_cents": 40,
        "per_person": 1,
        "starts_at": (now - timedelta(days=1)).isoformat(),
        "ends_at": (now + timedelta(days=5)).isoformat(),
        "campaign": "once",
        "segment": "everybody",
        "offer_type": "discount",
        "channels": ["pos"],
        "placements": ["till-addon"],
    }
    file = store.folder / "once.json"
    file.write_text(json.dumps([offer]), encoding="utf-8")
    store.command("offers", "publish", str(file))
    return "o-once"


@pytest.fixture
def number() -> str:
    """A receipt's number that no other test uses."""
    return f"r-{uuid4().hex[:8]}"


def line(sku: str, quantity: object = 1, price: int = 100, **more: object) -> Json:
    return {"sku": sku, "quantity": quantity, "price_cents": price, **more}


def step(till: PlainClient, number: str, action: str, *lines: Json, **more: object) -> Json:
    """A step that must be taken; ``time``: when it was, if not now."""
    time = {"time": more.pop("time")} if "time" in more else {}
    body = {"basket_id": number, "action": action, **more}
    if lines:
        body["lines"] = list(lines)
    receipt = till.send("basket", body, **time)
    assert receipt["accepted"], receipt
    return receipt


def redeem(till: PlainClient, number: str, offer: str, verb: str = "redeem") -> Json:
    """Ask for an offer; the answer."""
    correlation = uuid4().bytes
    body = {"verb": verb, "basket_id": number, "offer_id": offer, "deadline_ms": 5_000}
    till.publish(till.topics["ask"], till.event("offer", body), correlation=correlation)
    return till.wait(lambda h: h.leaf == "answer" and h.correlation == correlation).data


def begin(till: PlainClient, number: str, card: str) -> None:
    """Somebody with a card buys what the offer is on."""
    step(till, number, "identify", loyalty=card)
    step(till, number, "add", line("100071", 1, 100, line_id="l1"))


def under(store: Store, till: PlainClient, number: str) -> list[TillBasket]:
    """The baskets to which a till gave this number, the latest first."""
    with closing(open_reader(store.data / "storeside.db")) as conn:
        return list(baskets.numbered(conn, DeviceId(till.name), number))


def sale(store: Store, till: PlainClient, number: str) -> TillBasket:
    """The only sale under a number."""
    (found,) = under(store, till, number)
    assert found.state is BasketState.COMPLETE
    return found


def test_one_card_at_two_tills_at_once_gives_two_orders_of_the_card(
    store: Store, tills: tuple[PlainClient, ...], people: Iterator[Json]
) -> None:
    one, other, person = tills[0], tills[1], next(people)
    card = person["identifiers"]["loyalty"]
    numbers = [f"f1-{uuid4().hex[:6]}", f"f2-{uuid4().hex[:6]}"]
    step(one, numbers[0], "identify", loyalty=card)
    step(one, numbers[0], "add", line("100001", 1, 100))
    step(other, numbers[1], "identify", loyalty=card)
    step(other, numbers[1], "add", line("100002", 1, 50))
    step(other, numbers[1], "complete")
    step(one, numbers[0], "complete")
    first, second = sale(store, one, numbers[0]), sale(store, other, numbers[1])
    assert (first.token, first.total_cents) == (person["token"], 100)
    assert (second.token, second.total_cents) == (person["token"], 50)


def test_the_same_number_at_another_till_is_a_sale_of_its_own(
    store: Store, tills: tuple[PlainClient, ...], number: str
) -> None:
    step(tills[0], number, "add", line("100001", 1, 100))
    step(tills[1], number, "add", line("100002", 1, 50))
    step(tills[0], number, "complete")
    step(tills[1], number, "complete")
    assert sale(store, tills[0], number).skus == ("100001",)
    assert sale(store, tills[1], number).skus == ("100002",)


def test_the_same_number_on_the_next_day_is_a_sale_of_its_own(
    store: Store, tills: tuple[PlainClient, ...], number: str
) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    step(tills[0], number, "add", line("100001", 1, 100), time=yesterday)
    step(tills[0], number, "complete", time=yesterday)
    step(tills[0], number, "add", line("100002", 1, 50))
    step(tills[0], number, "complete")
    assert [b.total_cents for b in under(store, tills[0], number)] == [50, 100]


def test_over_a_basket_that_was_left_open_the_number_begins_anew(
    store: Store, tills: tuple[PlainClient, ...], number: str
) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    step(tills[0], number, "add", line("100001", 1, 100), time=yesterday)
    step(tills[0], number, "add", line("100002", 1, 50))
    step(tills[0], number, "complete")
    newer, older = under(store, tills[0], number)
    assert (newer.skus, newer.total_cents) == (("100002",), 50)
    assert (older.state, older.skus) == (BasketState.OPEN, ("100001",))


@pytest.mark.parametrize("quantity", [0.432, "0.432"])
def test_what_is_weighed_is_a_quantity_with_a_unit(
    store: Store, tills: tuple[PlainClient, ...], number: str, quantity: object
) -> None:
    receipt = step(tills[2], number, "add", line("4011", quantity, 199, unit="kg"))
    assert "lines" not in receipt
    step(tills[2], number, "complete")
    assert sale(store, tills[2], number).total_cents == 86


@pytest.mark.parametrize(
    ("added", "removed"),
    [
        (APPLE_13, f"0{APPLE_13}"),
        ("036000291452", "00036000291452"),
        (f"0{APPLE_13}", APPLE_13),
    ],
)
def test_scanned_under_one_form_of_its_code_and_voided_under_another(
    store: Store, tills: tuple[PlainClient, ...], number: str, added: str, removed: str
) -> None:
    step(tills[0], number, "add", line(added, 1, 500))
    step(tills[0], number, "remove", line(removed, 1, 500))
    step(tills[0], number, "complete")
    assert sale(store, tills[0], number).total_cents == 0


def test_one_bad_line_never_loses_the_good_ones(
    store: Store, tills: tuple[PlainClient, ...], number: str
) -> None:
    receipt = step(
        tills[0], number, "add",
        line("100001", 1, 100), line("100002", "many", 50), line("100003", 2, 25),
    )  # fmt: skip
    assert receipt["lines"] == [{"index": 1, "field": "quantity", "reason": "malformed"}]
    step(tills[0], number, "complete")
    assert sale(store, tills[0], number).total_cents == 150


def test_suspended_here_and_resumed_there(
    store: Store, tills: tuple[PlainClient, ...], number: str
) -> None:
    step(tills[0], number, "add", line("100001", 1, 100))
    step(tills[0], number, "suspend")
    there = {"device": tills[0].name, "basket_id": number}
    step(tills[1], f"{number}-x", "resume", **{"from": there})
    step(tills[0], number, "add", line("100003", 1, 300))
    step(tills[0], number, "complete")
    step(tills[1], f"{number}-x", "add", line("100002", 1, 50))
    step(tills[1], f"{number}-x", "complete")
    assert sale(store, tills[0], number).total_cents == 300
    assert sale(store, tills[1], f"{number}-x").total_cents == 150


def test_a_sale_of_yesterday_is_booked_to_its_day_and_ends_nobodys_visit(
    store: Store, tills: tuple[PlainClient, ...], people: Iterator[Json], number: str
) -> None:
    person = next(people)
    card = person["identifiers"]["loyalty"]
    step(tills[0], number, "identify", loyalty=card)
    sold_at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    step(tills[1], number, "complete", line("100005", 1, 300), loyalty=card, sold_at=sold_at)
    step(tills[0], number, "add", line("100001", 1, 100))
    step(tills[0], number, "complete")
    late, live = sale(store, tills[1], number), sale(store, tills[0], number)
    assert (late.token, late.total_cents, late.late) == (person["token"], 300, True)
    assert (live.token, live.total_cents, live.late) == (person["token"], 100, False)
    assert live.day - late.day == 1
    assert live.visit != late.visit


def _left_behind(till: PlainClient, number: str, _offer: str) -> None:
    step(till, number, "abandon")


def _line_voided(till: PlainClient, number: str, _offer: str) -> None:
    step(till, number, "remove", {"line_id": "l1"})


def _sale_voided(till: PlainClient, number: str, _offer: str) -> None:
    step(till, number, "complete")
    step(till, number, "void-sale")


def _returned(till: PlainClient, number: str, _offer: str) -> None:
    step(till, number, "complete")
    back = line("100071", 1, 100, kind="return", of={"order_id": number, "line_id": "l1"})
    step(till, f"{number}-back", "complete", back)


def _put_back(till: PlainClient, number: str, offer: str) -> None:
    assert redeem(till, number, offer, "reverse")["granted"]


@pytest.mark.parametrize(
    "undo", [_left_behind, _line_voided, _sale_voided, _returned, _put_back]
)
def test_an_offer_whose_sale_came_to_nothing_may_be_had_again(
    tills: tuple[PlainClient, ...],
    people: Iterator[Json],
    once: str,
    number: str,
    undo: Callable[[PlainClient, str, str], None],
) -> None:
    till, card = tills[0], next(people)["identifiers"]["loyalty"]
    begin(till, number, card)
    assert redeem(till, number, once)["granted"]
    undo(till, number, once)
    begin(till, f"{number}-2", card)
    answer = redeem(till, f"{number}-2", once)
    assert answer["granted"], answer
    assert answer["discount"]["amount"] == 40
    step(till, f"{number}-2", "complete")


def test_an_offer_that_was_had_is_had_once(
    tills: tuple[PlainClient, ...], people: Iterator[Json], once: str, number: str
) -> None:
    till, card = tills[0], next(people)["identifiers"]["loyalty"]
    begin(till, number, card)
    assert redeem(till, number, once)["granted"]
    step(till, number, "complete")
    begin(till, f"{number}-2", card)
    assert redeem(till, f"{number}-2", once)["reason"] == "offer-used"
    step(till, f"{number}-2", "abandon")
