"""Everything one signal changes, written whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.domain.basket import TillBasket
from edge.domain.consent import ConsentEntry
from edge.domain.customer import Customer
from edge.domain.event import StoreEvent
from edge.domain.ids import Sku, Token
from edge.domain.trigger import TriggerMessage
from edge.domain.visit import Visit
from edge.storage import kpi_updates as gains
from edge.storage import outbox_writer as outgoing
from edge.storage.catalogue import stock, trend
from edge.storage.decisions import decisions, exposures, redemptions, responses, snapshots
from edge.storage.decisions import feedback as replies
from edge.storage.decisions import proof_of_play as plays
from edge.storage.decisions.decisions import FreshDecision, StoredDecision
from edge.storage.decisions.exposures import Exposure
from edge.storage.decisions.feedback import FeedbackRow
from edge.storage.decisions.proof_of_play import PlayRecord
from edge.storage.decisions.redemptions import Redemption
from edge.storage.decisions.responses import StoredResponse
from edge.storage.decisions.snapshots import Snapshot
from edge.storage.kpi_updates import NOTHING, KpiUpdates
from edge.storage.measurement import experiment_outcomes as outcomes
from edge.storage.measurement import switchback_sums as stretches
from edge.storage.measurement.experiment_outcomes import Entrant, Sale
from edge.storage.measurement.switchback_sums import Stretch
from edge.storage.people import consents, coupons, customers, messages, profiles, reminders
from edge.storage.people import identifier_links as links
from edge.storage.people import used_claims as claims
from edge.storage.people.identifier_links import IdentifierLink
from edge.storage.people.reminders import Reminder
from edge.storage.people.used_claims import UsedClaim
from edge.storage.visits import baskets, visits
from edge.storage.visits import processed_events as seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """The changes of one signal.

    ``seen`` is the signal's ``(source, id)``, absent where no device repeats it; ``claims`` the single-use
    statements it rests on; ``taken`` how many pieces of each product were bought; ``profiles``, ``coupons`` and
    ``trend`` the new bytes; ``facts`` what the centre will be told.
    """

    at: datetime
    seen: tuple[str, str] | None = None
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
    taken: Mapping[Sku, int] = field(default_factory=dict[Sku, int])
    entrants: tuple[Entrant, ...] = ()
    sales: tuple[Sale, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    plays: tuple[PlayRecord, ...] = ()
    replies: tuple[FeedbackRow, ...] = ()
    answers: tuple[StoredResponse, ...] = ()
    redemptions: tuple[Redemption, ...] = ()
    messages: tuple[TriggerMessage, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    gains: KpiUpdates = NOTHING
    facts: tuple[StoreEvent, ...] = ()


def save(conn: sqlite3.Connection, unit: ChangeSet) -> bool:
    """Write ``unit`` in the caller's transaction.

    Returns:
        False, and nothing is written, when its signal was taken or one of its claims used before.
        What it says about an erased person is left out, the rest stays.
    """
    if not _take(conn, unit):
        return False
    _save_people(conn, unit)
    _save_stay(conn, unit)
    _save_decisions(conn, unit)
    _save_tests(conn, unit)
    gains.save(conn, unit.gains, unit.at)
    for message in unit.messages:
        messages.queue(conn, message)
    for reminder in unit.reminders:
        reminders.ask(conn, reminder)
    outgoing.append(conn, unit.facts)
    return True


def _take(conn: sqlite3.Connection, unit: ChangeSet) -> bool:
    if any(claims.spent(conn, claim.jti) for claim in unit.claims):
        return False
    if unit.seen is not None and not seen.take(conn, *unit.seen, unit.at):
        return False
    for claim in unit.claims:
        claims.take(conn, claim)
    return True


def _save_people(conn: sqlite3.Connection, unit: ChangeSet) -> None:
    for customer in unit.customers:
        customers.upsert(conn, customer)
    for link in unit.links:
        links.put(conn, link)
    if unit.consents:
        consents.append(conn, unit.consents)
    for token, body in unit.profiles.items():
        profiles.save(conn, token, body)
    for token, body in unit.coupons.items():
        coupons.save(conn, token, body, unit.at)


def _save_stay(conn: sqlite3.Connection, unit: ChangeSet) -> None:
    for visit in unit.visits:
        visits.save(conn, visit)
    for basket in unit.baskets:
        baskets.save(conn, basket, unit.at)
    if unit.trend is not None:
        trend.save(conn, unit.trend)
    for sku, quantity in unit.taken.items():
        stock.take(conn, sku, quantity)


def _save_decisions(conn: sqlite3.Connection, unit: ChangeSet) -> None:
    for snapshot in unit.snapshots:
        snapshots.keep(conn, snapshot, unit.at)
    for decision in unit.decisions:
        decisions.save(conn, decision)
    for exposure in unit.exposures:
        exposures.add(conn, exposure)
    for play in unit.plays:
        plays.add(conn, play)
    for reply in unit.replies:
        replies.add(conn, reply)
    for answer in unit.answers:
        responses.add(conn, answer)
    for redemption in unit.redemptions:
        redemptions.add(conn, redemption)


def _save_tests(conn: sqlite3.Connection, unit: ChangeSet) -> None:
    for entrant in unit.entrants:
        outcomes.enter(conn, entrant)
    for sale in unit.sales:
        outcomes.pay(conn, sale)
    for stretch in unit.stretches:
        stretches.count(conn, stretch)
