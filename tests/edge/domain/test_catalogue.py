from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from edge.domain.catalogue import Catalogue, Product, Tuning
from edge.domain.ids import ItemKey, Sku
from tests.edge.builders import DAY, catalogue, promotion

MILK = Product(
    key=ItemKey(1001),
    sku=Sku("1001"),
    name="Whole milk",
    category="dairy",
    department="chilled",
    price_cents=129,
)


def test_a_catalogue_without_offers_or_settings_is_whole() -> None:
    catalogue = Catalogue(digest="0" * 64, products={MILK.key: MILK}, offers=())
    assert catalogue.tuning == Tuning()
    assert catalogue.offers_by_id == {}


def test_what_two_stores_share_cannot_be_changed_in_one() -> None:
    with pytest.raises(FrozenInstanceError):
        MILK.price_cents = 1  # type: ignore[misc]


def test_a_shortlist_and_a_holdout_are_shares_of_something() -> None:
    tuning = Tuning()
    assert tuning.shortlist > 0
    assert 0 <= tuning.holdout_pct <= 100


def test_what_is_promoted_on_a_day_is_found_once_and_the_latest_promotion_counts() -> None:
    told = (promotion(4, last=DAY + 6, display="9"), promotion(4, first=DAY - 6, display="7"))
    sold = catalogue(promotions=[*told, promotion(5, first=DAY + 1, last=DAY + 1)])
    today = sold.promoted_on(DAY)
    assert today is not None
    assert (today.keys.tolist(), today.display.tolist()) == ([4], ["9"])
    assert sold.promoted_on(DAY) is today
    yesterday, tomorrow = sold.promoted_on(DAY - 1), sold.promoted_on(DAY + 1)
    assert yesterday is not None
    assert yesterday.display.tolist() == ["7"]
    assert tomorrow is not None
    assert tomorrow.keys.tolist() == [4, 5]


def test_a_day_of_which_nobody_told_is_unknown_and_one_without_promotions_is_empty() -> None:
    sold = catalogue(promotions=[promotion(4, display="0", mailer="")])
    assert sold.promoted_on(DAY + 1) is None
    today = sold.promoted_on(DAY)
    assert today is not None
    assert len(today) == 0


def test_another_catalogue_finds_its_own() -> None:
    sold = catalogue(promotions=[promotion(4)])
    assert sold.promoted_on(DAY) is not None
    assert replace(sold, promotions=()).promoted_on(DAY) is None
