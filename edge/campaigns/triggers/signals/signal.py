"""One trigger signal as a record: where it is looked for, and what a message about it must heed.

Each file beside this one makes one; `registry` gathers them, and engine, audience scan, scheduler, dry run and
sending ask the records and never a signal's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from edge.campaigns.triggers.habits import PersonToday
from edge.campaigns.triggers.stock_news import StockNews
from edge.domain.event import StoreEvent
from edge.domain.ids import ItemKey
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import Occasion, TriggerEvent
from edge.domain.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerSignal:
    """How one signal is found: by at least one of the five ways. All of them are pure.

    ``in_transition``: what a transition is to the person of a visit. ``while_staying``: what a visit that goes
    on says at an instant. ``in_stock_news``: what a change of the shelves is to whoever asked for the product or buys
    it regularly. ``due``: what a person's habits say of today, asked on arrival and each morning of who is not here.
    ``stayed_away``: what they say of who did not come yesterday, asked each morning if yesterday was watched.

    ``about_basket``: it is about what was just put into a basket, so that it was bought is no news.
    ``only_who_is_here``: it concerns nobody at home, and is also told at the sale that brings it about.
    ``moot_once_they_come``: nobody is told of it who has come in meanwhile.
    """

    event: TriggerEvent
    in_transition: Callable[[Transition, Visit], Iterable[Occasion]] | None = None
    while_staying: Callable[[Visit, datetime], Occasion | None] | None = None
    in_stock_news: Callable[[StockNews], Iterable[Occasion]] | None = None
    due: Callable[[PersonToday], Occasion | None] | None = None
    stayed_away: Callable[[PersonToday], Occasion | None] | None = None
    about_basket: bool = False
    only_who_is_here: bool = False
    moot_once_they_come: bool = False

    @property
    def is_replayable(self) -> bool:
        """Whether stored stays and baskets tell of it; news of the shelves and days of absence are not kept."""
        return any((self.in_transition, self.while_staying, self.due))


def occasion_of(
    signal: TriggerEvent, fact: StoreEvent, key: str, item: ItemKey | None = None, **said: str
) -> Occasion:
    """The occasion that ``fact`` of a transition is; ``said``: what conditions may read of it."""
    return Occasion(signal=signal, key=key, at=fact.at, item=item, facts=said)


def facts_named(name: str, transition: Transition, visit: Visit) -> Iterable[StoreEvent]:
    """The facts of that name in a transition that are about ``visit``, in the order in which they are told."""
    return (one for one in transition.facts if one.visit == visit.id and one.name == name)
