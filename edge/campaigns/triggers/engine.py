"""Makes triggers real: after each transition of the store it says which screens to refresh and what to queue, for whom.

The side effects of a transition call `after`, scheduler and audience scan `tell` and `fire`; `sending` does the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from edge.campaigns.triggers.habits import PersonToday, regular_items
from edge.campaigns.triggers.library import TriggerLibrary
from edge.campaigns.triggers.matching import FiredTrigger, ObservedPerson, match_triggers
from edge.campaigns.triggers.messages_text import ScreenNotice, message_of, wants_at, withheld
from edge.campaigns.triggers.person_context import PersonContext, TriggerParts
from edge.campaigns.triggers.signals.registry import SIGNALS, happened, told_by
from edge.campaigns.triggers.stock_news import ShelfState, StockNews
from edge.domain.assignment import Assignment
from edge.domain.basket import TillBasket
from edge.domain.consent import Purpose
from edge.domain.event import StoreEvent
from edge.domain.experiment import NO_CAMPAIGN, Arm, ArmDraw
from edge.domain.ids import ItemKey, Token
from edge.domain.trade_unit import taken
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.domain.trigger import Occasion, Trigger, TriggerEvent, TriggerMessage
from edge.domain.visit import Visit
from edge.state.customers import Person
from edge.storage.catalogue import stock, triggers
from edge.storage.measurement.experiment_outcomes import Entrant
from edge.storage.people.reminders import Reminder
from models.features.profile import Profile
from models.items import item_key
from models.moment import Moment

Entering = Callable[[Person, frozenset[Purpose], Iterable[str], datetime], tuple[Entrant, ...]]
"""The rows of tests for a person who is, or but for a holdout would be, told of these campaigns now.

The purposes are those that they allow at this moment.
"""

# The word by which a screen says that a person wants to be told when a product is back or cheaper.
_REMIND_ME = "remind-me"
# Changes of the shelves that wait to be told to whom they concern; a flood of them is news to nobody.
_NEWS_AT_MOST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerEffects:
    """What follows from a transition: requests for content, and rows for the transition's own change set."""

    wants: tuple[ContentRequest, ...] = ()
    messages: tuple[TriggerMessage, ...] = ()
    reminders: tuple[Reminder, ...] = ()

    def beside(self, other: TriggerEffects) -> TriggerEffects:
        """Both."""
        return TriggerEffects(
            wants=(*self.wants, *other.wants),
            messages=(*self.messages, *other.messages),
            reminders=(*self.reminders, *other.reminders),
        )


NOTHING = TriggerEffects()


