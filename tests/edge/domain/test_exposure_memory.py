from __future__ import annotations

from collections import Counter
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.exposure_memory import (
    DISMISSED,
    LOOKED_AT,
    MEMORY,
    NEVER_AGAIN,
    TAKEN_UP,
    WEEK,
    ExposureMemory,
    Impression,
    OfferResponse,
)
from edge.domain.ids import ItemKey, OfferId, VisitId
from tests.edge.builders import NOW, later, shown, touch

O = OfferId("o")  # noqa: E741 - the one offer of this file

times = st.integers(-40 * 24, 0).map(lambda hours: later(3_600 * hours))
names = st.sampled_from([OfferId("a"), OfferId("b")])
touches = st.lists(
    st.builds(
        Impression,
        times,
        names,
        st.just("june"),
        st.just("dairy"),
        st.sampled_from([VisitId(""), VisitId("v-1"), VisitId("v-2")]),
    ),
    max_size=6,
).map(sorted)
responses = st.lists(
    st.builds(
        OfferResponse,
        times,
        st.sampled_from([TAKEN_UP, LOOKED_AT, DISMISSED, NEVER_AGAIN]),
        st.sampled_from(["dairy", "bread"]),
        st.none() | st.integers(1, 3).map(ItemKey),
        st.none() | names,
    ),
    max_size=6,
).map(lambda said: sorted(said, key=lambda response: response.at))
memories = st.builds(
    ExposureMemory,
    touches=touches,
    responses=responses,
    given=st.dictionaries(names, st.integers(1, 3)).map(Counter),
)


def response(liked: int, at: datetime | None = None, item: int | None = None) -> OfferResponse:
    key = None if item is None else ItemKey(item)
    return OfferResponse(at or NOW, liked, "dairy", key, O)


def test_lately_is_the_seven_days_before() -> None:
    memory = shown(a=(-7, -6.9, 0))
    assert [t.at for t in memory.lately(NOW)] == [later(days=-6.9), NOW]
    assert memory.lately(NOW + WEEK) == []


def test_showings_that_were_not_taken_up_are_counted_since_the_last_that_was() -> None:
    memory = shown(o=(-20, -10, -2, -1))
    assert memory.ignored(NOW) == {"o": 4}
    memory.responses.append(response(TAKEN_UP, later(days=-5)))
    assert memory.ignored(NOW) == {"o": 2}
    memory.responses.append(response(TAKEN_UP, NOW))
    assert memory.ignored(NOW) == {}


def test_looking_and_dismissing_are_no_taking_up() -> None:
    memory = shown(o=(-2,))
    memory.responses += [response(LOOKED_AT), response(DISMISSED), response(NEVER_AGAIN)]
    assert memory.ignored(NOW) == {"o": 1}


def test_what_is_older_than_five_weeks_is_counted_no_more() -> None:
    old = shown(o=(-36,))
    old.responses = [response(NEVER_AGAIN, later(days=-36), 1)]
    assert (old.ignored(NOW), old.rejected(NOW), old.disliked(NOW)) == ({}, (), {})


def test_not_for_me_rejects_the_item_and_costs_its_category_two() -> None:
    memory = ExposureMemory(
        responses=[response(NEVER_AGAIN, item=7), response(NEVER_AGAIN, item=3)]
    )
    assert memory.rejected(NOW) == (3, 7)
    assert memory.disliked(NOW) == {"dairy": 4}


def test_a_dismissal_costs_one_and_rejects_nothing() -> None:
    memory = ExposureMemory(
        responses=[response(DISMISSED, item=7), response(LOOKED_AT, item=8)]
    )
    assert memory.rejected(NOW) == ()
    assert memory.disliked(NOW) == {"dairy": 1}


def test_buying_it_again_ends_what_was_said_against_an_item() -> None:
    noes = [response(NEVER_AGAIN, later(days=-9), 7), response(DISMISSED, later(days=-8), 3)]
    memory = ExposureMemory(responses=noes)
    assert (memory.rejected(NOW), memory.disliked(NOW)) == ((7,), {"dairy": 3})
    memory.responses.append(OfferResponse(later(days=-5), TAKEN_UP, "dairy", ItemKey(7)))
    assert (memory.rejected(NOW), memory.disliked(NOW)) == ((), {"dairy": 1})
    assert memory.turned_down(NOW) == {3, 7}
    # A word after the purchase stands, and one that is told late ends what is older alone.
    memory.responses.append(response(NEVER_AGAIN, later(days=-1), 7))
    memory.responses.append(OfferResponse(later(days=-2), TAKEN_UP, "dairy", ItemKey(7)))
    assert (memory.rejected(NOW), memory.disliked(NOW)) == ((7,), {"dairy": 3})


