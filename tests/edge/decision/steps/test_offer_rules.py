"""Each rule of an offer: what it asks, where it ends, and which of two speaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.steps.context import DecisionContext, describe
from edge.decision.steps.experiment import Arms
from edge.decision.steps.offer_rules import PermittedOffers, permit
from edge.domain.campaign import Campaign, Window
from edge.domain.decision import Inputs, Rule
from edge.domain.experiment import Arm, Layer, Variant
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from models.features.profile import Profile
from tests.edge.builders import (
    campaign,
    catalogue,
    decision,
    evidence,
    inputs,
    later,
    offer,
    personal,
    profile,
)

O, ITEM = OfferId("o"), ItemKey(1)  # noqa: E741 - the one offer of this file
TREATED = Arms(everywhere=Arm.TREATED, campaigns={})


def drawn(context: DecisionContext, *campaigns: Campaign) -> Arms:
    asked = {c.id: context.assignment.of(c.id) for c in campaigns}
    return Arms(everywhere=context.assignment.everywhere, campaigns=asked)


def offering(
    given: Inputs,
    *offers: Offer,
    campaigns: tuple[Campaign, ...] = (),
    habits: Profile | None = None,
    **tuning: object,
) -> PermittedOffers:
    sold = catalogue(offers=offers or (offer("o"),), campaigns=campaigns, **tuning)  # type: ignore[arg-type]  # numbers of the test's choice
    context = describe(given, evidence(habits), sold)
    return permit(context, set(sold.products), drawn(context, *campaigns))


def rule(
    given: Inputs, one: Offer | None = None, *campaigns: Campaign, **more: Any
) -> Rule | None:
    """Why ``one`` may not stand on its item, if anything."""
    found = offering(given, one or offer("o"), campaigns=campaigns, **more)
    assert (ITEM in found.permitted) != ((ITEM, O) in found.lost)
    return found.lost.get((ITEM, O))


def test_an_offer_that_no_rule_forbids_stands() -> None:
    assert rule(inputs()) is rule(personal()) is rule(personal(), None, campaign()) is None


# Of the store.


def test_a_campaign_is_quiet_outside_its_hours() -> None:
    evening = campaign(windows=(Window(first_hour=18, last_hour=22),))
    assert rule(personal(hour=17), None, evening) is Rule.OFFER_QUIET
    assert rule(personal(hour=18), None, evening) is None
    sunday = campaign(windows=(Window(days=(7,)),))
    assert rule(personal(), None, sunday) is Rule.OFFER_QUIET


def test_what_is_given_away_to_the_last_is_gone_for_everybody() -> None:
    assert rule(personal(spent=(O,))) is rule(inputs(spent=(O,))) is Rule.OFFER_SPENT
    assert rule(personal(spent=(OfferId("other"),))) is None


@pytest.mark.parametrize(("given", "lost"), [(0, None), (1, None), (2, Rule.OFFER_GIVEN)])
def test_a_person_gets_an_offer_so_often_and_no_more(given: int, lost: Rule | None) -> None:
    assert rule(personal(given={O: given}), offer("o", per_person=2)) is lost


def test_without_a_number_it_may_be_had_again_and_again() -> None:
    assert rule(personal(given={O: 99})) is None


# Of the audience.


def test_an_offer_for_a_segment_is_for_its_people_alone() -> None:
    loyal = offer("o", segment="loyal")
    assert rule(personal(segments=("new", "loyal")), loyal) is None
    assert rule(personal(segments=("new",)), loyal) is Rule.OFFER_AUDIENCE
    assert rule(inputs(), loyal) is Rule.OFFER_AUDIENCE


def test_a_condition_is_asked_about_the_situation() -> None:
    evening = offer("o", audience="hour >= 18 && placement == 'kiosk-home'")
    assert rule(inputs(hour=18), evening) is None
    assert rule(inputs(hour=17), evening) is Rule.OFFER_AUDIENCE
    assert rule(inputs("phone-home", hour=18), evening) is Rule.OFFER_AUDIENCE


def test_a_condition_of_habits_is_true_of_nobody() -> None:
    regular = offer("o", audience="trips >= 1 && 'category 1' in bought_categories")
    assert rule(personal(), regular, habits=profile(5)) is None
    assert rule(personal(), regular, habits=profile(4)) is Rule.OFFER_AUDIENCE
    assert rule(personal(), regular) is rule(inputs(), regular) is Rule.OFFER_AUDIENCE


def test_facts_are_gathered_once_for_all_conditions_of_a_decision() -> None:
    two = (offer("o", audience="hour == 14"), offer("p", 2, audience="hour == 15"))
    found = offering(inputs(), *two)
    assert (set(found.permitted), found.lost) == ({1}, {(ItemKey(2), "p"): Rule.OFFER_AUDIENCE})


def test_what_cannot_be_told_is_a_no() -> None:
    risky = offer("o", audience="bought_categories[0] == 'category 1'")
    assert rule(personal(), risky) is Rule.OFFER_AUDIENCE


# Of the caps.

showings = st.integers(0, 8)


@given(showings, st.integers(1, 6))
def test_an_offer_is_capped_by_how_often_it_was_shown(shown: int, cap: int) -> None:
    found = rule(personal(exposures={O: shown}), offer("o", cap=cap))
    assert found is (Rule.OFFER_CAPPED if shown >= cap else None)


@given(showings, st.integers(1, 6))
def test_a_campaign_is_capped_over_all_its_offers(shown: int, cap: int) -> None:
    found = rule(personal(campaign_exposures={"june": shown}), None, campaign(weekly_cap=cap))
    assert found is (Rule.CAMPAIGN_CAPPED if shown >= cap else None)
    assert rule(personal(campaign_exposures={"june": shown}), None, campaign()) is None


@given(showings, st.integers(1, 6))
def test_a_category_is_capped_over_all_campaigns(shown: int, cap: int) -> None:
    found = rule(personal(category_exposures={"dairy": shown}), category_cap=cap)
    assert found is (Rule.CATEGORY_CAPPED if shown >= cap else None)


@given(showings, showings, st.integers(1, 12))
def test_a_person_is_capped_over_everything(one: int, other: int, cap: int) -> None:
    seen = {OfferId("x"): one, OfferId("y"): other}
    found = rule(personal(exposures=seen), person_cap=cap)
    assert found is (Rule.PERSON_CAPPED if one + other >= cap else None)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 8), st.integers(1, 5))
def test_the_more_was_ignored_the_less_often_it_is_shown(
    one: int, other: int, cap: int, patience: int
) -> None:
    def most(ignored: int) -> int:
        """How often it is shown in a week at most, by asking."""
        given = (personal(exposures={O: n}, ignored={O: ignored}) for n in range(cap + 1))
        lost = [rule(g, offer("o", cap=cap), patience=patience) for g in given]
        return lost.index(next(r for r in lost if r is not None))

    few, many = sorted((one, other))
    assert most(many) <= most(few) <= cap
    assert most(0) == cap
    assert most(patience) == cap // 2


def test_five_in_a_row_that_nobody_took_up_make_it_rarer_and_then_silent() -> None:
    two, one = (
        personal(exposures={O: 2}, ignored={O: 5}),
        personal(exposures={O: 1}, ignored={O: 5}),
    )
    assert rule(two, offer("o", cap=4)) is Rule.OFFER_BACKED_OFF
    assert rule(one, offer("o", cap=4)) is None
    assert rule(personal(ignored={O: 9}), offer("o", cap=4)) is Rule.OFFER_BACKED_OFF
    assert rule(personal(), offer("o", cap=4)) is None


# Across surfaces.


def test_offers_of_one_category_do_not_compete_across_screens() -> None:
    mine, rival = offer("o", 1, category="milk"), offer("rival", 5, category="milk")
    other = offer("other", 2, category="bread")
    found = offering(inputs(elsewhere=(OfferId("rival"),)), mine, rival, other)
    assert found.lost == {(ITEM, O): Rule.OFFER_CONFLICT}
    assert set(found.permitted) == {2, 5}


def test_beside_two_of_its_category_even_one_of_them_would_contradict_the_other() -> None:
    both = (OfferId("o"), OfferId("rival"))
    found = offering(inputs(elsewhere=both), offer("o", 1), offer("rival", 5))
    assert set(found.lost.values()) == {Rule.OFFER_CONFLICT}
    assert not found.permitted


def test_an_offer_elsewhere_that_is_known_no_more_bars_nothing() -> None:
    assert rule(inputs(elsewhere=(OfferId("gone"),))) is None


# Of the tests.


def test_who_is_in_another_part_of_the_layer_gets_nothing_and_is_no_ghost() -> None:
    nobodys = campaign(layer=Layer(name="week", first=0, last=0))
    found = offering(personal(), offer("o"), campaigns=(nobodys,))
    assert found.lost == {(ITEM, O): Rule.OFFER_OTHER_TEST}
    assert not found.withheld


def test_nobody_in_particular_is_outside_every_test_and_gets_offers() -> None:
    assert rule(inputs(), None, campaign(holdout_pct=100), holdout_pct=100) is None


def test_a_variant_shows_its_own_offers_alone() -> None:
    tested = campaign(variants=(Variant(name="other", offers=("p",)),))
    assert (
        rule(personal(), None, tested) is rule(inputs(), None, tested) is Rule.OFFER_OTHER_ARM
    )
    mine = replace(tested, variants=(Variant(name="mine", offers=("o",)),))
    assert rule(personal(), None, mine) is None


@pytest.mark.parametrize(
    ("tests", "tuning"),
    [((campaign(holdout_pct=100),), {}), ((), {"holdout_pct": 100})],
    ids=["of the campaign", "of everything"],
)
def test_who_is_held_out_gets_no_offer_and_what_they_miss_is_known(
    tests: tuple[Campaign, ...], tuning: dict[str, Any]
) -> None:
    found = offering(personal(), offer("o"), campaigns=tests, **tuning)
    assert found.lost == {(ITEM, O): Rule.OFFER_HELD_OUT}
    assert [o.id for o in found.withheld[ITEM]] == ["o"]
    assert not found.permitted


def test_a_holdout_of_another_campaign_takes_nothing() -> None:
    offers = (offer("o"), offer("p", 2, campaign="july"))
    tests = (campaign(), campaign("july", holdout_pct=100))
    found = offering(personal(), *offers, campaigns=tests)
    assert set(found.permitted) == {1}
    assert set(found.withheld) == {2}


# The order.

ANY: dict[str, Any] = {
    "spent": (O,),
    "given": {O: 9},
    "exposures": {O: 9},
    "campaign_exposures": {"june": 9},
    "category_exposures": {"dairy": 99},
    "elsewhere": (OfferId("rival"),),
}
ORDER = (
    (Rule.OFFER_SPENT, "spent"),
    (Rule.OFFER_GIVEN, "given"),
    (Rule.OFFER_CAPPED, "exposures"),
    (Rule.CAMPAIGN_CAPPED, "campaign_exposures"),
    (Rule.CATEGORY_CAPPED, "category_exposures"),
    (Rule.OFFER_CONFLICT, "elsewhere"),
)


@pytest.mark.parametrize("nth", range(len(ORDER)))
def test_of_several_rules_the_first_speaks_and_a_holdout_the_last(nth: int) -> None:
    """So a ghost is only ever what nothing but the holdout has taken away."""
    left = {name: ANY[name] for _, name in ORDER[nth:]}
    offers = (offer("o", per_person=1, cap=3), offer("rival", 5))
    test = campaign(holdout_pct=100, weekly_cap=3)
    found = offering(personal(**left), *offers, campaigns=(test,))
    assert found.lost[ITEM, O] is ORDER[nth][0]
    assert ITEM not in found.withheld


def test_without_consent_no_rule_about_a_person_has_anything_to_read() -> None:
    """The inputs of nobody hold none of it (`Decider`); what is left is the store's own."""
    test = campaign(holdout_pct=100, weekly_cap=1, windows=(Window(),))
    assert rule(inputs(), offer("o", cap=1, per_person=1), test, holdout_pct=100) is None


