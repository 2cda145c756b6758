from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from edge.domain.catalogue import Catalogue, Product, Tuning
from edge.domain.ids import ItemKey, Sku

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
