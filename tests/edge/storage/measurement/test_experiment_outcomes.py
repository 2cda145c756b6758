from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.consent import ConsentState, Purpose
from edge.storage import erased_people
from edge.storage.decisions import redemptions
from edge.storage.measurement import experiment_outcomes
from edge.storage.measurement.experiment_outcomes import ExperimentOutcome
from edge.storage.people import consents
from tests.edge.storage import samples
from tests.edge.storage.samples import ANN, BEN, NOW, later


def only(conn: sqlite3.Connection, design: str = "d1") -> ExperimentOutcome:
    (found,) = experiment_outcomes.of(conn, "june", design)
    return found


def test_a_person_enters_a_draw_once(conn: sqlite3.Connection) -> None:
    assert experiment_outcomes.enter(conn, samples.entrant())
    assert not experiment_outcomes.enter(conn, samples.entrant(arm="held-out", at=later(60)))
    assert (only(conn).arm, only(conn).first_at) == ("treated", NOW)


def test_another_draw_of_the_campaign_counts_anew(conn: sqlite3.Connection) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    assert experiment_outcomes.enter(conn, samples.entrant(design="d2", arm="held-out"))
    assert only(conn, "d2").arm == "held-out"


def test_a_sale_of_the_visit_counts_for_visit_and_month(conn: sqlite3.Connection) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    assert experiment_outcomes.pay(conn, samples.sale()) == 1
    found = only(conn)
    assert (found.visit_cents, found.visit_items) == (758, 2)
    assert (found.month_cents, found.month_trips) == (758, 1)


def test_a_later_sale_counts_for_the_month_only(conn: sqlite3.Connection) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    experiment_outcomes.pay(conn, samples.sale(at=later(days=27.9)))
    assert (only(conn).visit_cents, only(conn).visit_items) == (0, 0)
    assert (only(conn).month_cents, only(conn).month_trips) == (758, 1)


def test_what_is_paid_before_or_after_four_weeks_does_not_count(
    conn: sqlite3.Connection,
) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    assert experiment_outcomes.pay(conn, samples.sale(at=later(-1))) == 0
    assert experiment_outcomes.pay(conn, samples.sale(at=later(days=28))) == 0
    assert only(conn).month_trips == 0


def test_pieces_count_for_their_campaign_alone(conn: sqlite3.Connection) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    experiment_outcomes.pay(conn, samples.sale(items={"july": 5}))
    assert only(conn).visit_items == 0


def test_discounts_are_taken_off_what_was_paid(conn: sqlite3.Connection) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    experiment_outcomes.pay(conn, samples.sale())
    redemptions.add(conn, samples.redemption(at=later(600), cents=50))
    redemptions.add(conn, samples.redemption(nth=2, at=later(days=3), cents=8, campaign="july"))
    redemptions.add(conn, samples.redemption(BEN, at=later(600), cents=1_000))
    assert (only(conn).visit_cents, only(conn).month_cents) == (708, 700)


def test_redemptions_of_the_campaign_are_counted_where_they_are_kept(
    conn: sqlite3.Connection,
) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    redemptions.add(conn, samples.redemption(at=later(60)))
    redemptions.add(conn, samples.redemption(nth=2, at=later(days=29)))
    redemptions.add(conn, samples.redemption(nth=3, at=later(-60)))
    assert only(conn).redeemed == 1


def test_who_takes_back_being_measured_leaves_every_test(conn: sqlite3.Connection) -> None:
    for token in (ANN, BEN):
        experiment_outcomes.enter(conn, samples.entrant(token))
    gone = replace(
        samples.entry("w"), purpose=Purpose.MEASURE, state=ConsentState.WITHDRAWN, token=ANN
    )
    consents.append(conn, [gone])
    assert len(experiment_outcomes.of(conn, "june", "d1")) == 1
    assert experiment_outcomes.forget(conn, ANN) == 0


def test_taking_back_something_else_changes_no_test(conn: sqlite3.Connection) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    other = replace(samples.entry("w"), purpose=Purpose.SHARE, state=ConsentState.WITHDRAWN)
    consents.append(conn, [other])
    assert len(experiment_outcomes.of(conn, "june", "d1")) == 1


def test_an_erased_person_enters_nothing(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not experiment_outcomes.enter(conn, samples.entrant())


def test_people_are_told_in_the_order_in_which_they_came(conn: sqlite3.Connection) -> None:
    for token, second in ((BEN, 5), (ANN, 2)):
        experiment_outcomes.enter(
            conn, samples.entrant(token, at=later(second), past_trips=second)
        )
    assert [one.past_trips for one in experiment_outcomes.of(conn, "june", "d1")] == [2, 5]


def test_the_oldest_go_first(conn: sqlite3.Connection) -> None:
    for token, second in ((BEN, 5), (ANN, 2)):
        experiment_outcomes.enter(
            conn, samples.entrant(token, at=later(second), past_trips=second)
        )
    assert experiment_outcomes.sweep(conn, later(10), 1) == 1
    assert only(conn).past_trips == 5


def test_a_sale_taken_back_is_off_every_count(conn: sqlite3.Connection) -> None:
    experiment_outcomes.enter(conn, samples.entrant())
    sale = samples.sale()
    experiment_outcomes.pay(conn, sale)
    off = {campaign: -pieces for campaign, pieces in sale.items.items()}
    experiment_outcomes.pay(conn, replace(sale, cents=-sale.cents, items=off, trips=-1))
    found = only(conn)
    assert (found.visit_cents, found.visit_items, found.month_cents, found.month_trips) == (
        0, 0, 0, 0,
    )  # fmt: skip
