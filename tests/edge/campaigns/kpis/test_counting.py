"""What is counted of the whole shop's turns, and what a paid order says of the decisions before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devices.messages import Feedback, FeedbackAction
from edge.domain.consent import Purpose
from edge.domain.ids import ItemKey
from tests.edge.builders import ANN, EVERYTHING, KIOSK
from tests.edge.campaigns.kpis.counted import CountedShop, ann, counted_shop
from tests.edge.shop import CARD


def order(counted: CountedShop) -> dict[str, Any]:
    """The last paid order as the centre hears it."""
    rows = counted.shop.rows(
        "SELECT body FROM outbox WHERE type = 'storeside.order-completed.v1' ORDER BY seq DESC"
    )
    told: dict[str, Any] = json.loads(rows[0][0])["properties"]
    return told


def decisions(counted: CountedShop) -> dict[str, str]:
    """Product -> the decision that its line in the order names."""
    lines = order(counted)["products"]
    return {line["sku"]: line["decision_id"] for line in lines if "decision_id" in line}


async def test_a_paid_basket_is_counted_for_everybody(tmp_path: Path) -> None:
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.till("add", 1, 2)
        await counted.shop.till("complete")
        assert counted.figure("trips") == 1
        assert counted.figure("basket-value") == 203
        assert counted.figure("items-a-basket") == 2
        assert counted.figure("known-visits") == 0
        assert counted.shop.rows("SELECT * FROM trips") == []


async def test_a_repeated_payment_is_counted_once(tmp_path: Path) -> None:
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.till("add", 1)
        for _ in range(3):
            await counted.shop.till("complete")
        assert counted.figure("sales") == 101


async def test_an_abandoned_basket_is_no_sale(tmp_path: Path) -> None:
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.till("add", 1)
        await counted.shop.till("abandon")
        assert counted.figure("sales") == 0


async def test_a_known_persons_trip_is_kept_only_with_the_consent_to_measure(
    tmp_path: Path,
) -> None:
    for n, purposes in enumerate((EVERYTHING, EVERYTHING - {Purpose.MEASURE})):
        ann(tmp_path / f"{n}.db", purposes)
        async with counted_shop(tmp_path / f"{n}.db") as counted:
            await counted.shop.till("add", 1, card=CARD)
            await counted.shop.till("complete")
            assert len(counted.shop.rows("SELECT * FROM trips")) == 1 - n
            assert counted.figure("known-sales") == 1


async def test_a_bought_product_names_the_decision_that_showed_it(tmp_path: Path) -> None:
    ann(tmp_path / "store.db")
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.sign_in()
        shown = counted.latest("kiosk-home")
        item = int(shown.slots[0].sku)
        await counted.shop.till("add", item, card=CARD)
        await counted.shop.till("complete")
        named = decisions(counted)
        assert named[str(item)] in {d.id for d in counted.shop.stored()}
        assert counted.figure("sold-after-shown") == 1


async def test_a_product_that_nobody_showed_names_none(tmp_path: Path) -> None:
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.till("add", 12)
        await counted.shop.till("complete")
        assert decisions(counted) == {}
        assert counted.figure("sold-after-shown") == 0


async def test_a_sale_days_later_is_joined_to_the_offer_that_was_shown(tmp_path: Path) -> None:
    ann(tmp_path / "store.db")
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.sign_in()
        catalogue = counted.shop.catalogue.in_force
        assert catalogue is not None
        assert ItemKey(7) in catalogue.offers[0].items
        rows = counted.shop.rows("SELECT decision FROM exposures WHERE offer = 'gift'")
        await counted.shop.till("add", 12, card=CARD)
        await counted.shop.till("complete")
        counted.shop.clock.pass_by(days=2)
        counted.shop.device_registry.revoked(frozenset())
        await counted.shop.till("add", 7, basket="b-2", card=CARD)
        await counted.shop.till("complete", basket="b-2")
        assert (decisions(counted)["7"],) in rows


@pytest.mark.parametrize("gone", [Purpose.MEASURE, Purpose.SHARE])
async def test_without_consent_the_order_names_no_decision(
    tmp_path: Path, gone: Purpose
) -> None:
    ann(tmp_path / "store.db", EVERYTHING - {gone})
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.sign_in()
        item = int(counted.latest("kiosk-home").slots[0].sku)
        await counted.shop.till("add", item, card=CARD)
        await counted.shop.till("complete")
        assert decisions(counted) == {}


async def test_ratings_count_once_a_decision_the_last_one(tmp_path: Path) -> None:
    ann(tmp_path / "store.db")
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.sign_in()
        shown = counted.latest("kiosk-home")
        for stars in (1, 1, 1, 5, 99):
            said = Feedback(decision_id=shown.id, action=FeedbackAction.RATE, value=stars)
            await counted.shop.say(said, KIOSK)
        assert counted.figure("satisfaction") == 5
        assert counted.figure("content") == 1


async def test_what_is_counted_outlives_a_restart(tmp_path: Path) -> None:
    for n in range(3):
        async with counted_shop(tmp_path / "store.db") as counted:
            await counted.shop.till("add", 1, basket=f"b-{n}")
            await counted.shop.till("complete", basket=f"b-{n}")
            assert counted.figure("trips") == n + 1


async def test_no_figure_names_a_person(tmp_path: Path) -> None:
    ann(tmp_path / "store.db")
    async with counted_shop(tmp_path / "store.db") as counted:
        await counted.shop.till("add", 1, card=CARD)
        await counted.shop.till("complete")
        assert ANN not in repr(counted.board())
        assert ANN not in repr(counted.shop.rows("SELECT * FROM day_counts"))
