from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.challenge import (
    CardCandidates,
    CardSale,
    Challenge,
    ChallengeCard,
    ChallengeGoal,
    ChallengeReward,
    first_day_of,
    goals_of,
    week_of,
)
from edge.domain.ids import BasketId, DecisionId, OfferId, Sku
from tests.edge.builders import ANN, BEN, DAY, NOW, later

USUAL = [Sku(str(n)) for n in range(1, 9)]
NEW = [Sku("101"), Sku("102")]
JUNE = Challenge(
    id="june",
    headline="Three this week",
    starts_at=later(days=-1),
    ends_at=later(days=30),
    reward=ChallengeReward(points=50),
)


def card(*goals: ChallengeGoal) -> ChallengeCard:
    return ChallengeCard(
        token=ANN,
        challenge="june",
        week=1,
        headline="Three",
        goals=goals
        or (
            ChallengeGoal(sku=Sku("1")),
            ChallengeGoal(sku=Sku("2")),
            ChallengeGoal(sku=Sku("3"), new=True),
        ),
        reward=ChallengeReward(offer=OfferId("gift"), cents=200),
        decision=DecisionId("d-1"),
        until=later(days=6),
    )


def paid(one: ChallengeCard, *skus: str, basket: str = "b-1", days: float = 0) -> ChallengeCard:
    return one.paid(BasketId(basket), {Sku(s) for s in skus}, later(days=days))


def test_a_week_begins_on_monday() -> None:
    assert DAY == 19_877  # a Monday
    assert week_of(DAY) == week_of(DAY + 6) == week_of(DAY - 1) + 1
    assert first_day_of(week_of(DAY + 3)) == DAY


def test_a_challenge_is_live_until_its_end() -> None:
    assert JUNE.is_live(NOW)
    assert not JUNE.is_live(JUNE.ends_at)
    assert not JUNE.is_live(later(days=-2))


def test_a_card_is_the_same_every_time_and_another_one_for_others_and_later() -> None:
    stock = CardCandidates(usual=USUAL, new=NEW)
    first = goals_of(JUNE, ANN, 1, stock)
    assert first == goals_of(JUNE, ANN, 1, CardCandidates(usual=tuple(USUAL), new=tuple(NEW)))
    others = {goals_of(JUNE, token, week, stock) for token in (ANN, BEN) for week in range(20)}
    assert len(others) > 5


def test_the_new_item_is_the_likeliest_that_is_none_of_the_usual() -> None:
    stock = CardCandidates(usual=USUAL, new=[Sku("3"), Sku("102"), Sku("101")])
    assert goals_of(JUNE, ANN, 1, stock)[-1] == ChallengeGoal(sku=Sku("102"), new=True)


def test_usual_items_come_from_the_most_frequent() -> None:
    drawn = {
        goal.sku
        for week in range(200)
        for goal in goals_of(JUNE, ANN, week, CardCandidates(usual=USUAL, new=NEW))[:2]
    }
    assert drawn == set(USUAL[:6])


def test_half_a_card_is_none() -> None:
    assert goals_of(JUNE, ANN, 1, CardCandidates(usual=USUAL[:1], new=NEW)) == ()
    assert goals_of(JUNE, ANN, 1, CardCandidates(usual=USUAL, new=[])) == ()


def test_what_lies_in_an_open_basket_counts_while_it_lies_there() -> None:
    one = card()
    assert [g.sku for g in one.open_goals({Sku("1")})] == ["2", "3"]
    assert len(one.open_goals()) == 3


def test_an_item_keeps_the_basket_that_paid_for_it_first() -> None:
    one = paid(paid(card(), "1"), "1", "2", basket="b-2")
    assert [g.basket for g in one.goals] == ["b-1", "b-2", None]


def test_the_last_item_brings_the_reward_at_that_moment() -> None:
    one = paid(paid(card(), "1", "2"), "3", "9", days=1)
    assert one.rewarded_at == later(days=1)
    assert one.open_goals() == ()


def test_after_the_week_nothing_counts() -> None:
    assert paid(card(), "1", "2", "3", days=6) == card()


@given(st.lists(st.sets(st.sampled_from("1234")), max_size=8))
def test_a_reward_comes_once_and_only_for_a_full_card(baskets: list[set[str]]) -> None:
    one, moments = card(), set[object]()
    for n, skus in enumerate(baskets):
        one = paid(one, *skus, basket=f"b-{n}", days=n / 10)
        moments |= {one.rewarded_at} - {None}
    bought = set[str]().union(*baskets)
    assert len(moments) == (set("123") <= bought)


@given(st.permutations(["1", "2", "3"]))
def test_the_order_of_purchases_does_not_matter(order: list[str]) -> None:
    one = card()
    for sku in order:
        one = paid(one, sku)
    assert one == replace(
        card(),
        goals=tuple(replace(g, basket=BasketId("b-1")) for g in card().goals),
        rewarded_at=NOW,
    )


def bought(basket: str, *skus: str, days: float = 0) -> CardSale:
    return CardSale(BasketId(basket), frozenset(map(Sku, skus)), later(days=days))


@given(
    st.lists(st.sets(st.sampled_from("1239")), min_size=1, max_size=5),
    st.integers(0, 4),
    st.sets(st.sampled_from("1239")),
)
def test_a_corrected_sale_counts_as_if_it_had_always_been_so(
    sales: list[set[str]], which: int, then: set[str]
) -> None:
    which = min(which, len(sales) - 1)
    told = [bought(f"b-{n}", *skus, days=n) for n, skus in enumerate(sales)]
    corrected = [*told]
    corrected[which] = bought(f"b-{which}", *then, days=which)
    before = after = card()
    for old, new in zip(told, corrected, strict=True):
        before = before.paid(old.basket, old.skus, old.at)
        after = after.paid(new.basket, new.skus, new.at)
    assert before.paid_anew(corrected[which:]) == after
