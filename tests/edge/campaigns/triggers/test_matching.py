from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.campaigns.triggers.library import TriggerLibrary
from edge.campaigns.triggers.matching import (
    MESSAGES_A_DAY,
    ObservedPerson,
    TriggerMatches,
    match_triggers,
)
from edge.domain.campaign import Window
from edge.domain.consent import Purpose
from edge.domain.ids import ItemKey
from edge.domain.trigger import (
    MessageState,
    MessageWording,
    Occasion,
    SuppressionReason,
    Trigger,
    TriggerEvent,
)
from edge.storage.people.messages import PastFiring
from tests.edge.builders import NOW

WORDS = MessageWording(headline="hello")
ALL = ObservedPerson(purposes=frozenset(Purpose), facts={})


def trigger(
    name: str = "t", signal: TriggerEvent = TriggerEvent.ARRIVAL, **changed: object
) -> Trigger:
    plain = Trigger(id=name, version=1, signal=signal, reason="because", message=WORDS)
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def occasion(
    signal: TriggerEvent = TriggerEvent.ARRIVAL, item: int | None = None, **facts: int
) -> Occasion:
    key = None if item is None else ItemKey(item)
    return Occasion(signal=signal, key=f"{signal}", at=NOW, item=key, facts=facts)


def watched(
    *triggers: Trigger, on: tuple[Occasion, ...] = (occasion(),), to: ObservedPerson = ALL
) -> TriggerMatches:
    return match_triggers(TriggerLibrary.of(triggers), on, to, zone=UTC)


def why(found: TriggerMatches) -> list[SuppressionReason]:
    return [one.why for one in found.silent]


def test_it_fires_on_its_signal_and_on_no_other() -> None:
    found = watched(trigger(), trigger("other", TriggerEvent.LEAVING))
    assert [one.trigger.id for one in found.fired] == ["t"]
    assert found.silent == ()


def test_without_its_purpose_the_condition_is_not_even_asked() -> None:
    stranger = ObservedPerson(purposes=frozenset({Purpose.RECOGNISE}), facts={})
    assert why(watched(trigger(when="trips > 100"), to=stranger)) == [
        SuppressionReason.NO_CONSENT
    ]


def test_a_condition_reads_the_person_and_the_signal() -> None:
    asked = trigger(signal=TriggerEvent.PRICE_DROP, when="trips >= 2 && drop_pct >= 10")
    dear = occasion(TriggerEvent.PRICE_DROP, drop_pct=5)
    cheap = occasion(TriggerEvent.PRICE_DROP, drop_pct=20)
    regular = replace(ALL, facts={"trips": 3})
    assert why(watched(asked, on=(dear,), to=regular)) == [SuppressionReason.NOT_MEANT]
    assert why(watched(asked, on=(cheap,))) == [SuppressionReason.NOT_MEANT]
    assert watched(asked, on=(cheap,), to=regular).fired


def test_it_rests_for_its_days() -> None:
    before = PastFiring("m", "t", NOW - timedelta(days=6.9), NOW, MessageState.SHOWN)
    rested = before._replace(at=NOW - timedelta(days=7))
    assert why(watched(trigger(), to=replace(ALL, told=(before,)))) == [
        SuppressionReason.COOLING_DOWN
    ]
    assert watched(trigger(), to=replace(ALL, told=(rested,))).fired


def test_another_triggers_firing_is_no_rest_of_this_one() -> None:
    other = PastFiring("m", "other", NOW, NOW, MessageState.SHOWN)
    assert watched(trigger(), to=replace(ALL, told=(other,))).fired


def test_an_occasion_is_answered_once_however_short_the_rest() -> None:
    again = replace(ALL, has_told=lambda _trigger, _occasion: True)
    assert why(watched(trigger(cooldown_days=0), to=again)) == [SuppressionReason.TOLD_ALREADY]


def test_what_is_due_outranks_going_deeper_in_a_category() -> None:
    """C24: a reminder of what runs out comes before a proposal beside the basket."""
    deeper = trigger("deeper", TriggerEvent.BASKET_LINE)
    due = trigger("zz-due", TriggerEvent.RESUPPLY_DUE)
    found = watched(
        deeper,
        due,
        on=(occasion(TriggerEvent.BASKET_LINE), occasion(TriggerEvent.RESUPPLY_DUE)),
    )
    assert [one.trigger.id for one in found.fired] == ["zz-due"]
    assert why(found) == [SuppressionReason.OUTRANKED]


def test_one_place_is_refreshed_once() -> None:
    pair = [trigger(n, message=None, refresh="kiosk-home") for n in ("a", "b")]
    assert len(watched(*pair).fired) == 1


def test_a_refreshing_beside_a_message_is_no_rival() -> None:
    assert (
        len(watched(trigger("a"), trigger("b", message=None, refresh="kiosk-home")).fired) == 2
    )


def test_a_screen_is_not_refreshed_out_of_hours() -> None:
    early = trigger(message=None, refresh="kiosk-home", windows=(Window(last_hour=9),))
    assert why(watched(early)) == [SuppressionReason.OUT_OF_HOURS]


def test_what_is_proposed_nowhere_is_no_message_either() -> None:
    found = match_triggers(
        TriggerLibrary.of([trigger()]),
        [occasion()],
        ALL,
        zone=UTC,
        private=lambda _occasion: True,
    )
    assert why(found) == [SuppressionReason.TOO_PRIVATE]


def test_a_paused_trigger_hears_nothing() -> None:
    assert watched(trigger(paused=True)) == TriggerMatches()


@given(
    signals=st.lists(st.sampled_from(TriggerEvent), max_size=6),
    listening=st.lists(st.sampled_from(TriggerEvent), max_size=12),
    today=st.integers(0, 3),
    purposes=st.sets(st.sampled_from(Purpose)),
)
def test_every_trigger_that_hears_its_signal_fires_or_says_why_not(
    signals: list[TriggerEvent],
    listening: list[TriggerEvent],
    today: int,
    purposes: set[Purpose],
) -> None:
    triggers = [trigger(f"t-{n}", signal) for n, signal in enumerate(listening)]
    listener = ObservedPerson(purposes=frozenset(purposes), facts={}, messages_today=today)
    found = watched(*triggers, on=tuple(map(occasion, signals)), to=listener)
    heard = sum(signals.count(one.signal) for one in triggers)
    assert len(found.fired) + len(found.silent) == heard
    assert len(found.fired) <= max(0, MESSAGES_A_DAY - today)
    assert Purpose.PERSONALISE_PRIVATE in purposes or not found.fired
