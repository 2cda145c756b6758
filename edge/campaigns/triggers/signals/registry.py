"""All trigger signals, the most telling first, and the one place where they are looked for.

The engine, the audience scan and the scheduler ask it what happened; the dry run asks the same of stored stays.
To add a signal: its line in `TriggerEvent`, whose place there is its rank, and the file of its name beside this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module

from edge.campaigns.triggers.habits import PersonToday
from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.campaigns.triggers.stock_news import StockNews
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import Occasion, TriggerEvent
from edge.domain.visit import Visit


def record_of(event: TriggerEvent) -> TriggerSignal:
    """The record in the file that is named for the signal.

    Raises:
        ModuleNotFoundError: there is no such file.
        TypeError: it holds the record of no signal, or of another.
    """
    file = event.value.replace("-", "_")
    record: object = vars(import_module(f"edge.campaigns.triggers.signals.{file}")).get(
        "SIGNAL"
    )
    if not isinstance(record, TriggerSignal) or record.event is not event:
        raise TypeError(f"signals/{file}.py has no record of the signal {event.value}")
    return record


# Gathered on import: a signal without its file stops the start and not a turn of the store.
SIGNALS: dict[TriggerEvent, TriggerSignal] = {event: record_of(event) for event in TriggerEvent}
"""Every signal's record, by rank."""


def happened(transition: Transition, visit: Visit) -> tuple[Occasion, ...]:
    """What ``transition`` is to the person of ``visit``."""
    return tuple(
        occasion
        for signal in SIGNALS.values()
        if signal.in_transition is not None
        for occasion in signal.in_transition(transition, visit)
    )


def staying(visit: Visit, at: datetime) -> Iterator[Occasion]:
    """What it means that ``visit`` still goes on at ``at``."""
    for signal in SIGNALS.values():
        if signal.while_staying is not None:
            occasion = signal.while_staying(visit, at)
            if occasion is not None:
                yield occasion


def stayed_away(today: PersonToday) -> Iterator[Occasion]:
    """What it means that they did not come yesterday."""
    for signal in SIGNALS.values():
        if signal.stayed_away is not None:
            occasion = signal.stayed_away(today)
            if occasion is not None:
                yield occasion


def told_by(news: StockNews, *, at_sale: bool = False) -> Iterator[Occasion]:
    """What a change of the shelves is news of; at a sale, only what concerns nobody but who is here."""
    for signal in SIGNALS.values():
        if signal.in_stock_news is not None and (signal.only_who_is_here or not at_sale):
            yield from signal.in_stock_news(news)
