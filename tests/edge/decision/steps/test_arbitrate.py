from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.decision.steps.candidates import shortlist
from edge.decision.steps.context import describe
from edge.domain.catalogue import Catalogue, Tuning
from edge.domain.decision import Choice, Decision, Inputs, Rule
from edge.domain.ids import ItemKey, OfferId
from edge.domain.placement import PLACEMENTS
from edge.state.catalogue import CatalogueParts, catalogue_from, catalogue_of
from tests.edge.builders import (
    catalogue,
    decision,
    evidence,
    inputs,
    offer,
    personal,
    product,
    profile,
)
from tests.edge.fakes import Rates


def skus(made: Decision) -> list[str]:
    return [choice.sku for choice in made.choices]


def rules(made: Decision) -> dict[str, Rule]:
    return {loser.sku: loser.rule for loser in made.losers if loser.offer is None}


def test_the_likelier_is_the_worthier() -> None:
    made = decision(inputs(limit=2), ranker=Rates({1: 0.1, 2: 0.3, 3: 0.2}))
    assert skus(made) == ["2", "3"]
    assert [(c.points, c.worth) for c in made.choices] == [(3000, 3000), (2000, 2000)]
    assert rules(made) == {"1": Rule.LOWER_WORTH}


def test_equal_worth_goes_to_the_smaller_key() -> None:
    made = decision(inputs(limit=1), ranker=Rates({7: 0.2, 3: 0.2, 5: 0.2}))
    assert skus(made) == ["3"]


def test_an_offer_lifts_its_item_by_what_tuning_says() -> None:
    ranker = Rates({1: 0.20, 2: 0.19})
    sold = catalogue(offers=[offer("o", 2)], offer_boost_pct=10)
    made = decision(inputs(limit=1), sold, ranker)
    assert made.choices == (
        Choice(sku=sold.products[ItemKey(2)].sku, points=1900, worth=2090,
               sources=("trending", "offer"), offer=OfferId("o")),
    )  # fmt: skip
    assert skus(decision(inputs(limit=1), catalogue(offer_boost_pct=0), ranker)) == ["1"]


def test_a_category_fills_no_more_places_than_its_share() -> None:
    sold = catalogue([product(n, "same" if n < 6 else "other") for n in range(1, 8)])
    made = decision(inputs("till-addon"), sold, Rates.falling(7))
    assert skus(made) == ["1", "6"]
    assert rules(made) == dict.fromkeys(["2", "3", "4", "5", "7"], Rule.TOO_MUCH_ALIKE)


def test_no_more_items_than_asked_for() -> None:
    assert len(decision(inputs(limit=1)).choices) == 1
    assert len(decision(inputs()).choices) == PLACEMENTS["kiosk-home"].limit


def test_what_is_not_sold_here_is_named_by_its_key() -> None:
    made = decision(inputs(), ranker=Rates({1: 0.1, 777: 0.9}))
    assert rules(made) == {"777": Rule.NOT_SOLD_HERE}


def test_an_offer_taken_off_an_item_is_told_beside_the_item() -> None:
    sold = catalogue(offers=[offer("o", 1)])
    given = personal(exposures={OfferId("o"): 3}, limit=1)
    made = decision(given, sold, Rates({1: 0.5, 2: 0.01}), profile(2))
    assert skus(made) == ["1"]
    assert [(x.sku, x.points, x.rule) for x in made.losers if x.offer == "o"] == [
        ("1", 5000, Rule.OFFER_CAPPED)
    ]


numbers = st.integers(1, 14)
some = st.frozensets(numbers, max_size=5)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Inputs, Catalogue, Rates]:
    """Any basket, stock, habits, offers and place, over products of which some are not sold here."""
    placement = draw(st.sampled_from(sorted(PLACEMENTS)))
    given = inputs(
        placement,
        limit=draw(st.integers(1, PLACEMENTS[placement].limit)),
        basket=tuple(ItemKey(n) for n in sorted(draw(some))),
        just_bought=tuple(ItemKey(n) for n in sorted(draw(some))),
        out_of_stock=tuple(ItemKey(n) for n in sorted(draw(some))),
        exposures=draw(st.dictionaries(st.sampled_from([OfferId("a"), OfferId("b")]), st.integers(0, 5))),
        elsewhere=tuple(sorted(draw(st.frozensets(st.sampled_from([OfferId("a"), OfferId("b")]))))),
    )  # fmt: skip
    products = [
        product(n, f"category {n % 3}") for n in draw(some | st.just(frozenset(range(1, 11))))
    ]
    offers = [
        offer("a", *sorted(draw(some)), category="x"),
        offer("b", *sorted(draw(some)), category="x"),
    ]
    chances = draw(st.dictionaries(numbers, st.floats(0, 1), max_size=14))
    return given, catalogue(products, offers, ["category 1"]), Rates(chances)


