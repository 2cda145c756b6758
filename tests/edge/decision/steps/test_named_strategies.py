"""A place ordered by a strategy that a marketer chose by name."""

from __future__ import annotations

from collections.abc import Iterable

from edge.decision.codec import encode_decision
from edge.decision.steps import candidates
from edge.decision.steps.context import describe
from edge.domain.catalogue import Catalogue, Tuning
from edge.domain.decision import Rule, SlotClaim
from edge.domain.ids import ItemKey
from edge.domain.offer import Offer
from edge.state.catalogue import CatalogueParts, catalogue_from, catalogue_of
from models.serving.ranker import STRATEGY
from tests.edge.builders import catalogue, decision, evidence, inputs, offer, personal, profile
from tests.edge.fakes import Rates

RANKER = Rates.falling(12)


def led(
    name: str = "backwards", offers: Iterable[Offer] = (), shortlist: int = 320
) -> Catalogue:
    return catalogue(offers=offers, strategies={"kiosk-home": name}, shortlist=shortlist)


def test_its_order_stands_and_its_first_is_worth_the_largest_chance() -> None:
    made = decision(inputs(limit=3), led(), RANKER)
    assert [(c.sku, c.points, c.worth) for c in made.choices] == [
        ("12", 2800, 3900),
        ("11", 2900, 3800),
        ("10", 3000, 3700),
    ]
    assert made.strategy == "backwards"
    assert "strategy" in made.choices[0].sources
    assert {loser.rule for loser in made.losers} == {Rule.LOWER_WORTH}


def test_equal_chances_leave_its_order_alone() -> None:
    flat = Rates(dict.fromkeys(range(1, 13), 0.2))
    made = decision(inputs(limit=3), led(), flat)
    assert [choice.sku for choice in made.choices] == ["12", "11", "10"]


def test_an_offer_weighs_among_its_items_what_it_weighs_among_chances() -> None:
    sold = led(offers=[offer("o", 10)])
    made = decision(inputs(limit=2), sold, RANKER)
    assert [choice.sku for choice in made.choices] == ["10", "12"]


def test_it_rules_its_own_place_alone() -> None:
    made = decision(inputs("phone-home", limit=1), led(), RANKER)
    assert ([choice.sku for choice in made.choices], made.strategy) == (["1"], "chance")


def test_one_that_has_nothing_to_say_leaves_its_place_to_chance() -> None:
    made = decision(inputs(limit=2), led("mute"), RANKER)
    assert [choice.sku for choice in made.choices] == ["1", "2"]
    assert made.strategy == "chance"


def test_a_short_list_is_filled_by_chance_and_no_place_stays_blank() -> None:
    made = decision(inputs(limit=6), led(shortlist=10), RANKER)
    assert [choice.sku for choice in made.choices] == ["12", "11", "1", "2", "3", "4"]
    given = inputs(limit=2, out_of_stock=(ItemKey(11), ItemKey(12)))
    gone = decision(given, led(shortlist=10), RANKER)
    assert ([choice.sku for choice in gone.choices], gone.strategy) == (["1", "2"], "chance")


def test_its_items_are_candidates_and_take_a_quarter_of_the_places_at_most() -> None:
    found = candidates.shortlist(describe(inputs(), evidence(), led(shortlist=8)), RANKER)
    assert found.order.tolist() == [12, 11]
    assert found.keys.tolist() == [1, 2, 3, 4, 5, 6, 11, 12]
    assert [bool(bits & STRATEGY) for bits in found.sources.tolist()][-3:] == [
        False,
        True,
        True,
    ]


def test_it_keeps_no_place_for_other_claims() -> None:
    made = decision(personal(), led(), RANKER, profile(1, 2, 3))
    assert {choice.claim for choice in made.choices} == {SlotClaim.WORTH}
    assert made.choices[0].sku == "12"


def test_a_decision_by_a_strategy_is_made_again_from_the_catalogue_s_bytes() -> None:
    goods = CatalogueParts(products=led().products.values())
    sold, body = catalogue_of(goods, Tuning(strategies={"kiosk-home": "backwards"}))
    again = catalogue_from(body)
    assert again == sold
    one, other = (decision(personal(), c, RANKER, profile(3)) for c in (sold, again))
    assert encode_decision(one) == encode_decision(other)
    assert sold.digest != catalogue_of(goods, Tuning())[0].digest
