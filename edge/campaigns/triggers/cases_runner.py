"""A marketer's own tests of a file of triggers: each case is tried by the code that decides in the store.

``storeside triggers test`` calls it; no store is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.campaigns.triggers.library import FIRES, TriggerCase, TriggerFile, TriggerLibrary
from edge.campaigns.triggers.matching import ObservedPerson, match_triggers
from edge.domain.consent import Purpose
from edge.domain.trigger import SIGNAL_FACTS, MessageState, Occasion, Trigger
from edge.storage.people.messages import PastFiring

# A Wednesday at noon: in nobody's quiet hours.
_NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What came of one case: ``got`` is "fires" or the reason why it did not."""

    trigger: str
    case: str
    expected: str
    got: str

    @property
    def passed(self) -> bool:
        """Whether it is what was expected."""
        return self.got == self.expected


def try_cases(file: TriggerFile) -> Iterator[CaseResult]:
    """Try every case of every trigger, each trigger by itself."""
    for entry in file.triggers:
        trigger = entry.trigger()
        for case in entry.tests:
            got = _got(trigger, case)
            yield CaseResult(trigger=entry.id, case=case.name, expected=case.expect, got=got)


def _got(trigger: Trigger, case: TriggerCase) -> str:
    # A case speaks of the store's wall clock; taken for UTC, it needs no store and no zone.
    at = _NOON if case.at is None else case.at.replace(tzinfo=UTC)
    signal = {name: value for name, value in case.given.items() if name in SIGNAL_FACTS}
    person = {name: value for name, value in case.given.items() if name not in SIGNAL_FACTS}
    clock = {"hour": at.hour, "weekday": at.isoweekday()}
    told = tuple[PastFiring, ...]()
    if case.fired_days_ago is not None:
        before = at - timedelta(days=case.fired_days_ago)
        told = (PastFiring("m-1", trigger.id, before, before, MessageState.SENT),)
    listener = ObservedPerson(
        purposes=frozenset(Purpose) if case.consent else frozenset(),
        facts={**clock, **person},
        told=told,
        messages_today=case.messages_today,
    )
    occasion = Occasion(signal=trigger.signal, key="case", at=at, facts=signal)
    # Alone in its library: a more telling rival would outrank it, and a case is about this trigger.
    watched = match_triggers(TriggerLibrary((trigger,)), (occasion,), listener, zone=UTC)
    return FIRES if watched.fired else watched.silent[0].why.value
