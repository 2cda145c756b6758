"""Chances of redemption: asked for known people alone, and what they do to the choice."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from edge.decision.steps.candidates import shortlist
from edge.decision.steps.context import describe
from edge.decision.steps.score import expected, score
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Choice, Decision
from edge.domain.ids import ItemKey
from edge.domain.offer import Offer
from models.offers.facts import NO_COUPONS
from models.offers.wallet import Wallet
from tests.edge.builders import (
    DAY,
    FRESH,
    catalogue,
    decision,
    evidence,
    inputs,
    offer,
    personal,
    product,
    profile,
)
from tests.edge.fakes import Rates, Redeemers

# Product 2 costs 102 cents and leaves a quarter of that.
SMALL = offer("small", 2, cents=5)
LARGE = offer("large", 2, 3, cents=20)
CHANCES = {1: 0.40, 2: 0.38, 3: 0.36}


def sold(*offers: Offer, **tuning: object) -> Catalogue:
    products = [product(n, f"category {n}") for n in (1, 2, 3)]
    return catalogue(products, offers=offers, **tuning)  # type: ignore[arg-type]  # numbers of the test's choice


def chosen(
    redeem: Mapping[tuple[int, ...], float],
    *offers: Offer,
    wallet: Wallet | None = None,
    **tuning: object,
) -> Decision:
    coupons = NO_COUPONS if wallet is None else wallet.history
    ranker = Redeemers(CHANCES, redeem)
    return decision(personal(), sold(*offers, **tuning), ranker, profile(3), coupons)


def two(made: Decision) -> Choice:
    return next(choice for choice in made.choices if choice.sku == "2")


def test_of_several_offers_the_one_that_most_is_expected_of_wins() -> None:
    likelier = two(chosen({(2,): 0.5, (2, 3): 0.9}, SMALL, LARGE))
    assert (likelier.offer, likelier.offer_points) == ("small", 5_000)
    assert likelier.offer_expected == round(0.5 * (25 * 102 - 500))
    rarer = two(chosen({(2,): 0.01, (2, 3): 0.9}, SMALL, LARGE))
    assert rarer.offer == "large"
    assert rarer.offer_expected == round(0.9 * (25 * 102 - 2_000))


def test_of_equals_the_larger_discount_wins_as_without_a_model() -> None:
    nothing = two(chosen({}, SMALL, LARGE))
    assert (nothing.offer, nothing.offer_expected) == ("large", 0)
    unknown = two(decision(personal(), sold(SMALL, LARGE), Rates(CHANCES), profile(3)))
    assert (unknown.offer, unknown.offer_points, unknown.offer_expected) == (
        "large",
        None,
        None,
    )


def test_the_boost_is_in_proportion_to_what_is_expected() -> None:
    ten_cents = offer("ten", 2, cents=5)
    made = two(chosen({(2,): 1_000 / (25 * 102 - 500)}, ten_cents, offer_boost_pct=10))
    assert made.offer_expected == 1_000
    assert made.worth == made.points * 110 // 100


def test_an_offer_that_leaves_nothing_raises_nothing() -> None:
    dear = offer("dear", 2, cents=90)
    made = two(chosen({(2,): 0.9}, dear))
    assert made.offer == "dear"
    assert made.offer_expected is not None
    assert made.offer_expected < 0
    assert made.worth == made.points


def test_the_boost_has_an_end() -> None:
    made = two(chosen({(2,): 1.0}, offer("gift", 2, cents=0), margin_pct=100))
    assert made.offer_expected == 10_200
    assert made.worth == 2 * made.points


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted))
def test_a_likelier_redemption_never_lowers_an_item(chances: list[float]) -> None:
    worths = [two(chosen({(2,): chance}, SMALL)).worth for chance in chances]
    assert worths == sorted(worths)


def test_coupons_handed_in_before_today_count() -> None:
    old, new = Wallet().counting(DAY - 1, 3), Wallet().counting(DAY, 3)
    assert two(chosen({}, SMALL, wallet=old)).offer_points == 300
    assert two(chosen({}, SMALL, wallet=new)).offer_points == 0


def test_nobodys_offers_have_no_chance_and_the_flat_boost() -> None:
    ranker = Redeemers(CHANCES, {(2,): 1.0})
    for nobody in (inputs(), personal(ages_s={**FRESH, "profile": 400 * 86_400})):
        made = two(decision(nobody, sold(SMALL, offer_boost_pct=10), ranker, None))
        assert (made.offer, made.offer_points, made.offer_expected) == ("small", None, None)
        assert made.worth == made.points * 110 // 100


def test_without_believable_prices_nothing_is_foreseen() -> None:
    ages = {name: age for name, age in FRESH.items() if name != "prices"}
    ranker = Redeemers(CHANCES, {(2,): 1.0})
    made = decision(personal(ages_s=ages), sold(SMALL), ranker, profile(3))
    assert two(made).offer_points is None


def test_a_bundle_without_coupon_data_is_as_good_as_none() -> None:
    made = decision(personal(), sold(SMALL), Redeemers(CHANCES, None), profile(3))
    plain = decision(personal(), sold(SMALL), Rates(CHANCES), profile(3))
    assert made == plain


def test_held_out_people_get_no_offer_however_likely() -> None:
    made = chosen({(2,): 1.0}, SMALL, holdout_pct=100)
    assert not any(choice.offer or choice.offer_points for choice in made.choices)


def test_of_an_offer_whose_chance_is_not_known_nothing_is_foreseen() -> None:
    held = sold(SMALL)
    context = describe(personal(), evidence(profile(3)), held)
    scored = score(context, shortlist(context, Rates(CHANCES)), Rates(CHANCES))
    assert expected(context, scored, SMALL, held.products[ItemKey(2)]) is None


def test_without_an_offer_on_a_candidate_nobody_is_asked() -> None:
    ranker = Redeemers(CHANCES, {})
    decision(personal(), sold(), ranker, profile(3))
    assert ranker.asked == 0
    decision(personal(), sold(SMALL, LARGE), ranker, profile(3))
    assert ranker.asked == 1
