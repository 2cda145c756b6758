"""What happened and to whom -> which triggers fire, and why the others do not. Pure, so that it can be tried.

Engine, dry run and test cases call `match_triggers`; what fires becomes rows and wishes in `messages_text`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from edge.campaigns.triggers.library import TriggerLibrary
from edge.domain.audience import ConditionValue
from edge.domain.consent import Purpose
from edge.domain.trigger import (
    TRIGGER_FACTS,
    Occasion,
    SendWindow,
    SuppressionReason,
    Trigger,
)
from edge.storage.people.messages import PastFiring

# More than one message a day to one person is what people call spam.
MESSAGES_A_DAY = 1

NOTHING: Mapping[str, ConditionValue] = {
    name: value for name, (value, _) in TRIGGER_FACTS.items()
}
"""What conditions read where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPerson:
    """One person as triggers see them now.

    ``purposes``: what they agree to. ``facts``: who and where they are. ``told``: what was fired for them lately;
    ``messages_today`` of those are words. ``has_told``: whether an occasion was answered before.
    """

    purposes: frozenset[Purpose]
    facts: Mapping[str, ConditionValue]
    told: tuple[PastFiring, ...] = ()
    messages_today: int = 0
    has_told: Callable[[Trigger, Occasion], bool] = lambda _trigger, _occasion: False


@dataclass(frozen=True, slots=True, kw_only=True)
class FiredTrigger:
    """One trigger that fires, because of what, and when its message may go out."""

    trigger: Trigger
    occasion: Occasion
    term: SendWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentTrigger:
    """One trigger that heard its signal and says nothing, and why."""

    trigger: Trigger
    occasion: Occasion
    why: SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerMatches:
    """Everything that came of some occasions."""

    fired: tuple[FiredTrigger, ...] = ()
    silent: tuple[SilentTrigger, ...] = field(default=())


def match_triggers(
    library: TriggerLibrary,
    occasions: Iterable[Occasion],
    listener: ObservedPerson,
    *,
    zone: tzinfo,
    private: Callable[[Occasion], bool] = lambda _occasion: False,
) -> TriggerMatches:
    """Ask every trigger that listens to what happened to one person at one instant.

    Of several messages the one with the most telling signal is kept; of several triggers that refresh one place,
    too. ``zone``: the store's own; ``private``: whether an occasion is about something that is proposed nowhere.
    """
    fired, silent = list[FiredTrigger](), list[SilentTrigger]()
    for occasion, trigger in _heard(library, occasions):
        # First of all: what is proposed nowhere is weighed by no consent or condition.
        why = _private(occasion, private) or suppression(
            library, trigger, occasion, listener, zone
        )
        if why is not None:
            silent.append(SilentTrigger(trigger=trigger, occasion=occasion, why=why))
            continue
        term = trigger.term(occasion.at, zone)
        if term is None:
            silent.append(
                SilentTrigger(
                    trigger=trigger, occasion=occasion, why=SuppressionReason.NO_TIME_LEFT
                )
            )
            continue
        fired.append(FiredTrigger(trigger=trigger, occasion=occasion, term=term))
    kept = _first_of_each(fired, listener.messages_today)
    return TriggerMatches(fired=tuple(kept), silent=(*silent, *_outranked(fired, kept)))


def suppression(
    library: TriggerLibrary,
    trigger: Trigger,
    occasion: Occasion,
    listener: ObservedPerson,
    zone: tzinfo,
) -> SuppressionReason | None:
    """Why ``trigger`` says nothing to this person now, if anything; the first reason that applies."""
    # Before the condition, so that without consent no fact about the person is read.
    if trigger.purpose not in listener.purposes:
        return SuppressionReason.NO_CONSENT
    facts = {**NOTHING, **listener.facts, **occasion.facts}
    if trigger.when and not library.conditions[trigger.when].holds(facts):
        return SuppressionReason.NOT_MEANT
    # However short the rest is: one occasion is answered once.
    if listener.has_told(trigger, occasion):
        return SuppressionReason.TOLD_ALREADY
    if any(_rests(trigger, told, occasion.at) for told in listener.told):
        return SuppressionReason.COOLING_DOWN
    # Words out of hours wait for their window; a screen speaks now or not at all.
    if trigger.message is not None:
        return (
            SuppressionReason.ENOUGH_TODAY
            if listener.messages_today >= MESSAGES_A_DAY
            else None
        )
    return (
        None if trigger.speaks(occasion.at.astimezone(zone)) else SuppressionReason.OUT_OF_HOURS
    )


def _heard(
    library: TriggerLibrary, occasions: Iterable[Occasion]
) -> Iterator[tuple[Occasion, Trigger]]:
    """Occasions with the triggers that listen to them, the most telling signal first."""
    told = list(occasions)
    for signal in library.signals:
        for occasion in (one for one in told if one.signal is signal.event):
            for trigger in library.by_signal[signal.event]:
                yield occasion, trigger


def _private(
    occasion: Occasion, private: Callable[[Occasion], bool]
) -> SuppressionReason | None:
    return SuppressionReason.TOO_PRIVATE if private(occasion) else None


def _rests(trigger: Trigger, told: PastFiring, at: datetime) -> bool:
    return told.trigger == trigger.id and at < told.at + trigger.cooldown


def _first_of_each(fired: Iterable[FiredTrigger], messages_today: int) -> list[FiredTrigger]:
    """At most the day's number of messages, and one trigger a place."""
    kept, places, left = list[FiredTrigger](), set[str](), MESSAGES_A_DAY - messages_today
    for one in fired:
        if one.trigger.message is not None:
            if left > 0:
                kept.append(one)
                left -= 1
        # A message beside it is no rival: only two refreshings of one place are.
        elif one.trigger.refresh is not None and one.trigger.refresh not in places:
            kept.append(one)
            places.add(one.trigger.refresh)
    return kept


def _outranked(
    fired: Iterable[FiredTrigger], kept: Iterable[FiredTrigger]
) -> Iterator[SilentTrigger]:
    # By identity: facts are mappings, so a firing has no hash.
    there = {id(one) for one in kept}
    for one in fired:
        if id(one) not in there:
            yield SilentTrigger(
                trigger=one.trigger, occasion=one.occasion, why=SuppressionReason.OUTRANKED
            )
