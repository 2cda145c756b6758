"""What each term of the value equation does to a choice, and that a choice tells its terms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.catalogue import Tuning
from edge.domain.decision import Choice, Decision, Rule, SlotClaim
from edge.domain.ids import ItemKey
from edge.state.catalogue import CatalogueParts, catalogue_from, catalogue_of
from models.features.profile import Profile
from tests.edge.builders import (
    DAY,
    campaign,
    catalogue,
    decision,
    inputs,
    later,
    offer,
    personal,
    product,
    profile,
)
from tests.edge.fakes import Rates, Redeemers

CHANCES = {1: 0.20, 2: 0.19, 9: 0.10}


def one(made: Decision, sku: str) -> Choice:
    return next(choice for choice in made.choices if choice.sku == sku)


def test_a_choice_tells_the_terms_of_its_worth() -> None:
    made = decision(
        personal(), catalogue(timeliness_pct=50, privacy_weight_pct=100), habits=profile(9)
    )
    mine, plain = one(made, "9"), one(made, "1")
    # Bought before and due: timely, and telling; two of three at a kiosk.
    assert (mine.timeliness, mine.loss, mine.trust) == (50, 200, 100)
    assert mine.worth == mine.points * 150 // 200
    assert (plain.timeliness, plain.loss, plain.trust) == (0, 100, 100)


@pytest.mark.parametrize("weight", [0, 30, 100])
def test_the_price_of_privacy_moves_what_is_telling_back(weight: int) -> None:
    sold = catalogue(privacy_weight_pct=weight, timeliness_pct=0, due_chance_pct=100)
    made = decision(personal(), sold, Rates({1: 0.3, 9: 0.2}), profile(9))
    first = made.choices[0].sku
    assert first == ("9" if weight < 70 else "1")


def leaving(days: int) -> Profile:
    """Somebody who came each week for half a year, for so long no more."""
    found = Profile.empty()
    for back in range(26):
        found.record(9, DAY - days - 7 * back)
    return found


def test_an_offer_to_win_people_back_weighs_more_the_likelier_they_have_left() -> None:
    asks = offer("back", 2, audience="churn_risk_pct >= 0")
    sold = catalogue(offers=[asks], win_back_pct=100, offer_boost_pct=10, timeliness_pct=0)
    here, gone = (
        one(decision(personal(), sold, habits=leaving(days)), "2") for days in (3, 150)
    )
    # Nothing is known of its redemption: the whole boost, and as much again of who has left.
    assert (here.worth, here.churn_risk_pct) == (here.points * 110 // 100, None)
    assert (gone.worth, gone.churn_risk_pct) == (gone.points * (1_000 + 199) // 1_000, 99)


def test_other_offers_do_not_ask_who_is_leaving() -> None:
    sold = catalogue(offers=[offer("any", 2)], win_back_pct=100, timeliness_pct=0)
    made = decision(personal(), sold, habits=leaving(150))
    assert one(made, "2").worth == one(made, "2").points * 110 // 100
    assert one(made, "2").churn_risk_pct is None


def test_an_offer_for_who_is_leaving_comes_to_nobody_else() -> None:
    back = offer("back", 2, audience="churn_risk_pct >= 50")
    sold = catalogue(offers=[back], win_back_pct=100)
    told = [
        one(decision(given, sold, habits=habits), "2").offer
        for given, habits in (
            (personal(), leaving(150)),
            (personal(), leaving(3)),
            (personal("display-zone"), leaving(150)),
            (inputs(), None),
        )
    ]
    assert told == ["back", None, None, None]


def test_on_the_list_of_no_screen_nothing_is_timely_and_nothing_gives_anything_away() -> None:
    sold = catalogue(privacy_weight_pct=100, timeliness_pct=100)
    made = decision(personal("arrival"), sold, habits=profile(9))
    assert {(c.timeliness, c.loss) for c in made.choices} == {(0, 100)}


def test_an_offers_last_day_makes_its_item_timely() -> None:
    sold = catalogue(
        offers=[offer("ends", 2, ends_at=later(days=1)), offer("stays", 1)], timeliness_pct=40
    )
    made = decision(inputs(), sold)
    assert (one(made, "2").timeliness, one(made, "1").timeliness) == (40, 0)


def test_noes_take_from_everything_of_the_category() -> None:
    products = [product(1, "milk"), product(2, "bread"), product(3, "milk")]
    made = decision(
        personal(disliked={"milk": 2}), catalogue(products), Rates({1: 0.3, 2: 0.2, 3: 0.1})
    )
    assert {c.sku: c.trust for c in made.choices} == {"1": 60, "2": 100, "3": 60}
    assert [c.sku for c in made.choices] == ["2", "1", "3"]


def test_a_no_to_a_category_that_is_not_here_costs_nothing() -> None:
    made = decision(personal(disliked={"wine": 9}))
    assert {c.trust for c in made.choices} == {100}


def boosted(priority_pct: int, **more: Any) -> Choice:
    sold = catalogue(
        offers=[offer("o", 2, cents=5)],
        campaigns=[campaign(priority_pct=priority_pct)],
        offer_boost_pct=10,
        timeliness_pct=0,
    )
    return one(decision(personal(), sold, **more), "2")


def test_a_campaigns_priority_weighs_its_boost() -> None:
    plain, twice, half = (boosted(pct, ranker=Rates(CHANCES)) for pct in (100, 200, 50))
    assert (plain.worth, twice.worth, half.worth) == (2_090, 2_280, 1_995)


def test_a_priority_weighs_what_is_expected_too() -> None:
    knowing = Redeemers(CHANCES, {(2,): 1_000 / (25 * 102 - 500)})
    plain, twice = (boosted(pct, ranker=knowing, habits=profile(1)) for pct in (100, 200))
    assert plain.offer_expected == twice.offer_expected == 1_000
    assert (plain.worth, twice.worth) == (2_090, 2_280)


def test_an_offer_of_no_campaign_has_the_plain_boost() -> None:
    sold = catalogue(offers=[offer("o", 2)], offer_boost_pct=10)
    assert one(decision(inputs(), sold, Rates(CHANCES)), "2").worth == 2_090


def test_an_arrival_stored_before_it_went_by_chance_alone_is_decided_as_it_was_then() -> None:
    goods = CatalogueParts(
        products=[product(1, "milk"), product(2, "bread")], offers=[offer("o", 2)]
    )
    tuning = Tuning(holdout_pct=0, offer_boost_pct=10, arrival_by_chance=True)
    _, body = catalogue_of(goods, tuning)
    stored = json.loads(body)
    del stored["tuning"]["arrival_by_chance"]
    before = catalogue_from(json.dumps(stored).encode())
    given_, ranker = personal("arrival", disliked={"milk": 1}), Rates({1: 0.2, 2: 0.19})
    then, now = (decision(given_, sold, ranker) for sold in (before, catalogue_from(body)))
    assert [(c.sku, c.worth, c.trust) for c in then.choices] == [
        ("2", 2090, 100),
        ("1", 1600, 80),
    ]
    assert [(c.sku, c.worth, c.trust) for c in now.choices] == [
        ("1", 2000, 100),
        ("2", 1900, 100),
    ]


rates = st.dictionaries(st.integers(1, 12), st.floats(0, 1), max_size=12)
few = st.frozensets(st.integers(1, 12).map(ItemKey), max_size=4).map(
    lambda keys: tuple(sorted(keys))
)


@given(
    chances=rates,
    habits=few,
    offered=few,
    noes=st.dictionaries(
        st.sampled_from([f"category {n}" for n in range(4)]), st.integers(1, 5)
    ),
    barred=few,
    leader=st.sampled_from(["chance", "backwards"]),
)
def test_the_list_at_arrival_is_in_the_order_of_the_chances_and_of_nothing_else(
    chances: dict[int, float],
    habits: tuple[ItemKey, ...],
    offered: tuple[ItemKey, ...],
    noes: dict[str, int],
    barred: tuple[ItemKey, ...],
    leader: str,
) -> None:
    sold = catalogue(
        offers=[offer(f"o-{n}", n, cents=10 * n, ends_at=later(days=1)) for n in offered],
        campaigns=[campaign(priority_pct=300)],
        offer_boost_pct=100,
        explore_pct=100,
        timeliness_pct=100,
        strategies={"arrival": leader},
        arrival_by_chance=True,
    )
    given_ = personal("arrival", disliked=noes, out_of_stock=barred)
    made = decision(given_, sold, Rates(chances), profile(*habits))
    points = [choice.points for choice in made.choices]
    assert points == sorted(points, reverse=True)
    assert all(c.worth == c.points and c.claim is SlotClaim.WORTH for c in made.choices)
    # Whoever lost to nothing but worth was no likelier than the last that won.
    lost = [x.points for x in made.losers if x.offer is None and x.rule is Rule.LOWER_WORTH]
    assert max(lost, default=0) <= min(points, default=0) or not points
    assert {x.rule for x in made.losers if x.offer is None} <= {
        Rule.LOWER_WORTH,
        Rule.OUT_OF_STOCK,
        Rule.NOT_SOLD_HERE,
    }
    assert made.strategy == "chance"
