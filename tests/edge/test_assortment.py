from __future__ import annotations

import json
import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.assortment import Ages, Stock, catalogue_from, catalogue_of
from edge.domain.catalogue import Tuning
from edge.domain.ids import ItemKey, digest_of
from tests.edge.builders import NOW, later, offer, product, promotion

PRODUCTS = [product(1, "Wine", "drinks"), product(2, "milk", "DAIRY"), product(3, "bread")]
OFFERS = [offer("b", 1, 2), offer("a", 2)]


def test_the_bytes_of_a_catalogue_make_the_same_catalogue() -> None:
    made, body = catalogue_of(PRODUCTS, OFFERS, frozenset({"wine"}), Tuning(shortlist=9))
    assert catalogue_from(body) == made
    assert made.digest == digest_of(body)


@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_is_irrelevant(shuffle: random.Random) -> None:
    products, offers = PRODUCTS.copy(), OFFERS.copy()
    shuffle.shuffle(products)
    shuffle.shuffle(offers)
    assert (
        catalogue_of(products, offers, frozenset({"wine"}), Tuning())[1]
        == catalogue_of(PRODUCTS, OFFERS, frozenset({"wine"}), Tuning())[1]
    )


def test_one_changed_cent_or_number_is_another_catalogue() -> None:
    cheaper = [replace(PRODUCTS[0], price_cents=1), *PRODUCTS[1:]]
    digests = {
        catalogue_of(products, offers, sensitive, tuning)[0].digest
        for products, offers, sensitive, tuning in (
            (PRODUCTS, OFFERS, frozenset[str](), Tuning()),
            (cheaper, OFFERS, frozenset[str](), Tuning()),
            (PRODUCTS, OFFERS[:1], frozenset[str](), Tuning()),
            (PRODUCTS, OFFERS, frozenset({"wine"}), Tuning()),
            (PRODUCTS, OFFERS, frozenset[str](), Tuning(holdout_pct=11)),
        )
    }
    assert len(digests) == 5


def test_promotions_are_part_of_the_catalogue_and_of_its_digest() -> None:
    told = [promotion(1), promotion(2, display="0", mailer="A")]
    made, body = catalogue_of(PRODUCTS, OFFERS, frozenset(), Tuning(), told)
    assert catalogue_from(body) == made
    assert catalogue_from(body).promotions == tuple(told)
    others = [
        catalogue_of(PRODUCTS, OFFERS, frozenset(), Tuning(), p)[0] for p in (told[:1], ())
    ]
    assert len({made.digest, *(other.digest for other in others)}) == 3


def test_a_catalogue_of_before_there_were_promotions_is_read() -> None:
    _, body = catalogue_of(PRODUCTS, OFFERS, frozenset(), Tuning())
    older = json.loads(body)
    del older["promotions"]
    assert catalogue_from(json.dumps(older).encode()).promotions == ()


def test_sensitive_is_what_its_category_or_department_says_in_any_case() -> None:
    made, _ = catalogue_of(PRODUCTS, (), frozenset({"WINE", "dairy"}), Tuning())
    assert made.sensitive == {1, 2}


def test_offers_are_found_by_their_id() -> None:
    made, _ = catalogue_of(PRODUCTS, OFFERS, frozenset(), Tuning())
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
