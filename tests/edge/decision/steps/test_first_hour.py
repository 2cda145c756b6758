"""What a store shows that has sold little yet, and what it never calls popular, fitting or new."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.decision.codec import encode_inputs
from edge.decision.flow import decide
from edge.decision.steps.context import Evidence
from edge.domain.catalogue import Catalogue, Product
from edge.domain.decision import Decision, Inputs, SlotClaim
from edge.domain.ids import ItemKey, Sku, VisitId, digest_of
from edge.domain.placement import PLACEMENTS
from models.features.profile import Profile
from models.moment import Moment
from models.serving.local_fallback import LocalFallback
from models.serving.ranker import Ranker
from models.statistics.pairs import PairCounts, known_pairs
from models.statistics.trend import StoreTrend
from tests.edge.builders import DAY, catalogue, inputs, personal, product
from tests.edge.fakes import Rates

# A chain's model that has never heard of this shop: everything that it rates is sold elsewhere.
FOREIGN = Rates.falling(50)


def goods(size: int = 100) -> list[Product]:
    """Ten categories; every two products that follow each other read alike."""
    return [
        replace(product(n, f"category {n % 10}"), name=f"Thing {n // 2}")
        for n in range(1000, 1000 + size)
    ]


def evidence(*baskets: set[int], habits: Profile | None = None) -> Evidence:
    trend, pairs = StoreTrend(), PairCounts()
    for basket in baskets:
        keys = np.array(sorted(basket), np.int64)
        trend.record(keys, Moment(day=DAY, hour=14))
        pairs.record(keys, DAY)
    # As after a restart: all that was sold is what decisions read.
    trend.record(np.empty(0, np.int64), Moment(day=DAY + 1, hour=14))
    return Evidence(profile=habits, trend=trend, pairs=known_pairs(pairs.to_bytes()))


def shown(
    given: Inputs, known: Evidence, ranker: Ranker, sold: Catalogue | None = None
) -> Decision:
    given = replace(given, pairs="p", day=DAY + 1)
    return decide(
        given, known, sold or catalogue(goods()), ranker, digest_of(encode_inputs(given))
    )


def reasons(made: Decision) -> dict[int, str]:
    return {int(slot.sku): slot.reason for slot in made.slots}


@pytest.mark.parametrize("placement", sorted(set(PLACEMENTS) - {"arrival-list"}))
@pytest.mark.parametrize("ranker", [FOREIGN, LocalFallback()])
def test_no_screen_is_empty_and_nothing_unsold_is_called_popular(
    placement: str, ranker: Ranker
) -> None:
    made = shown(inputs(placement), evidence(), ranker)
    assert len(made.slots) == PLACEMENTS[placement].limit
    assert not any("Popular" in said or "seller" in said for said in reasons(made).values())


def test_only_what_was_sold_here_is_popular_here() -> None:
    made = shown(inputs(), evidence(*[{1005, 1006}] * 3), LocalFallback())
    popular = {key for key, said in reasons(made).items() if said.startswith("Popular here")}
    assert popular == {1005, 1006}
    assert [int(slot.sku) for slot in made.slots[:2]] == [1005, 1006]


def test_a_prior_alone_makes_nothing_popular() -> None:
    sold = catalogue([*goods(), product(1, "category 1")])
    made = shown(inputs(), evidence(), FOREIGN, sold)
    assert reasons(made)[1] == "From our range"


def test_a_decision_of_before_pairs_is_made_again_as_it_was() -> None:
    given = inputs()
    made = decide(
        given, evidence(), catalogue(goods()), FOREIGN, digest_of(encode_inputs(given))
    )
    assert not made.slots


def test_what_goes_with_the_basket_never_reads_like_something_in_it() -> None:
    # 1001 reads like 1000 and is bought with it as often as 1007 is.
    known = evidence(*[{1000, 1001, 1007}] * 20, *[{1020 + n, 1050} for n in range(30)])
    made = shown(inputs("till-addon", basket=(ItemKey(1000),)), known, LocalFallback())
    goes = {choice.sku for choice in made.choices if "complement" in choice.sources}
    assert Sku("1007") in goes
    assert Sku("1001") not in goes


def test_a_place_kept_for_something_new_is_of_a_category_new_to_the_person() -> None:
    habits = Profile.empty()
    for day in range(DAY - 40, DAY, 4):
        for key in (1010, 1020, 1030, 1011):
            habits.record(key, day)
    # With their own 1010 people buy another of its category, and 1017 of one that they do not know.
    known = evidence(*[{1010, 1040, 1017}] * 20, *[{1012, 1013, 1055}] * 20, habits=habits)
    kept = [
        shown(personal(visit=VisitId(f"v-{number}")), known, LocalFallback()).choices
        for number in range(20)
    ]
    explored = {c.sku for choices in kept for c in choices if c.claim is SlotClaim.EXPLORE}
    new = {c.sku for choices in kept for c in choices if "discovery" in c.sources}
    assert Sku("1017") in new
    assert explored <= new
    assert not {int(sku) % 10 for sku in new} & {0, 1}
