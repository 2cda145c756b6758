"""What becomes of a message whose term has begun: sent, withheld, dropped, or left to wait – and why.

The scheduler asks it every two seconds of what is due, and writes each verdict in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud_sync.envelope import rfc3339
from edge.campaigns.triggers.engine import Triggers
from edge.campaigns.triggers.matching import MESSAGES_A_DAY
from edge.campaigns.triggers.offering import judge
from edge.campaigns.triggers.person_context import agreed, midnight
from edge.campaigns.triggers.signals.registry import SIGNALS
from edge.domain.consent import Purpose
from edge.domain.event import StoreEvent
from edge.domain.experiment import Arm
from edge.domain.ids import DecisionId
from edge.domain.offer import Offer
from edge.domain.trigger import (
    MessageState,
    SuppressionReason,
    Trigger,
    TriggerMessage,
)
from edge.state.catalogue import Ages
from edge.state.customers import Person
from edge.storage import outbox_writer
from edge.storage.decisions import exposures
from edge.storage.decisions.exposures import Exposure
from edge.storage.measurement import experiment_outcomes
from edge.storage.measurement.experiment_outcomes import Entrant
from edge.storage.people import consents, messages
from edge.storage.timestamps import to_us

SOURCE = "storeside"
_SHOWN = "Message Shown"
MARK = ".due"
"""What a message's own id has behind it as the id of the fact that it is due."""