@given(memories, st.integers(1, 3).map(ItemKey))
def test_what_is_bought_now_is_rejected_no_more_and_nothing_else_is_touched(
    memory: ExposureMemory, item: ItemKey
) -> None:
    before, noes = set(memory.rejected(NOW)), memory.disliked(NOW)
    taken = OfferResponse(NOW, TAKEN_UP, "dairy", item)
    memory.responses.append(taken)
    assert set(memory.rejected(NOW)) == before - {item}
    assert all(noes[name] >= n for name, n in memory.disliked(NOW).items())
    # What comes back was never bought: then everything is as it was.
    memory.responses.remove(taken)
    assert (set(memory.rejected(NOW)), memory.disliked(NOW)) == (before, noes)


def test_a_no_to_a_whole_screen_rejects_no_item() -> None:
    memory = ExposureMemory(responses=[response(NEVER_AGAIN)])
    assert memory.rejected(NOW) == ()


@given(memories)
def test_a_memory_with_all_of_itself_is_itself(memory: ExposureMemory) -> None:
    once = ExposureMemory().with_all_of(memory)
    again = memory.with_all_of(memory)
    assert (once.touches, once.given) == (again.touches, again.given)
    assert sorted(map(repr, once.responses)) == sorted(map(repr, again.responses))


@given(memories, memories)
def test_what_either_counts_both_together_count(
    one: ExposureMemory, other: ExposureMemory
) -> None:
    both = one.with_all_of(other)
    for mine in (one, other):
        assert {t[1:] for t in mine.touches} <= {t[1:] for t in both.touches}
        assert set(mine.responses) <= set(both.responses)
    assert both.given == other.given


@given(touches)
def test_an_offer_counts_once_a_visit_on_however_many_screens(shown: list[Impression]) -> None:
    memory = ExposureMemory()
    for one in shown:
        memory.touched(one)
    in_a_visit = {(t.offer, t.visit) for t in shown if t.visit}
    assert len(memory.touches) == len(in_a_visit) + sum(not t.visit for t in shown)
    assert all(name in memory.promised(visit) for name, visit in in_a_visit)
    assert memory.promised(None) == memory.promised(VisitId("")) == ()


@given(memories)
def test_forgetting_what_no_rule_counts_changes_no_answer(memory: ExposureMemory) -> None:
    before = (
        memory.lately(NOW),
        memory.ignored(NOW),
        memory.rejected(NOW),
        memory.disliked(NOW),
    )
    memory.forget_before(NOW)
    after = (
        memory.lately(NOW),
        memory.ignored(NOW),
        memory.rejected(NOW),
        memory.disliked(NOW),
    )
    assert before == after
    assert all(t.at > NOW - MEMORY for t in memory.touches)


def test_a_touch_says_whose_it_was() -> None:
    assert touch("o", campaign="july") == Impression(NOW, O, "july", "dairy")


def test_what_no_rule_counts_any_more_is_let_go_of_to_the_instant() -> None:
    memory = shown(o=(-36, -35, -34))
    memory.responses = [response(DISMISSED, later(days=day)) for day in (-36, -35, -34)]
    memory.forget_before(NOW)
    assert [t.at for t in memory.touches] == [later(days=-34)]
    assert [r.at for r in memory.responses] == [later(days=-34)]


def test_answers_of_one_instant_that_lack_an_item_or_an_offer_are_put_together() -> None:
    bare = OfferResponse(NOW, DISMISSED, "dairy")
    both = ExposureMemory(responses=[bare]).with_all_of(
        ExposureMemory(responses=[response(DISMISSED, item=7), bare])
    )
    assert Counter(both.responses) == Counter([bare, response(DISMISSED, item=7)])


def test_caps_look_back_a_week_and_back_off_five() -> None:
    assert (WEEK.days, MEMORY.days) == (7, 35)


def test_what_was_looked_at_comes_latest_first_each_once() -> None:
    looks = [
        response(LOOKED_AT, later(days=ago), item)
        for ago, item in ((-36, 1), (-5, 2), (-4, 3), (-3, 2), (-2, None), (-1, 5))
    ]
    memory = ExposureMemory(responses=[*looks, response(TAKEN_UP, item=9)])
    assert memory.viewed(NOW) == (5, 2, 3)