@given(st.sets(st.integers(1, 12).map(ItemKey)))
def test_only_what_was_asked_about_is_judged(items: set[ItemKey]) -> None:
    sold = catalogue(offers=[offer("o", 1, 2, 3), offer("p", 3, 4)])
    found = permit(describe(inputs(), evidence(), sold), items, TREATED)
    assert set(found.permitted) == items & {1, 2, 3, 4}
    assert [o.id for o in found.permitted.get(ItemKey(3), ())] in ([], ["o", "p"])


def test_a_windows_day_is_that_of_the_wall_clock_and_not_of_the_instant() -> None:
    monday = campaign(windows=(Window(days=(1,)),))
    assert rule(personal(at=later(days=3)), None, monday) is None


# Several on one screen.

MANY = [
    offer(f"o-{n}", n, category=f"c-{n % 2}", campaign="june", cents=50) for n in range(1, 7)
]


def shown_together(given: Inputs, weekly_cap: int | None, **tuning: Any) -> list[OfferId]:
    sold = catalogue(offers=MANY, campaigns=[campaign(weekly_cap=weekly_cap)], **tuning)
    return [choice.offer for choice in decision(given, sold).choices if choice.offer]


@given(st.integers(0, 5), st.integers(1, 6))
def test_one_screen_never_holds_more_of_a_campaign_than_its_week_has_room(
    before: int, cap: int
) -> None:
    given_ = personal(campaign_exposures={"june": before})
    assert len(shown_together(given_, cap)) == max(0, min(6, cap - before))


@given(st.integers(0, 3), st.integers(1, 3))
def test_nor_of_a_category_nor_of_anything(before: int, cap: int) -> None:
    held = shown_together(personal(category_exposures={"c-0": before}), None, category_cap=cap)
    assert sum(o in {"o-2", "o-4", "o-6"} for o in held) == max(0, cap - before)
    seen = personal(exposures={OfferId("x"): before})
    assert len(shown_together(seen, None, person_cap=cap)) == max(0, cap - before)


def test_the_worthiest_of_them_stand_and_the_others_say_why() -> None:
    sold = catalogue(offers=MANY, campaigns=[campaign(weekly_cap=2)])
    made = decision(personal(), sold)
    assert [c.offer for c in made.choices] == ["o-1", "o-2", None, None, None, None]
    assert {x.rule for x in made.losers if x.offer} == {Rule.CAMPAIGN_CAPPED}


def test_a_screen_that_is_nobodys_counts_for_nobody() -> None:
    assert len(shown_together(inputs(), 1, category_cap=1, person_cap=1)) == 6