_AN_HOUR = timedelta(hours=1)
_STATES: Mapping[SuppressionReason, MessageState] = {
    SuppressionReason.EXPIRED: MessageState.EXPIRED,
    SuppressionReason.WITHDRAWN: MessageState.WITHDRAWN,
    SuppressionReason.NO_CONSENT: MessageState.WITHDRAWN,
    SuppressionReason.HELD_OUT: MessageState.WITHHELD,
}
# These pass with time, so the message waits for another hour.
_PATIENT = frozenset({SuppressionReason.OUT_OF_HOURS, SuppressionReason.ENOUGH_TODAY})
# These go before the hours: a message for nothing need not wait for its window.
_FINAL = frozenset({SuppressionReason.OFFER_OVER, SuppressionReason.NOT_MEANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingVerdict:
    """What is to be written about one message, in one transaction.

    ``state`` pending: it waits until ``again_at``. ``fact``: what the centre is told; ``exposure``: what caps count;
    ``entrants``: the tests that its person is in from now on, sent or withheld.
    """

    message: TriggerMessage
    state: MessageState
    suppressed_by: SuppressionReason | None = None
    again_at: datetime | None = None
    fact: StoreEvent | None = None
    exposure: Exposure | None = None
    entrants: tuple[Entrant, ...] = ()


class MessageSender:
    """Judges messages by what holds at this moment, whatever held when they were fired."""

    def __init__(self, triggers: Triggers, ages: Ages) -> None:
        self._triggers = triggers
        self._parts = triggers.parts
        self._ages = ages

    def judge(
        self, message: TriggerMessage, at: datetime, now: datetime, here: frozenset[Purpose]
    ) -> SendingVerdict:
        """The verdict at ``at`` (business) and ``now`` (real time).

        ``here``: what holds for their visit; nothing, if they are not in the store.
        """
        person = self._parts.people.find(message.token, at)
        trigger = self._triggers.library.by_id.get(message.trigger)
        if at >= message.expires_at:
            return _over(message, SuppressionReason.EXPIRED)
        # A newer version may say something else, so the older one's words are out of force.
        if person is None or trigger is None or trigger.version != message.version:
            return _over(message, SuppressionReason.WITHDRAWN)
        allowed = agreed(person.customer, self._parts.policy, now)
        over = SuppressionReason.NO_CONSENT if message.purpose not in allowed else None
        if over := over or self._meanwhile(message, trigger, person):
            return _over(message, over)
        shown = message.purpose in here
        offer, suppressed_by = self._of_the_offer(message, person, at)
        suppressed_by = (
            suppressed_by
            if suppressed_by in _FINAL
            else self._of_the_hours(message, trigger, at) or suppressed_by
        )
        # Not here, and the centre may not be told: there is nobody who could say it now.
        if suppressed_by in _PATIENT or not (shown or Purpose.SHARE in allowed):
            return self._later(message, suppressed_by, at)
        # After every other reason: what is withheld is exactly what would have been sent.
        if (
            suppressed_by is None
            and self._triggers.arm(trigger, message.token, at) is Arm.HELD_OUT
        ):
            suppressed_by = SuppressionReason.HELD_OUT
        entrants = self._entrants(person, allowed, trigger, offer, at)
        if suppressed_by is not None:
            return _over(message, suppressed_by, _exposure(message, offer, at, None), entrants)
        return SendingVerdict(
            message=message,
            state=MessageState.SENT,
            fact=_told(message, at, now, shown=shown)
            if Purpose.SHARE in allowed
            else self._told_of_nobody(message, at),
            exposure=self._showing(message, offer, at),
            entrants=entrants,
        )

    def _showing(
        self, message: TriggerMessage, offer: Offer | None, at: datetime
    ) -> Exposure | None:
        """What caps count, in the arm that a decision would name."""
        campaign = None if offer is None else offer.campaign
        arm = self._triggers.drawn(campaign, message.token, at).name
        return _exposure(message, offer, at, arm)

    def _entrants(
        self,
        person: Person,
        allowed: frozenset[Purpose],
        trigger: Trigger,
        offer: Offer | None,
        at: datetime,
    ) -> tuple[Entrant, ...]:
        """Into the test of its offer's campaign, and of the trigger's own, by each one's own draw."""
        named = (None if offer is None else offer.campaign, trigger.campaign)
        campaigns = sorted({id_ for id_ in named if id_ is not None})
        return self._triggers.entering(person, allowed, campaigns, at) if campaigns else ()

    def _told_of_nobody(self, message: TriggerMessage, at: datetime) -> StoreEvent:
        """What the centre is told of who does not share: that the rule has spoken in some visit.

        A message's own id is made from its person's token, so whoever knows the token could find it again.
        """
        visit = self._parts.presence.of_person(message.token)
        stay = "" if visit is None else visit.id
        return StoreEvent(
            id=f"{stay}.{message.trigger}.{to_us(at)}.shown",
            name=_SHOWN,
            at=at,
            source=SOURCE,
            properties=_rule(message),
        )

    def _meanwhile(
        self, message: TriggerMessage, trigger: Trigger, person: Person
    ) -> SuppressionReason | None:
        """Whether they have come, or bought it, since; or whether it is gone."""
        profile = person.profile
        # By the local day: habits know trips by their day.
        day, _ = self._parts.site.moment(message.fired_at)
        signal = SIGNALS[trigger.signal]
        if signal.moot_once_they_come and profile.days and profile.days[0] >= day:
            return SuppressionReason.MEANWHILE
        if message.item is None:
            return None
        bought = frozenset(profile.bought_since(day).tolist())
        if message.item in bought and not signal.about_basket:
            return SuppressionReason.MEANWHILE
        return (
            SuppressionReason.SOLD_OUT
            if message.item in self._parts.catalogue.out_of_stock
            else None
        )

    def _of_the_offer(
        self, message: TriggerMessage, person: Person, at: datetime
    ) -> tuple[Offer | None, SuppressionReason | None]:
        if message.offer is None:
            return None, None
        return judge(message.offer, person, self._parts, self._ages, at)

    def _of_the_hours(
        self, message: TriggerMessage, trigger: Trigger, at: datetime
    ) -> SuppressionReason | None:
        if not trigger.speaks(at.astimezone(self._parts.site.zone)):
            return SuppressionReason.OUT_OF_HOURS
        today = midnight(at, self._parts.site.zone)
        sent = self._parts.database.read(
            lambda conn: messages.sent_since(conn, message.token, today)
        )
        return SuppressionReason.ENOUGH_TODAY if sent >= MESSAGES_A_DAY else None

    def _later(
        self, message: TriggerMessage, suppressed_by: SuppressionReason | None, at: datetime
    ) -> SendingVerdict:
        """Looked at again at the next full hour, when another window may be open."""
        local = at.astimezone(self._parts.site.zone).replace(minute=0, second=0, microsecond=0)
        again = local + _AN_HOUR
        return SendingVerdict(
            message=message,
            state=MessageState.PENDING,
            suppressed_by=suppressed_by,
            again_at=again,
        )


def write(
    conn: sqlite3.Connection, verdict: SendingVerdict, at: datetime, now: datetime
) -> MessageState | None:
    """Put a verdict on disk, all of it or nothing; None where the message waits no more.

    Consent is read once more from the ledger itself, in the transaction that sends.
    """
    message = verdict.message
    if verdict.again_at is not None:
        messages.postpone(conn, message.id, verdict.again_at)
        return MessageState.PENDING
    if verdict.state is MessageState.SENT and not _agrees(conn, message, now):
        verdict = _over(message, SuppressionReason.NO_CONSENT)
    # Withdrawn or settled meanwhile: then nothing of the verdict is written.
    if not messages.settle(conn, message.id, verdict.state, at, verdict.suppressed_by):
        return None
    if verdict.exposure is not None:
        exposures.add(conn, verdict.exposure)
    # Measuring may have been taken back while the message waited.
    if verdict.entrants and _agrees(conn, message, now, Purpose.MEASURE):
        for entrant in verdict.entrants:
            experiment_outcomes.enter(conn, entrant)
    if verdict.fact is not None:
        # In the transaction that settles it: after a cut of the power it is told and sent, or neither.
        outbox_writer.append(conn, [verdict.fact])
    return verdict.state


def _agrees(
    conn: sqlite3.Connection, message: TriggerMessage, now: datetime, *also: Purpose
) -> bool:
    ledger = consents.of(conn, message.token)
    # Without recognition no other yes counts.
    wanted = (message.purpose, Purpose.RECOGNISE, *also)
    return all(ledger.covers(purpose, now) for purpose in wanted)


def _over(
    message: TriggerMessage,
    suppressed_by: SuppressionReason,
    ghost: Exposure | None = None,
    entrants: tuple[Entrant, ...] = (),
) -> SendingVerdict:
    """It is never sent. Only what a holdout withholds leaves a ghost, and counts in tests."""
    withheld = suppressed_by is SuppressionReason.HELD_OUT
    return SendingVerdict(
        message=message,
        state=_STATES.get(suppressed_by, MessageState.DROPPED),
        suppressed_by=suppressed_by,
        exposure=ghost if withheld else None,
        entrants=entrants if withheld else (),
    )


def _exposure(
    message: TriggerMessage, offer: Offer | None, at: datetime, arm: str | None
) -> Exposure | None:
    """The showing in this arm; None: a ghost, which only a holdout leaves."""
    if offer is None:
        return None
    return Exposure(
        token=message.token,
        offer=offer.id,
        surface="message",
        at=at,
        # No decision made it; its own id stands in the place of one.
        decision=DecisionId(message.id),
        campaign=offer.campaign,
        category=offer.category,
        arm=arm or Arm.HELD_OUT.value,
        ghost=arm is None,
    )


def _told(message: TriggerMessage, at: datetime, now: datetime, *, shown: bool) -> StoreEvent:
    """What the centre is told: that it is to be sent, by when at the latest; or that it was shown here."""
    return StoreEvent(
        id=f"{message.id}{MARK}",
        name=_SHOWN if shown else "Message Due",
        at=at,
        source=SOURCE,
        token=message.token,
        # What was shown is true however late it is told. A deadline of the outbox is real time.
        not_after=None if shown else now + (message.expires_at - at),
        properties={
            "message_id": message.id,
            **_rule(message),
            "purpose": message.purpose.value,
            "headline": message.headline,
            "text": message.text,
            "reason": message.reason,
            "expires_at": rfc3339(message.expires_at),
            **({} if message.offer is None else {"promotion_id": message.offer}),
            **({} if message.item is None else {"item": str(message.item)}),
        },
    )


def _rule(message: TriggerMessage) -> dict[str, object]:
    return {"trigger": message.trigger, "version": message.version}