class Triggers:
    """The triggers of one store. All methods are quick and are called in the loop.

    ``doubt_s``: by how much the clock may be wrong; nothing fires while it is above 0. ``paused``: the brake.
    ``entering``: the tests that a message enters its person into.
    """

    def __init__(
        self,
        parts: TriggerParts,
        *,
        entering: Entering,
        paused: Callable[[], bool] = lambda: False,
    ) -> None:
        """Reads nothing; call ``follow`` before use."""
        self.parts = parts
        self.entering = entering
        self.paused = paused
        self.doubt_s = 0
        self.library = TriggerLibrary()
        self.known = PersonContext(parts)
        self.stock_news = deque[Occasion](maxlen=_NEWS_AT_MOST)
        self._mark: tuple[int, ...] = ()
        self._notices = dict[Token, ScreenNotice]()

    @property
    def still(self) -> bool:
        """Whether nothing may fire now."""
        return self.doubt_s > 0 or self.paused()

    def follow(self) -> None:
        """Take up what was published or withdrawn since."""
        read = self.parts.database.read
        mark = read(triggers.mark)
        # Asked every two seconds: conditions are compiled anew only where the mark has moved.
        if mark != self._mark:
            self.library = TriggerLibrary.of(read(triggers.in_force))
            self._mark = mark

    def after(self, transition: Transition, at: datetime, now: datetime) -> TriggerEffects:
        """What follows from ``transition``, which the floor has taken already. ``at`` business, ``now`` real time."""
        # Before the brake is asked: a reminder that somebody wished for is kept, also while nothing fires.
        reminders = tuple(
            Reminder(token=fact.token, item=item, at=at)
            for fact, item in _reminders_asked(transition)
            if fact.token is not None
        )
        found = TriggerEffects(reminders=reminders)
        # Of what is told long afterwards nobody can be reminded in time.
        if transition.late or self.still or not self.library.triggers:
            return found
        for visit in transition.visits:
            occasions = happened(transition, visit)
            if visit.token is not None and occasions:
                found = found.beside(self.tell(visit, occasions, at, now))
        return found.beside(self._sold(transition, at, now))

    def tell(
        self, visit: Visit, occasions: Iterable[Occasion], at: datetime, now: datetime
    ) -> TriggerEffects:
        """What follows from occasions of somebody who is here, or is just leaving."""
        heard = list(occasions)
        # Nobody's habits are opened for a signal to which nothing listens.
        met = self.known.inside(visit, at, now) if self._listens_to(heard) else None
        if met is None or not met[1].purposes:
            return NOTHING
        person, listener = met
        if any(one.signal is TriggerEvent.ARRIVAL for one in heard):
            heard += self.due(self.today(person.profile, at))
        known = [self.known.about(one, person.profile) for one in heard]
        return self.fire(person.customer.token, known, listener, visit)

    def fire(
        self,
        token: Token,
        occasions: Iterable[Occasion],
        listener: ObservedPerson,
        visit: Visit | None = None,
    ) -> TriggerEffects:
        """Ask the library, and make what fires into wishes and rows. Without a ``visit`` they are not here."""
        parts = self.parts
        watched = match_triggers(
            self.library, occasions, listener, zone=parts.site.zone, private=parts.is_private
        )
        for silent in watched.silent:
            parts.counters.counts[f"trigger-{silent.why.value}"] += 1
        found = NOTHING
        for one in watched.fired:
            found = found.beside(self._made(one, token, visit))
        # Remembered before it is on disk: the next turn may come first, and must know that it fired.
        for message in found.messages:
            self.known.fired(message)
        parts.counters.counts["trigger-fired"] += len(found.messages)
        return found

    def stock_changed(self, before: ShelfState | None, after: ShelfState, at: datetime) -> None:
        """By the centre's word products came back, became cheaper or are almost gone: people are told soon.

        ``before`` None: the service has just started, and nobody knows what was.
        """
        if before is None or self.still:
            return
        day, _ = self.parts.site.moment(at)
        news = StockNews(before=before, after=after, at=at, day=day)
        # What nothing listens to would only push the rest out of a queue that is bounded.
        self.stock_news.extend(
            one for one in told_by(news) if one.signal in self.library.by_signal
        )

    def today(self, profile: Profile, at: datetime) -> PersonToday:
        """What signals of habit are asked about this person at ``at``."""
        site = self.parts.site
        day, hour = site.moment(at)
        return PersonToday(
            profile=profile,
            at=at,
            moment=Moment(day=day, hour=hour),
            ranker=self.parts.decider.ranker,
            place=site.place,
        )

    def due(self, today: PersonToday) -> list[Occasion]:
        """What this person is due for, where a trigger listens to that."""
        found = (signal.due(today) for signal in self.library.signals if signal.due is not None)
        return [one for one in found if one is not None]

    def arm(self, trigger: Trigger, token: Token, at: datetime) -> Arm:
        """What this person gets of the trigger's campaign; treated where it has none."""
        return self.drawn(trigger.campaign, token, at).arm

    def drawn(self, campaign: str | None, token: Token, at: datetime) -> ArmDraw:
        """The same of any campaign, with its variant."""
        catalogue = self.parts.catalogue.in_force
        if campaign is None or catalogue is None:
            return NO_CAMPAIGN
        return Assignment(catalogue, token, self.parts.site.place, at).of(campaign)

    def notice(self, token: Token | None, now: datetime) -> ScreenNotice | None:
        """What stands on this person's own screens at the real instant ``now``."""
        found = None if token is None else self._notices.get(token)
        return found if found is not None and now < found.until else None

    def notify(self, token: Token, notice: ScreenNotice, now: datetime) -> None:
        """Let it stand on their screens, from the next time that they are refreshed."""
        self._notices = {t: one for t, one in self._notices.items() if now < one.until}
        self._notices[token] = notice

    def forget(self, token: Token) -> None:
        """The person was erased: nothing of them stays in memory."""
        self.known.forget(token)
        self._notices.pop(token, None)

    def _listens_to(self, occasions: Iterable[Occasion]) -> bool:
        heard = {one.signal for one in occasions}
        if TriggerEvent.ARRIVAL in heard:
            # Whoever comes in is also asked what they are due for.
            heard |= {signal.event for signal in SIGNALS.values() if signal.due is not None}
        return not heard.isdisjoint(self.library.by_signal)

    def _made(self, fired: FiredTrigger, token: Token, visit: Visit | None) -> TriggerEffects:
        """One firing as a row, and as wishes where it only refreshes a screen of somebody who is here."""
        product = self.parts.product(fired.occasion.item)
        message = message_of(fired, token, product, self.parts.site.currency)
        # Of words the holdout is asked when they are sent, by what holds then.
        if fired.trigger.message is not None:
            return TriggerEffects(messages=(message,))
        # No screen is left to refresh; and without a row no rest begins.
        if visit is None or visit.ended_at is not None:
            return NOTHING
        if self.arm(fired.trigger, token, fired.occasion.at) is Arm.HELD_OUT:
            return TriggerEffects(messages=(withheld(message),))
        return TriggerEffects(messages=(message,), wants=wants_at(fired.trigger.refresh, visit))

    def _sold(self, transition: Transition, at: datetime, now: datetime) -> TriggerEffects:
        """A paid basket took products down to their last pieces: whoever is here and buys them is told."""
        basket = transition.basket
        listened = any(one.only_who_is_here for one in self.library.signals)
        if not transition.paid or basket is None or not listened:
            return NOTHING
        occasions = tuple(told_by(self._news_of_sale(basket, at), at_sale=True))
        items = [one.item for one in occasions if one.item is not None]
        found = NOTHING
        for visit in self.parts.presence.visits if occasions else ():
            person = self.parts.people.find(visit.token, at)
            # Who took the last pieces has them.
            if person is None or visit.id == basket.visit:
                continue
            usual = regular_items(person.profile, items)
            concerned = [one for item in usual for one in occasions if one.item == item]
            found = found.beside(self.tell(visit, concerned, at, now))
        return found

    def _news_of_sale(self, basket: TillBasket, at: datetime) -> StockNews:
        """What this sale, which is not on disk yet, does to the shelves."""
        had, left = dict[ItemKey, Decimal](), dict[ItemKey, Decimal]()
        for sku in basket.skus:
            counted = self.parts.database.read(partial(stock.counted, sku=sku))
            if counted is not None:
                item, (there, unit) = ItemKey(item_key(sku)), counted
                lines = (x for x in basket.sold if x.sku == sku)
                had[item] = there
                left[item] = there - sum(taken(x.quantity, x.unit, unit) for x in lines)
        day, _ = self.parts.site.moment(at)
        return StockNews(
            before=ShelfState(on_hand=had), after=ShelfState(on_hand=left), at=at, day=day
        )


def _reminders_asked(transition: Transition) -> tuple[tuple[StoreEvent, ItemKey], ...]:
    """The facts in which somebody asked to be reminded, with the product."""
    return tuple(
        (fact, ItemKey(item_key(str(fact.properties["product_id"]))))
        for fact in transition.facts
        if fact.properties.get("value") == _REMIND_ME and "product_id" in fact.properties
    )
