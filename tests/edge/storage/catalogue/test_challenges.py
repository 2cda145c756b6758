from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.challenge import Challenge, ChallengeCard, ChallengeGoal, ChallengeReward
from edge.domain.ids import BasketId, OfferId, Sku, Token
from edge.storage import erased_people
from edge.storage.catalogue import challenges
from edge.storage.catalogue.challenges import ChallengeProgress
from edge.storage.decisions import redemptions
from tests.edge.storage.samples import ANN, BASKET, BEN, DECISION, MILK, NOW, OFFER, later

JUNE = Challenge(
    id="june",
    headline="Three this week",
    starts_at=NOW,
    ends_at=later(days=30),
    reward=ChallengeReward(offer=OFFER),
)


def card(
    token: Token = ANN, *, week: int = 1, reward: ChallengeReward | None = None
) -> ChallengeCard:
    return ChallengeCard(
        token=token,
        challenge="june",
        week=week,
        headline="Three this week",
        goals=(ChallengeGoal(sku=MILK), ChallengeGoal(sku=Sku("x-9"), new=True)),
        reward=reward or ChallengeReward(offer=OFFER, cents=200),
        decision=DECISION,
        until=later(days=7),
    )


def full(one: ChallengeCard) -> ChallengeCard:
    return one.paid(BASKET, {MILK, Sku("x-9")}, NOW)


def test_a_challenge_is_kept_as_it_was_told(conn: sqlite3.Connection) -> None:
    points = replace(
        JUNE, id="points", reward=ChallengeReward(points=50), usual=1, discoveries=0
    )
    for one in (JUNE, replace(JUNE, headline="older"), JUNE, points):
        challenges.put(conn, one)
    assert challenges.every(conn) == (JUNE, points)
    challenges.delete(conn, "june")
    assert challenges.every(conn) == (points,)


def test_a_card_is_found_until_its_end(conn: sqlite3.Connection) -> None:
    begun = card().paid(BasketId("b-7"), {MILK}, NOW)
    for one in (card(), begun, card(BEN)):
        challenges.save(conn, one)
    assert challenges.of(conn, ANN, NOW) == (begun,)
    assert challenges.of(conn, ANN, later(days=7)) == ()


def test_a_full_card_is_redeemed_once_however_often_it_is_written(
    conn: sqlite3.Connection,
) -> None:
    for one in (card(), full(card()), full(card()), card(), full(card())):
        assert challenges.save(conn, one)
    assert redemptions.given_to(conn, ANN) == {OFFER: 1}
    assert redemptions.spent_cents(conn) == {"june": 200}
    assert challenges.of(conn, ANN, NOW) == (full(card()),)


def test_each_week_has_its_own_reward(conn: sqlite3.Connection) -> None:
    for week in (1, 2):
        challenges.save(conn, full(card(week=week)))
    assert redemptions.given_to(conn, ANN) == {OFFER: 2}


def test_points_are_no_redemption_of_an_offer(conn: sqlite3.Connection) -> None:
    challenges.save(conn, full(card(reward=ChallengeReward(points=50))))
    assert redemptions.given(conn) == {}
    assert challenges.of(conn, ANN, NOW)[0].rewarded_at == NOW


def test_how_a_challenge_goes(conn: sqlite3.Connection) -> None:
    begun = card(BEN).paid(BASKET, {MILK}, NOW)
    for one in (full(card()), begun, card(Token("c-third"))):
        challenges.save(conn, one)
    expected = ChallengeProgress(challenge="june", cards=3, begun=2, rewarded=1)
    assert challenges.standings(conn, NOW) == (expected,)


def test_an_erased_persons_cards_are_gone_for_good(conn: sqlite3.Connection) -> None:
    challenges.save(conn, card())
    challenges.save(conn, card(BEN))
    assert (challenges.forget(conn, ANN), challenges.forget(conn, ANN)) == (1, 0)
    erased_people.add(conn, ANN, NOW)
    assert not challenges.save(conn, full(card()))
    assert redemptions.given(conn) == {}
    assert challenges.of(conn, BEN, NOW)


def test_old_cards_go(conn: sqlite3.Connection) -> None:
    challenges.save(conn, card())
    assert challenges.sweep(conn, later(days=7), 10) == 0
    assert challenges.sweep(conn, later(days=8), 10) == 1
    assert redemptions.given(conn)[OfferId("none")] == 0