@given(situations())
def test_every_candidate_wins_or_loses_by_a_rule_and_none_does_both(
    situation: tuple[Inputs, Catalogue, Rates],
) -> None:
    given_, sold, ranker = situation
    made = decision(given_, sold, ranker)
    candidates = shortlist(describe(given_, evidence(), sold), ranker).keys.tolist()
    lost = [loser.sku for loser in made.losers if loser.offer is None]
    assert Counter([*skus(made), *lost]) == Counter(map(str, candidates))


@given(situations())
def test_nothing_barred_ever_wins(situation: tuple[Inputs, Catalogue, Rates]) -> None:
    given_, sold, ranker = situation
    made = decision(given_, sold, ranker)
    barred = {*given_.basket, *given_.just_bought, *given_.out_of_stock}
    if PLACEMENTS[given_.placement].can_be_overlooked:
        barred |= sold.sensitive
    won = {ItemKey(int(sku)) for sku in skus(made)}
    assert not won & barred
    assert won <= sold.products.keys()
    offers = {c.offer for c in made.choices if c.offer}
    capped = {o.id for o in sold.offers if given_.exposures.get(o.id, 0) >= o.weekly_cap}
    assert not offers & capped


@given(situations())
def test_no_winner_is_worth_less_than_one_that_lost_by_worth(
    situation: tuple[Inputs, Catalogue, Rates],
) -> None:
    made = decision(*situation)
    worth = [choice.worth for choice in made.choices]
    assert worth == sorted(worth, reverse=True)
    lost = [x.points for x in made.losers if x.rule is Rule.LOWER_WORTH]
    assert not worth or max(lost, default=0) <= worth[-1] * 1.1 + 1


def milks(*names: str) -> Catalogue:
    """Products of a category each, called so."""
    sold = [replace(product(n, f"c {n}"), name=name) for n, name in enumerate(names, start=1)]
    return catalogue(sold, same_name=1)


def test_what_reads_the_same_does_not_stand_beside_each_other() -> None:
    sold = milks("Fluid milk, white", "Fluid milk, white", "Bread", "Fluid milk, white", "Tea")
    made = decision(inputs("till-addon"), sold, Rates.falling(5))
    assert skus(made) == ["1", "3", "5"]
    assert rules(made) == dict.fromkeys(["2", "4"], Rule.SAME_NAME)


def test_case_and_spaces_make_no_other_name() -> None:
    sold = milks("Fluid  milk,\u00a0white", "fluid milk, WHITE ", "STRASSE", "straße", "Milk")
    made = decision(inputs(), sold, Rates.falling(5))
    assert skus(made) == ["1", "3", "5"]


def test_every_screen_is_told_apart_and_the_list_by_which_the_model_is_judged_is_not() -> None:
    sold = milks("Milk", "Milk", "Milk")
    for place in PLACEMENTS.values():
        made = decision(personal(place.name), sold, Rates.falling(3), profile(1, 2, 3))
        assert len(skus(made)) == (1 if place.can_be_overlooked else 3), place.name


def test_what_the_person_is_due_for_stands_for_its_namesake() -> None:
    sold = milks("Milk", "Tea", "Bread", "Milk")
    ranker = Rates({1: 0.9, 2: 0.5, 3: 0.4, 4: 0.1})
    made = decision(personal(limit=3), sold, ranker, profile(4))
    assert skus(made)[0] == "4"
    assert rules(made)["1"] is Rule.DUE_FIRST


def test_a_catalogue_stored_before_there_was_the_limit_is_decided_as_it_was_then() -> None:
    stock = [replace(product(n, f"c {n}"), name="Milk") for n in (1, 2, 3)]
    _, body = catalogue_of(CatalogueParts(products=stock), Tuning(holdout_pct=0, same_name=1))
    stored = json.loads(body)
    del stored["tuning"]["same_name"]
    before = catalogue_from(json.dumps(stored).encode())
    assert skus(decision(inputs(), before, Rates.falling(3))) == ["1", "2", "3"]
    assert skus(decision(inputs(), catalogue_from(body), Rates.falling(3))) == ["1"]
