from __future__ import annotations

import sqlite3

from edge.domain.ids import DecisionId, OfferId
from edge.storage import erased_people
from edge.storage.decisions import redemptions
from tests.edge.storage.samples import ANN, BEN, NOW, OFFER, later, redemption


def test_each_number_of_a_person_is_taken_once(conn: sqlite3.Connection) -> None:
    assert redemptions.add(conn, redemption())
    assert not redemptions.add(conn, redemption())
    assert redemptions.add(conn, redemption(nth=2))
    assert redemptions.add(conn, redemption(BEN))
    assert redemptions.given_to(conn, ANN) == {OFFER: 2}
    assert redemptions.given(conn) == {OFFER: 3}


def test_nobody_in_particular_has_no_numbers(conn: sqlite3.Connection) -> None:
    for _ in range(2):
        assert redemptions.add(conn, redemption(None, nth=None))
    assert redemptions.given(conn) == {OFFER: 2}


def test_what_was_given_away_is_summed_by_campaign(conn: sqlite3.Connection) -> None:
    redemptions.add(conn, redemption(cents=30))
    redemptions.add(conn, redemption(nth=2, cents=50, campaign="july"))
    redemptions.add(conn, redemption(BEN, cents=20, offer=OfferId("other")))
    assert redemptions.spent_cents(conn) == {"june": 50, "july": 50}


def test_forgetting_makes_them_nobodys_and_leaves_the_sums(conn: sqlite3.Connection) -> None:
    for nth in (1, 2):
        redemptions.add(conn, redemption(nth=nth))
    redemptions.add(conn, redemption(BEN))
    assert redemptions.forget(conn, ANN) == 2
    assert redemptions.given_to(conn, ANN) == {}
    assert redemptions.given_to(conn, BEN) == {OFFER: 1}
    assert redemptions.spent_cents(conn) == {"june": 150}


def test_what_an_erased_person_redeems_counts_as_nobodys(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert redemptions.add(conn, redemption())
    assert redemptions.given_to(conn, ANN) == {}
    assert redemptions.given(conn) == {OFFER: 1}


def test_a_sweep_takes_the_old(conn: sqlite3.Connection) -> None:
    redemptions.add(conn, redemption())
    redemptions.add(conn, redemption(nth=2, at=later(5)))
    assert redemptions.sweep(conn, later(5), limit=10) == 1
    assert redemptions.given(conn) == {OFFER: 1}


def test_a_reward_taken_back_moves_the_later_ones_up(conn: sqlite3.Connection) -> None:
    for n in (1, 2, 3):
        redemptions.add(conn, redemption(nth=n, decision=DecisionId(f"d-{n}")))
    assert redemptions.take_back_reward(conn, ANN, DecisionId("d-1"), OFFER)
    assert redemptions.given_to(conn, ANN) == {OFFER: 2}
    assert not redemptions.take_back_reward(conn, ANN, DecisionId("d-1"), OFFER)
