"""Case F09 at the running service: goods that come back are told and counted as that, and as nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from edge.domain.ids import Token
from edge.storage.connection import open_reader
from edge.storage.people import profiles
from models.features.profile import Profile
from models.items import item_key
from tests.contract.conftest import Floor
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import HABITS, Store

MILK, BREAD = "100004", "100025"
Counts = dict[str, int]


@pytest.fixture
def shopper(people: Iterator[Json]) -> Json:
    """Somebody whom nobody has met today."""
    return next(people)


class Desk:
    """A till where goods are sold and taken back, and what its store has counted since."""

    def __init__(self, store: Store, till: PlainClient) -> None:
        self.store, self.till = store, till
        self._before = self._counted()

    def say(self, action: str, *lines: Json, basket: str = "", **more: Any) -> str:
        """One message that is taken; the number of its basket."""
        basket = basket or f"r-{uuid4().hex[:8]}"
        body = {"basket_id": basket, "action": action, **more}
        receipt = self.till.send("basket", body | ({"lines": list(lines)} if lines else {}))
        assert receipt["accepted"], receipt
        return basket

    def sell(self, *lines: Json, by: Json | None = None) -> str:
        card = {} if by is None else {"loyalty": by["identifiers"]["loyalty"]}
        return self.say("complete", *lines, **card)

    def counts(self) -> Counts:
        """What was counted since the test began, without what came to nought; visits left out."""
        now = self._counted()
        found = {name: now[name] - self._before.get(name, 0) for name in now}
        found |= {name: -n for name, n in self._before.items() if name not in now}
        return {name: n for name, n in found.items() if n and not name.endswith("visits")}

    def told(self, order: str) -> list[tuple[str, Json]]:
        """Facts about an order, in their order: name and properties."""
        bodies = self._rows(
            "SELECT body FROM outbox WHERE type LIKE 'storeside.order-%' ORDER BY seq"
        )
        events = [json.loads(body) for (body,) in bodies]
        return [
            (e["event"], e["properties"])
            for e in events
            if e["properties"]["order_id"] == order
        ]

    def habit(self, shopper: Json, sku: str) -> int:
        """On how many days somebody bought it, as far as the store knows."""
        with closing(open_reader(self.store.data / "storeside.db")) as conn:
            body = profiles.find(conn, Token(shopper["token"]))
        known = Profile.empty() if body is None else Profile.from_bytes(body)
        days = dict(zip(known.keys.tolist(), known.counts.tolist(), strict=True))
        return int(days.get(item_key(sku), 0))

    def trips(self, shopper: Json) -> list[tuple[int, int]]:
        """Baskets and cents of each day."""
        return self._rows(
            "SELECT baskets, cents FROM trips WHERE token = ? ORDER BY day", shopper["token"]
        )

    def _counted(self) -> Counts:
        return dict(self._rows("SELECT name, sum(value) FROM day_counts GROUP BY name"))

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with closing(open_reader(self.store.data / "storeside.db")) as conn:
            return conn.execute(sql, values).fetchall()


@pytest.fixture
def desk(store: Store, floor: Floor) -> Desk:
    return Desk(store, floor.till)


def line(sku: str = MILK, quantity: Any = 1, price: int | None = 200, **more: Any) -> Json:
    priced = {} if price is None else {"price_cents": price}
    return {"sku": sku, "quantity": quantity, **priced, **more}


@pytest.mark.parametrize("back", [line(quantity=-1), line(price=-200), line(kind="return")])
def test_a_return_of_no_known_sale_is_told_and_counted_as_one(
    desk: Desk, shopper: Json, back: Json
) -> None:
    habit = HABITS[0]
    days = desk.habit(shopper, habit)
    order = desk.sell({**back, "sku": habit}, by=shopper)
    ((name, told),) = desk.told(order)
    assert (name, told["refund_cents"], told["products"][0]["without_sale"]) == (
        "Order Refunded", 200, 1,
    )  # fmt: skip
    assert desk.counts() == {"returned-pieces": 1, "returned-cents": 200}
    assert desk.trips(shopper) == []
    assert desk.habit(shopper, habit) == days - 1


def test_a_return_of_a_known_sale_leaves_nothing_of_it(desk: Desk, shopper: Json) -> None:
    sold = desk.sell(line(), by=shopper)
    assert (desk.trips(shopper), desk.habit(shopper, MILK)) == ([(1, 200)], 1)
    back = desk.sell(line(kind="return", of={"order_id": sold}), by=shopper)
    ((_, completed),) = desk.told(sold)
    ((_, refunded),) = desk.told(back)
    assert refunded["products"][0]["of_sale_id"] == completed["sale_id"]
    assert desk.counts() == {}
    assert (desk.trips(shopper), desk.habit(shopper, MILK)) == ([], 0)


def test_an_exchange_is_a_sale_and_a_return(desk: Desk, shopper: Json) -> None:
    sold = desk.sell(line(), line(BREAD, price=120), by=shopper)
    new = desk.sell(
        line("100036", price=300),
        line(kind="return", of={"order_id": sold}),
        by=shopper,
    )
    assert [name for name, _ in desk.told(new)] == ["Order Completed", "Order Refunded"]
    assert desk.trips(shopper) == [(2, 420)]
    assert [desk.habit(shopper, sku) for sku in (MILK, BREAD, "100036")] == [0, 1, 1]
    assert desk.counts()["revenue-cents"] == 420


def test_part_of_what_was_weighed_comes_back_at_its_own_price(
    desk: Desk, shopper: Json
) -> None:
    sold = desk.sell(line(quantity="0.432", unit="kg", price=1000, line_id="7"), by=shopper)
    origin = {"order_id": sold, "line_id": "7"}
    back = desk.sell(line(quantity="132", unit="g", price=None, kind="return", of=origin))
    ((_, told),) = desk.told(back)
    assert told["refund_cents"] == 132
    assert desk.counts() == {
        "baskets": 1, "known-baskets": 1, "pieces": 1, "revenue-cents": 300, "known-revenue-cents": 300,
    }  # fmt: skip
    assert desk.habit(shopper, MILK) == 1


def test_somebody_else_brings_it_back_and_the_buyer_is_corrected(
    desk: Desk, shopper: Json, people: Iterator[Json]
) -> None:
    other = next(people)
    sold = desk.sell(line(HABITS[0]), by=shopper)
    mine, theirs = desk.habit(shopper, HABITS[0]), desk.habit(other, HABITS[0])
    desk.sell(line(HABITS[0], kind="return", of={"order_id": sold}), by=other)
    assert (desk.habit(shopper, HABITS[0]), desk.habit(other, HABITS[0])) == (mine - 1, theirs)
    assert desk.trips(shopper) == desk.trips(other) == []


def test_what_comes_back_twice_comes_from_no_sale_the_second_time(
    desk: Desk, shopper: Json
) -> None:
    sold = desk.sell(line(quantity=2), by=shopper)
    origin = {"order_id": sold}
    desk.sell(line(quantity=1, kind="return", of=origin))
    again = desk.sell(line(quantity=3, kind="return", of=origin))
    ((_, told),) = desk.told(again)
    assert told["products"][0]["without_sale"] == 2
    assert desk.counts() == {"returned-pieces": 2, "returned-cents": 400}


@pytest.mark.parametrize("number", ["never-sold", ""])
def test_a_return_of_an_unknown_order_is_taken(desk: Desk, number: str) -> None:
    origin: Json = {"of": {"order_id": number}} if number else {}
    desk.sell(line(kind="return", **origin))
    assert desk.counts() == {"returned-pieces": 1, "returned-cents": 200}


def test_a_sale_taken_back_whole_was_none(desk: Desk, shopper: Json) -> None:
    sold = desk.sell(line(quantity=2), line(BREAD, price=120), by=shopper)
    desk.say("void-sale", basket=sold)
    (_, completed), (name, told) = desk.told(sold)
    assert (name, told["sale_id"]) == ("Order Cancelled", completed["sale_id"])
    assert desk.counts() == {}
    assert desk.trips(shopper) == []
    assert (desk.habit(shopper, MILK), desk.habit(shopper, BREAD)) == (0, 0)


def test_a_sale_is_taken_back_once(desk: Desk, shopper: Json) -> None:
    sold = desk.sell(line(), by=shopper)
    desk.say("void-sale", basket=sold)
    again = desk.till.send("basket", {"basket_id": sold, "action": "void-sale"})
    assert (again["accepted"], again["reason"]) == (False, "unknown-basket")
    assert desk.counts() == {}


def test_a_return_that_is_taken_back_was_none(desk: Desk, shopper: Json) -> None:
    sold = desk.sell(line(quantity=2), by=shopper)
    bought = desk.counts()
    back = desk.sell(line(quantity=2, kind="return", of={"order_id": sold}), by=shopper)
    desk.say("void-sale", basket=back)
    assert desk.counts() == bought
    assert (desk.trips(shopper), desk.habit(shopper, MILK)) == ([(1, 400)], 1)
