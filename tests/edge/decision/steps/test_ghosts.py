"""What a held-out person would have seen is exactly what their treated twin sees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Decision, Inputs, Rule
from edge.domain.experiment import Variant
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from edge.domain.placement import PLACEMENTS
from tests.edge.builders import (
    campaign,
    catalogue,
    decision,
    inputs,
    later,
    offer,
    personal,
    profile,
)
from tests.edge.fakes import Rates, Redeemers

PLACES = sorted(set(PLACEMENTS) - {"arrival"})


def offers_of(made: Decision) -> set[OfferId]:
    return {choice.offer for choice in made.choices if choice.offer is not None}


def stock(*offers: Offer, out: dict[str, int], everywhere: int = 0, **tuning: Any) -> Catalogue:
    """``out``: campaign -> share held out of it."""
    tests = [campaign(name, holdout_pct=pct, weekly_cap=2) for name, pct in out.items()]
    return catalogue(offers=offers, campaigns=tests, holdout_pct=everywhere, **tuning)


def twins(
    given_: Inputs, *offers: Offer, out: dict[str, int], everywhere: int = 0, **more: Any
) -> tuple[Decision, Decision]:
    """The person's decision, and that of somebody like them who is held out of nothing."""
    tuning = more.pop("tuning", {})
    mine = decision(given_, stock(*offers, out=out, everywhere=everywhere, **tuning), **more)
    nothing = dict.fromkeys(out, 0)
    return mine, decision(given_, stock(*offers, out=nothing, **tuning), **more)


one_offer = st.builds(
    lambda n, items, cents, test, cat, ends: offer(
        f"o-{n}", *items, cents=cents, campaign=test, category=cat, ends_at=later(days=ends)
    ),
    st.integers(0, 9),
    st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True),
    st.sampled_from([10, 50, 50, 90]),
    st.sampled_from(["june", "july"]),
    st.sampled_from(["dairy", "bread"]),
    st.sampled_from([0.5, 20]),
)
portfolios = st.lists(one_offer, min_size=1, max_size=6, unique_by=lambda o: o.id)
situations = st.fixed_dictionaries(
    {
        "elsewhere": st.lists(
            st.integers(0, 9).map(lambda n: OfferId(f"o-{n}")), max_size=2
        ).map(tuple),
        "basket": st.lists(st.integers(1, 12).map(ItemKey), max_size=2, unique=True).map(tuple),
        "exposures": st.dictionaries(
            st.integers(0, 9).map(lambda n: OfferId(f"o-{n}")), st.integers(1, 4), max_size=3
        ),
    }
)
rankers = st.sampled_from(
    [
        Rates.falling(12),
        Redeemers({n: 0.4 - n / 100 for n in range(1, 13)}, {(1,): 0.3, (2,): 0.9}),
    ]
)


@given(portfolios, situations, st.sampled_from(PLACES), rankers)
def test_the_ghosts_of_the_global_holdout_are_all_the_offers_of_the_treated_twin(
    offers: list[Offer], situation: dict[str, Any], place: str, ranker: Rates
) -> None:
    mine, twin = twins(
        personal(place, **situation),
        *offers,
        out={},
        everywhere=100,
        ranker=ranker,
        habits=profile(2, 5),
    )
    assert offers_of(mine) == set()
    assert set(mine.ghosts) == offers_of(twin)
    assert twin.ghosts == ()


@given(portfolios, situations, st.sampled_from(PLACES), rankers)
def test_the_ghosts_of_one_campaign_are_its_offers_of_the_treated_twin(
    offers: list[Offer], situation: dict[str, Any], place: str, ranker: Rates
) -> None:
    mine, twin = twins(
        personal(place, **situation),
        *offers,
        out={"june": 100, "july": 0},
        ranker=ranker,
        habits=profile(2, 5),
    )
    junes = {o.id for o in offers if o.campaign == "june"}
    assert offers_of(mine).isdisjoint(junes)
    assert set(mine.ghosts) == offers_of(twin) & junes


def test_a_smaller_withheld_offer_is_no_ghost_where_a_larger_one_stands() -> None:
    small, large = offer("small", 1, cents=20), offer("large", 1, cents=80, campaign="july")
    mine, twin = twins(personal(), small, large, out={"june": 100, "july": 0})
    assert offers_of(mine) == offers_of(twin) == {"large"}
    assert mine.ghosts == ()


def test_a_ghost_is_timely_as_the_offer_would_be() -> None:
    """Its last day lifts it over the line; so it would have been seen."""
    ends = offer("ends", 7, category="x", ends_at=later(3_600))
    mine, twin = twins(
        personal("kiosk-home", limit=1),
        ends,
        out={},
        everywhere=100,
        tuning={"timeliness_pct": 60, "offer_boost_pct": 0},
    )
    assert offers_of(twin) == {"ends"}
    assert mine.ghosts == ("ends",)


@pytest.mark.parametrize(
    "taken", [{"spent": (OfferId("o"),)}, {"exposures": {OfferId("o"): 3}}], ids=str
)
def test_what_another_rule_forbids_is_no_ghost(taken: dict[str, Any]) -> None:
    mine, _ = twins(personal(**taken), offer("o", 1), out={}, everywhere=100)
    assert mine.ghosts == ()
    assert {x.rule for x in mine.losers if x.offer} != {Rule.OFFER_HELD_OUT}


def test_what_would_have_lost_the_competition_is_no_ghost() -> None:
    mine, twin = twins(personal(limit=1), offer("o", 12), out={}, everywhere=100)
    assert offers_of(twin) == set()
    assert mine.ghosts == ()
    assert (OfferId("o"), Rule.OFFER_HELD_OUT) in {(x.offer, x.rule) for x in mine.losers}


def test_nobody_in_particular_is_held_out_of_nothing() -> None:
    made = decision(
        inputs(),
        stock(offer("o", 1), out={"june": 100}, everywhere=100),
    )
    assert offers_of(made) == {"o"}
    assert made.ghosts == ()


def test_a_ghost_stays_in_the_arm_of_its_test() -> None:
    tested: Campaign = campaign(holdout_pct=100, variants=(Variant(name="a", offers=("p",)),))
    made = decision(personal(), catalogue(offers=[offer("o", 1)], campaigns=[tested]))
    assert made.ghosts == ()
    assert made.arms == {"june": "held-out"}
