"""What the tower says of audiences is held against people drawn at random, whom it never tried itself."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.campaigns.checks import week_hours
from edge.campaigns.checks.audiences import can_be, covers, meet
from edge.campaigns.checks.condition_cases import MOST, ConditionQuestion, Situations
from edge.campaigns.checks.prepared_portfolio import OfferReach
from edge.decision.conditions import Expression
from edge.domain.audience import FACTS, ConditionValue
from edge.domain.customer_value import NO_OUTLOOK
from edge.domain.placement import SCREENS
from models.moment import daypart
from tests.edge.campaigns.checks.plots import offer
from tests.edge.campaigns.checks.portfolios import AT

WORDS = ("milk", "vip", "dairy")
COUNTED = ("trips", "days_since_trip", *NO_OUTLOOK, "basket_items", "basket_cents", "hour")
ATOMS = st.one_of(
    st.builds(
        "{} {} {}".format,
        st.sampled_from(COUNTED),
        st.sampled_from(["<", ">", "==", "!=", ">=", "<="]),
        st.integers(0, 30),
    ),
    st.builds(
        "'{}' in {}".format,
        st.sampled_from(WORDS),
        st.sampled_from(["segments", "bought_categories", "basket_categories"]),
    ),
    st.builds("zone == '{}'".format, st.sampled_from(WORDS)),
    st.builds("daypart == '{}'".format, st.sampled_from(["morning", "evening"])),
    st.builds("size(basket_categories) > {}".format, st.integers(0, 3)),
    st.sampled_from(["identified", "surface == 'kiosk'", "placement == 'phone-home'"]),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
    ),
    max_leaves=4,
)


def reach(audience: str = "", segment: str = "everybody", *places: str) -> OfferReach:
    return OfferReach(
        offer=offer("o", [], audience=audience, segment=segment),
        campaign=None,
        placements=tuple(SCREENS[name] for name in places or SCREENS),
        starts_at=AT,
        ends_at=AT,
        hours=week_hours.ALWAYS,
        condition=Expression(audience) if audience else None,
        variants=None,
    )


def somebody(chance: Random) -> dict[str, ConditionValue]:
    """Facts as a decision would tell them, of nobody or of a person with or without a past."""
    known, past = chance.random() < 0.8, chance.random() < 0.7

    def some() -> tuple[str, ...]:
        return tuple(sorted(chance.sample([*WORDS, "x", "y"], chance.randrange(4))))

    hour, place = chance.randrange(24), chance.choice([*SCREENS.values()])
    filled = chance.random() < 0.7
    categories = some() if filled else ()
    facts: dict[str, ConditionValue] = {name: value for name, (value, _) in FACTS.items()}
    if known:
        facts |= {"identified": True, "segments": some()}
    if known and past:
        facts |= {"trips": chance.randrange(1, 65), "days_since_trip": chance.randrange(40)}
        facts["bought_categories"] = some()
        facts |= {
            "churn_risk_pct": chance.randrange(101),
            "expected_trips": chance.randrange(12),
        }
        facts["value_cents"] = chance.randrange(60)
    if filled:
        facts |= {
            "basket_items": len(categories) + chance.randrange(1, 30),
            "basket_cents": chance.randrange(1, 60),
        }
    facts |= {"hour": hour, "weekday": chance.randrange(1, 8), "daypart": daypart(hour)}
    facts |= {"zone": chance.choice(["", *WORDS, "x"]), "basket_categories": categories}
    return facts | {"placement": place.name, "surface": place.surface}


def anybody(seed: int, *conditions: str) -> bool:
    """Whether one of many drawn people meets all conditions."""
    chance = Random(seed)  # noqa: S311  # no secret
    compiled = [Expression(text) for text in conditions]
    people = (somebody(chance) for _ in range(300))
    return any(all(one.holds(facts) for one in compiled) for facts in people)


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, st.integers(0, 2**16))
def test_an_audience_that_is_said_to_be_nobody_is_nobody(text: str, seed: int) -> None:
    if anybody(seed, text):
        assert can_be(reach(text))


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, CONDITIONS, st.integers(0, 2**16))
def test_two_audiences_that_never_meet_share_nobody(one: str, other: str, seed: int) -> None:
    assume(anybody(seed, one, other))
    first, second = reach(one), reach(other)
    assert meet(first, second, week_hours.ALWAYS, on_one_screen=True)
    assert meet(first, second, week_hours.ALWAYS, on_one_screen=False)


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, CONDITIONS, st.integers(0, 2**16))
def test_whoever_is_outside_the_wider_audience_is_outside_the_narrower(
    wide: str, narrow: str, seed: int
) -> None:
    if anybody(seed, narrow, f"!({wide})"):
        assert not covers(reach(wide), reach(narrow))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("trips > 3", "trips <= 3"),
        ("trips > 0", "days_since_trip == -1"),
        ("'vip' in segments", "!identified"),
        ("hour < 11", "daypart == 'evening'"),
        ("basket_items == 0", "'milk' in basket_categories"),
        ("size(basket_categories) > 4", "basket_items < 5"),
    ],
)
def test_these_never_meet(one: str, other: str) -> None:
    assert not meet(reach(one), reach(other), week_hours.ALWAYS, on_one_screen=True)


def test_segments_do_not_keep_people_apart() -> None:
    assert meet(reach("", "vip"), reach("", "student"), week_hours.ALWAYS, on_one_screen=True)


def test_one_person_may_stand_before_two_screens() -> None:
    one = reach("surface == 'kiosk'", "everybody", "kiosk-home")
    other = reach("surface == 'phone'", "everybody", "phone-home")
    assert meet(one, other, week_hours.ALWAYS, on_one_screen=False)


def test_a_segment_covers_itself_and_everybody_covers_all() -> None:
    assert covers(reach(), reach("trips > 3", "vip"))
    assert covers(reach("trips > 2"), reach("trips > 3"))
    assert not covers(reach("", "vip"), reach())
    assert not covers(reach("trips > 4"), reach("trips > 3"))


@pytest.mark.parametrize(
    "text", ["trips * 7 == 35", "basket_cents - 10 == 3 * 90", "zone.matches('^fr[aeiou]sh$')"]
)
def test_a_condition_that_turns_at_values_beside_its_text_is_believed(text: str) -> None:
    assert can_be(reach(text))


def test_a_condition_of_too_many_words_is_believed_but_tried_only_so_often() -> None:
    text = " && ".join(f"'{n}' in segments && '{n}' in bought_categories" for n in range(8))
    question = ConditionQuestion(
        texts=(text,),
        reads=Expression(text).reads,
        segments=frozenset(),
        placements=(),
        hours=0,
    )
    assert not Situations(question).are_all
    assert sum(1 for _ in Situations(question)) <= MOST
    assert can_be(reach(f"{text} && !('0' in segments)"))


def test_hours_out_of_reach_do_not_count() -> None:
    early = replace(reach("daypart == 'evening'"), hours=1 << 9)
    assert not can_be(early)
