"""Everything one signal changes, written whole or not at all.

The signal handlers of `edge.pipeline` fill a `ChangeSet`, the executor has it saved on the writer's thread, and only
after that is the signal acknowledged: a crash in between repeats the signal, never half of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.domain.associate_tip import AssociateTip, TippedGoods
from edge.domain.basket import GoodsTaken, TillBasket
from edge.domain.booked_sale import BookedSale
from edge.domain.challenge import ChallengeCard
from edge.domain.consent import ConsentEntry, Purpose
from edge.domain.customer import Customer
from edge.domain.driver_credit import DriverCredit
from edge.domain.event import StoreEvent
from edge.domain.ids import Token, VisitId
from edge.domain.kpi import DayCount
from edge.domain.trigger import TriggerMessage
from edge.domain.visit import Visit
from edge.storage import outbox_writer
from edge.storage.catalogue import challenges, item_pairs, stock, trend
from edge.storage.catalogue.item_pairs import PairKind
from edge.storage.decisions import (
    decisions,
    exposures,
    feedback,
    proof_of_play,
    redemptions,
    responses,
    snapshots,
)
from edge.storage.decisions.decisions import FreshDecision, StoredDecision
from edge.storage.decisions.exposures import Exposure
from edge.storage.decisions.feedback import FeedbackRow
from edge.storage.decisions.proof_of_play import PlayRecord
from edge.storage.decisions.redemptions import Redemption, UndoneRedemption
from edge.storage.decisions.responses import StoredResponse
from edge.storage.decisions.snapshots import Snapshot
from edge.storage.measurement import (
    booked_sales,
    day_counts,
    driver_credits,
    experiment_outcomes,
    switchback_sums,
    till_history,
)
from edge.storage.measurement.experiment_outcomes import Entrant, Sale
from edge.storage.measurement.switchback_sums import Stretch
from edge.storage.operations import first_answers
from edge.storage.operations.first_answers import FirstAnswer
from edge.storage.people import (
    consents,
    coupons,
    customers,
    identifier_links,
    messages,
    profiles,
    reminders,
    used_claims,
    visit_days,
)
from edge.storage.people.identifier_links import IdentifierLink
from edge.storage.people.reminders import Reminder
from edge.storage.people.used_claims import UsedClaim
from edge.storage.people.visit_days import PaidTrip
from edge.storage.visits import associate_tips, baskets, processed_events, visits


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiUpdates:
    """What one signal adds to the key figures.

    ``day``: the local day (since 1970) that ``counts`` go to; ``paid``: what a visit paid for.
    """

    day: int = 0
    counts: Mapping[DayCount, int] = field(default_factory=dict[DayCount, int])
    bounties: tuple[DriverCredit, ...] = ()
    tips: tuple[AssociateTip, ...] = ()
    paid: tuple[VisitId, tuple[TippedGoods, ...]] | None = None
    trips: tuple[PaidTrip, ...] = ()
    cards: tuple[ChallengeCard, ...] = ()


_NOTHING = KpiUpdates()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleCorrection:
    """What came back takes off the figures of its sale, or puts back; numbers below nought take off.

    ``day``: the local day (since 1970) of the sale. ``resettled``: the stay whose tips are settled anew, from when on.
    """

    day: int
    counts: Mapping[DayCount, int] = field(default_factory=dict[DayCount, int])
    trip: PaidTrip | None = None
    sale: Sale | None = None
    stretches: tuple[Stretch, ...] = ()
    resettled: tuple[VisitId, datetime] | None = None
    cards: tuple[ChallengeCard, ...] = ()
    taken_up: tuple[StoredResponse, ...] = ()
    not_taken_up: tuple[StoredResponse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """The changes of one signal.

    ``signal`` is its ``(source, id)``, absent where no device repeats it; ``verdict`` what its receipt says, absent for
    a plain yes; ``claims`` the single-use statements it rests on; ``sold`` what went off the shelf, and below nought
    what came back to it; ``profiles``, ``coupons``, ``trend``, ``pairs`` and ``co_views`` (by item) the new bytes;
    ``undone`` redemptions that stand no more; ``answers`` what was answered because of it; ``booked`` the sales that it
    books or changes, with their ``corrections``; ``facts`` what the centre will be told.
    """

    at: datetime
    signal: tuple[str, str] | None = None
    verdict: str | None = None
    claims: tuple[UsedClaim, ...] = ()
    customers: tuple[Customer, ...] = ()
    links: tuple[IdentifierLink, ...] = ()
    consents: tuple[ConsentEntry, ...] = ()
    visits: tuple[Visit, ...] = ()
    baskets: tuple[TillBasket, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    decisions: tuple[StoredDecision | FreshDecision, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    profiles: Mapping[Token, bytes] = field(default_factory=dict[Token, bytes])
    coupons: Mapping[Token, bytes] = field(default_factory=dict[Token, bytes])
    trend: bytes | None = None
    pairs: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    co_views: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    sold: tuple[GoodsTaken, ...] = ()
    entrants: tuple[Entrant, ...] = ()
    sales: tuple[Sale, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    plays: tuple[PlayRecord, ...] = ()
    feedback: tuple[FeedbackRow, ...] = ()
    responses: tuple[StoredResponse, ...] = ()
    redemptions: tuple[Redemption, ...] = ()
    undone: tuple[UndoneRedemption, ...] = ()
    answers: tuple[FirstAnswer, ...] = ()
    messages: tuple[TriggerMessage, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    kpi_updates: KpiUpdates = _NOTHING
    booked: tuple[BookedSale, ...] = ()
    corrections: tuple[SaleCorrection, ...] = ()
    facts: tuple[StoreEvent, ...] = ()


def save(conn: sqlite3.Connection, change_set: ChangeSet) -> bool:
    """Write ``change_set`` in the caller's transaction.

    Returns:
        False, and nothing is written, when its signal was taken or one of its claims used before.
        What it says about an erased person is left out, the rest stays.
    """
    if not _take(conn, change_set):
        return False
    _save_people(conn, change_set)
    _save_stay(conn, change_set)
    _save_decisions(conn, change_set)
    _save_redemptions(conn, change_set)
    _save_tests(conn, change_set)
    _save_kpis(conn, change_set.kpi_updates, change_set.at)
    for sold in change_set.booked:
        _book(conn, sold, change_set.at)
    # After the sales themselves: tips are settled by them as they now stand.
    for correction in change_set.corrections:
        _correct(conn, correction, change_set.at)
    for message in change_set.messages:
        messages.queue(conn, message)
    for reminder in change_set.reminders:
        reminders.ask(conn, reminder)
    for answer in change_set.answers:
        first_answers.keep(conn, answer, change_set.at)
    # With all the rest: the centre hears of everything that is on disk, and of nothing that is not.
    outbox_writer.append(conn, change_set.facts)
    return True


def _take(conn: sqlite3.Connection, change_set: ChangeSet) -> bool:
    # Asked before the signal is taken: a spent claim must leave nothing behind, not even that.
    if any(used_claims.spent(conn, claim.jti) for claim in change_set.claims):
        return False
    if change_set.signal is not None and not processed_events.take(
        conn, *change_set.signal, change_set.at, change_set.verdict
    ):
        return False
    for claim in change_set.claims:
        used_claims.take(conn, claim)
    return True


def _save_people(conn: sqlite3.Connection, change_set: ChangeSet) -> None:
    for customer in change_set.customers:
        customers.upsert(conn, customer)
    for link in change_set.links:
        identifier_links.put(conn, link)
    # An empty append would still read the ledger's head.
    if change_set.consents:
        consents.append(conn, change_set.consents)
    for token, body in change_set.profiles.items():
        profiles.save(conn, token, body)
    for token, body in change_set.coupons.items():
        if body:
            coupons.save(conn, token, body, change_set.at)
        else:
            # The only one was handed in for a sale that was taken back.
            coupons.forget(conn, token)


def _save_stay(conn: sqlite3.Connection, change_set: ChangeSet) -> None:
    for visit in change_set.visits:
        visits.save(conn, visit)
    for basket in change_set.baskets:
        baskets.save(conn, basket, change_set.at)
    if change_set.trend is not None:
        trend.save(conn, change_set.trend)
    item_pairs.save(conn, PairKind.SOLD, change_set.pairs)
    item_pairs.save(conn, PairKind.VIEWED, change_set.co_views)
    for taken in change_set.sold:
        stock.take(conn, taken.sku, taken.quantity, taken.unit)


def _save_decisions(conn: sqlite3.Connection, change_set: ChangeSet) -> None:
    for snapshot in change_set.snapshots:
        snapshots.keep(conn, snapshot, change_set.at)
    for decision in change_set.decisions:
        decisions.save(conn, decision)
    for exposure in change_set.exposures:
        exposures.add(conn, exposure)
    for play in change_set.plays:
        proof_of_play.add(conn, play)
    for reaction in change_set.feedback:
        feedback.add(conn, reaction)
    for response in change_set.responses:
        responses.add(conn, response)


def _save_redemptions(conn: sqlite3.Connection, change_set: ChangeSet) -> None:
    # Before what is given: who undoes and gives in one breath has the number free.
    for gone in change_set.undone:
        redemptions.undo(conn, gone)
    for redemption in change_set.redemptions:
        redemptions.add(conn, redemption)


def _save_tests(conn: sqlite3.Connection, change_set: ChangeSet) -> None:
    # Entrants first: a sale of the same signal counts for whoever enters the test with it.
    for entrant in change_set.entrants:
        experiment_outcomes.enter(conn, entrant)
    for sale in change_set.sales:
        experiment_outcomes.pay(conn, sale)
    for stretch in change_set.stretches:
        switchback_sums.count(conn, stretch)


def _save_kpis(conn: sqlite3.Connection, updates: KpiUpdates, at: datetime) -> None:
    for bounty in updates.bounties:
        driver_credits.credit(conn, bounty)
    for tip in updates.tips:
        associate_tips.add(conn, tip)
    # After the tips of this very signal, so that they are settled too.
    if updates.paid is not None:
        associate_tips.settle(conn, *updates.paid, at)
    for trip in updates.trips:
        visit_days.add(conn, trip)
    for card in updates.cards:
        challenges.save(conn, card)
    day_counts.add(conn, updates.day, updates.counts, at)


def _book(conn: sqlite3.Connection, sale: BookedSale, at: datetime) -> None:
    """The sale, and for the night's learning what was sold: to whom only where they agree to that."""
    # Refused: its buyer was erased meanwhile, and nobody learns from it either.
    if booked_sales.save(conn, sale, at):
        named = sale.token is not None and consents.of(conn, sale.token).covers(
            Purpose.TRAIN, at
        )
        till_history.keep(conn, till_history.kept_of(sale, named=named), sale.at)


def _correct(conn: sqlite3.Connection, correction: SaleCorrection, at: datetime) -> None:
    day_counts.add(conn, correction.day, correction.counts, at)
    if correction.trip is not None:
        visit_days.add(conn, correction.trip)
    if correction.sale is not None:
        experiment_outcomes.pay(conn, correction.sale)
    for stretch in correction.stretches:
        switchback_sums.count(conn, stretch)
    if correction.resettled is not None:
        visit, since = correction.resettled
        sales = booked_sales.of_visit(conn, visit)
        associate_tips.resettle(
            conn,
            visit,
            since,
            [(s.standing, s.at) for s in sales if s.standing and s.at >= since],
        )
    for card in correction.cards:
        challenges.correct(conn, card)
    for response in correction.taken_up:
        responses.add(conn, response)
    for response in correction.not_taken_up:
        responses.take_back(conn, response)
