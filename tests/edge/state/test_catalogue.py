from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.campaign import Campaign
from edge.domain.catalogue import Product, Tuning
from edge.domain.experiment import Variant
from edge.domain.ids import ItemKey, digest_of
from edge.domain.offer import Offer
from edge.domain.promotion import ProductPromotion
from edge.state.catalogue import Ages, CatalogueParts, Stock, catalogue_from, catalogue_of
from tests.edge.builders import NOW, campaign, later, offer, product, promotion

PRODUCTS = [product(1, "Wine", "drinks"), product(2, "milk", "DAIRY"), product(3, "bread")]
OFFERS = [offer("b", 1, 2), offer("a", 2)]


def goods(
    products: Iterable[Product] = PRODUCTS,
    offers: Iterable[Offer] = OFFERS,
    sensitive: Iterable[str] = (),
    campaigns: Iterable[Campaign] = (),
    promotions: Iterable[ProductPromotion] = (),
) -> CatalogueParts:
    return CatalogueParts(
        products=products,
        offers=offers,
        campaigns=campaigns,
        sensitive_categories=frozenset(sensitive),
        promotions=promotions,
    )


def test_the_bytes_of_a_catalogue_make_the_same_catalogue() -> None:
    made, body = catalogue_of(
        goods(sensitive={"wine"}, campaigns=[campaign(variants=(Variant(name="a"),))]),
        Tuning(shortlist=9),
    )
    assert catalogue_from(body) == made
    assert made.digest == digest_of(body)


@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_is_irrelevant(shuffle: random.Random) -> None:
    products, offers = PRODUCTS.copy(), OFFERS.copy()
    shuffle.shuffle(products)
    shuffle.shuffle(offers)
    assert (
        catalogue_of(goods(products, offers, {"wine"}), Tuning())[1]
        == catalogue_of(goods(sensitive={"wine"}), Tuning())[1]
    )


def test_one_changed_cent_or_number_is_another_catalogue() -> None:
    cheaper = [replace(PRODUCTS[0], price_cents=1), *PRODUCTS[1:]]
    digests = {
        catalogue_of(goods(products, offers, sensitive, campaigns), tuning)[0].digest
        for products, offers, sensitive, campaigns, tuning in (
            (PRODUCTS, OFFERS, (), (), Tuning()),
            (cheaper, OFFERS, (), (), Tuning()),
            (PRODUCTS, OFFERS[:1], (), (), Tuning()),
            (PRODUCTS, OFFERS, {"wine"}, (), Tuning()),
            (PRODUCTS, OFFERS, (), (), Tuning(holdout_pct=11)),
            (PRODUCTS, OFFERS, (), [campaign()], Tuning()),
        )
    }
    assert len(digests) == 6


def test_promotions_are_part_of_the_catalogue_and_of_its_digest() -> None:
    told = [promotion(1), promotion(2, display="0", mailer="A")]
    made, body = catalogue_of(goods(promotions=told), Tuning())
    assert catalogue_from(body) == made
    assert catalogue_from(body).promotions == tuple(told)
    others = [catalogue_of(goods(promotions=p), Tuning())[0] for p in (told[:1], ())]
    assert len({made.digest, *(other.digest for other in others)}) == 3


def test_sensitive_is_what_its_category_or_department_says_in_any_case() -> None:
    made, _ = catalogue_of(goods(offers=(), sensitive={"WINE", "dairy"}), Tuning())
    assert made.sensitive == {1, 2}


def test_offers_are_found_by_their_id() -> None:
    made, _ = catalogue_of(goods(), Tuning())
    assert list(made.offers_by_id) == ["a", "b"]


def test_an_age_is_counted_from_the_latest_word_and_is_never_negative() -> None:
    ages = Ages()
    ages.heard("stock", NOW)
    ages.heard("stock", later(-60))
    ages.heard("offers", later(5))
    assert list(ages.in_seconds(later(1.9)).items()) == [("offers", 0), ("stock", 1)]


def test_what_is_sold_is_counted_down_to_none_and_what_nobody_counts_stays_so() -> None:
    stock = Stock({ItemKey(1): 2, ItemKey(2): 0, ItemKey(3): -1})
    assert list(stock.out) == [2, 3]
    stock.take(ItemKey(1), 5)
    stock.take(ItemKey(9), 1)
    assert list(stock.out) == [1, 2, 3]
