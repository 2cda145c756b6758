from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from cloud_sync.downlink import StreamChange
from cloud_sync.errors import ChangeRefused
from edge.domain.challenge import Challenge, ChallengeCard, ChallengeGoal, ChallengeReward
from edge.domain.driver_credit import Driver
from edge.domain.ids import BasketId, OfferId, Sku, Token
from edge.pipeline.central_changes import CentralChanges
from edge.storage import erased_people
from edge.storage.catalogue import challenges
from edge.storage.catalogue.challenges import ChallengeProgress, know_challenge
from edge.storage.decisions import redemptions
from edge.storage.measurement import driver_credits
from tests.edge.storage.samples import ANN, BASKET, BEN, DECISION, MILK, NOW, OFFER, later

JUNE = Challenge(
    id="june",
    headline="Three this week",
    starts_at=NOW,
    ends_at=later(days=30),
    reward=ChallengeReward(offer=OFFER),
)


BODY: dict[str, Any] = {
    "id": "june",
    "headline": "Three this week",
    "starts_at": NOW.isoformat(),
    "ends_at": later(days=7).isoformat(),
    "reward": {"points": 50},
}


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
    assert challenges.progress(conn, NOW) == (expected,)


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


def test_a_challenge_comes_and_goes(conn: sqlite3.Connection) -> None:
    know_challenge(conn, "june", {**BODY, "of_a_later_version": 1})
    (found,) = challenges.every(conn)
    assert (found.id, found.usual, found.discoveries, found.starts_at) == ("june", 2, 1, NOW)
    know_challenge(conn, "june", None)
    assert challenges.every(conn) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"reward": {}},
        {"reward": {"points": 5, "offer": "o-1"}},
        {"reward": {"points": -1}},
        {"ends_at": NOW.isoformat()},
        {"starts_at": "2024-06-03T00:00:00"},
        {"usual": 0},
        {"headline": ""},
    ],
)
def test_what_cannot_be_a_challenge_is_refused(
    conn: sqlite3.Connection, changed: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        know_challenge(conn, "june", {**BODY, **changed})


def test_a_challenge_under_anothers_key_is_refused(conn: sqlite3.Connection) -> None:
    with pytest.raises(ChangeRefused, match="its key"):
        know_challenge(conn, "july", BODY)


def told(conn: sqlite3.Connection, stream: str, key: str, body: dict[str, Any] | None) -> None:
    """The same on the way from the centre."""
    op: Literal["upsert", "delete"] = "delete" if body is None else "upsert"
    change = StreamChange(stream=stream, key=key, op=op, version=1, body=body or {})
    incoming = CentralChanges(zone=ZoneInfo("UTC"), now=lambda: NOW)
    incoming.handlers()[stream](conn, [change])


def test_both_come_down_from_the_centre(conn: sqlite3.Connection) -> None:
    told(conn, "challenges", "june", BODY)
    told(conn, "bounties", "logged-in", {"cents": 20})
    assert [one.id for one in challenges.every(conn)] == ["june"]
    assert driver_credits.values(conn) == {Driver.LOGGED_IN: 20}
    told(conn, "challenges", "june", None)
    told(conn, "bounties", "logged-in", None)
    assert (challenges.every(conn), driver_credits.values(conn)) == ((), {})


def test_a_bad_body_from_the_centre_is_refused_by_the_names_of_its_fields(
    conn: sqlite3.Connection,
) -> None:
    with pytest.raises(ChangeRefused, match="not valid: headline"):
        told(conn, "challenges", "june", {**BODY, "headline": ""})


def test_a_card_is_corrected_with_its_reward(conn: sqlite3.Connection) -> None:
    one = full(card())
    challenges.save(conn, one)
    empty = replace(one, rewarded_at=None, goals=(ChallengeGoal(sku=MILK),))
    assert challenges.correct(conn, empty)
    assert challenges.of(conn, ANN, NOW) == (empty,)
    assert redemptions.given_to(conn, ANN) == {}
    assert challenges.correct(conn, one)
    assert challenges.of(conn, ANN, NOW) == (one,)
    assert redemptions.given_to(conn, ANN).total() == 1


def test_a_card_that_is_gone_is_not_corrected(conn: sqlite3.Connection) -> None:
    assert not challenges.correct(conn, full(card()))
    assert redemptions.given_to(conn, ANN) == {}
