"""What comes back corrects the sale it comes from: every figure as if it had never been sold, and no purchase itself.

The side effects ask it for every basket that is closed or taken back, once all else is known; its rows go into the
transition's own change set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import cast

from edge.campaigns.kpis.challenges import Challenges
from edge.domain.basket import BasketLine, GoodsTaken, TillBasket, number_of
from edge.domain.booked_sale import (
    BookedSale,
    Refund,
    SaleChange,
    SaleTies,
    TakenBack,
    TakenUp,
    book,
)
from edge.domain.challenge import ChallengeCard
from edge.domain.consent import Purpose, taken_back
from edge.domain.event import StoreEvent
from edge.domain.exposure_memory import TAKEN_UP, OfferResponse
from edge.domain.ids import BasketId, ItemKey, Token
from edge.domain.store_site import StoreSite
from edge.domain.transitions.transition import Transition
from edge.pipeline.consent_gate import ConsentGate
from edge.pipeline.online_learning import LearningUpdate, OnlineLearning
from edge.pipeline.outbound_events import addressed
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import Person
from edge.state.presence import Presence
from edge.state.sales_ledger import SalesLedger
from edge.storage.change_set import ChangeSet, SaleCorrection
from edge.storage.decisions.responses import StoredResponse
from edge.storage.measurement.experiment_outcomes import Sale
from edge.storage.measurement.switchback_sums import Stretch
from edge.storage.people.visit_days import PaidTrip
from models.items import item_key

_REFUNDED = "Order Refunded"
_BACK = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionParts:
    """What corrections work with; put together in ``app``."""

    sales: SalesLedger
    gate: ConsentGate
    learning: OnlineLearning
    challenges: Challenges
    catalogue: CurrentCatalogue
    presence: Presence
    site: StoreSite


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedTurn:
    """A transition with its rows, and what is learned from it, after corrections."""

    transition: Transition
    change_set: ChangeSet
    update: LearningUpdate


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One basket that is closed or taken back, and what it corrects so far. ``at`` is business, ``now`` real time."""

    signal: str
    at: datetime
    now: datetime
    changes: dict[BasketId, SaleChange] = field(default_factory=dict[BasketId, SaleChange])
    rows: list[SaleCorrection] = field(default_factory=list[SaleCorrection])
    facts: list[StoreEvent] = field(default_factory=list[StoreEvent])
    taken: list[GoodsTaken] = field(default_factory=list[GoodsTaken])
    people: dict[Token, Person] = field(default_factory=dict[Token, Person])
    coupons: dict[Token, bytes] = field(default_factory=dict[Token, bytes])
    trend: bytes | None = None
    pairs: dict[int, bytes] = field(default_factory=dict[int, bytes])

    def change(self, before: BookedSale, after: BookedSale) -> None:
        """Of one that is changed twice, from its first state to its last."""
        known = self.changes.get(before.id)
        first = before if known is None else known.before
        self.changes[before.id] = SaleChange(before=first, after=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """Books each sale with all that it adds, and corrects that when goods come back or the sale is taken back."""

    parts: CorrectionParts

    def after(
        self,
        transition: Transition,
        change_set: ChangeSet,
        update: LearningUpdate,
        at: datetime,
        now: datetime,
    ) -> CorrectedTurn:
        """The turn with its corrections.

        Args:
            transition: What happened.
            change_set: What is written with it; of a sale that was paid ``booked`` holds what figures counted.
            update: What was learned from it.
            at: Business time by which it was learned.
            now: Real time.
        """
        basket = transition.basket
        turn = _Turn(signal=transition.facts[0].id if transition.facts else "", at=at, now=now)
        if basket is None:
            return CorrectedTurn(transition=transition, change_set=change_set, update=update)
        if transition.undone:
            self._undo(basket.id, turn)
        elif transition.paid or transition.returned:
            sale = self._booked(transition, basket, change_set, update, at)
            transition = self._returned(transition, sale, turn)
            change_set = replace(change_set, booked=(sale,))
        return self._corrected(transition, change_set, update, turn)

    def forget(self, token: Token) -> None:
        """Somebody was erased."""
        self.parts.sales.forget(token)

    def _booked(
        self,
        transition: Transition,
        basket: TillBasket,
        change_set: ChangeSet,
        update: LearningUpdate,
        at: datetime,
    ) -> BookedSale:
        """The basket as it is booked, with what it taught; nothing has come back with it yet."""
        site, trend = self.parts.site, self.parts.learning.trend
        buyer = next((v.token for v in transition.visits if v.id == basket.visit), None)
        day, (learned, hour) = site.moment(change_set.at)[0], site.moment(at)
        sale = next(iter(change_set.booked), None) or book(
            basket, buyer, change_set.at, day, SaleTies()
        )
        sale = replace(
            sale,
            days=sale.days._replace(learned=learned, trend=trend.day, hour=hour),
            coupons=transition.coupons if buyer in update.coupons else 0,
            taken_up=tuple(
                TakenUp(said.offer, said.category, said.at, items)
                for said in (one.response for one in change_set.responses)
                if said.liked == TAKEN_UP and (items := self._taken_with(sale, said))
            ),
        )
        self.parts.sales.put(sale)
        return sale

    def _taken_with(self, sale: BookedSale, said: OfferResponse) -> tuple[ItemKey, ...]:
        """The products of the sale by which something was taken up."""
        offer = None if said.offer is None else self.parts.catalogue.offers.get(said.offer)
        one = () if said.item is None else (said.item,)
        return tuple(sorted(sale.keys.intersection(one if offer is None else offer.items)))

    def _returned(self, transition: Transition, sale: BookedSale, turn: _Turn) -> Transition:
        """Each returned line goes back to its sale; what has none is counted to this one."""
        if not transition.returned:
            return transition
        told = [self._traced(line, sale, turn) for line in transition.returned]
        found = tuple(one for refunds in told for one in refunds)
        turn.change(sale, replace(sale, refunds=found))
        facts = tuple(
            replace(fact, properties=_marked(fact, told)) if fact.name == _REFUNDED else fact
            for fact in transition.facts
        )
        return replace(transition, facts=facts)

    def _traced(self, line: BasketLine, sale: BookedSale, turn: _Turn) -> tuple[Refund, ...]:
        """Where a returned line came from: a sale that is known here, as far as it still holds it."""
        key = ItemKey(item_key(line.sku))
        origin = None
        if line.of is not None:
            origin = self.parts.sales.original(*line.of, key)
        whole = Refund(line.sku, line.quantity, line.unit, -line.amount_cents)
        back = TakenBack(sale, (whole,)) if origin is None else origin.taking_back(line)
        if origin is not None:
            turn.change(origin, back.sale)
            # At once: the next line may be of the same sale.
            self.parts.sales.put(back.sale)
        return tuple(
            one if one.sale is not None else self._without_sale(one, key, sale.token, turn)
            for one in back.refunds
        )

    def _without_sale(
        self, refund: Refund, key: ItemKey, token: Token | None, turn: _Turn
    ) -> Refund:
        """Back on the shelf, and out of the habits of who brings it: the latest day on which they bought it."""
        turn.taken.append(GoodsTaken(refund.sku, -refund.quantity, refund.unit))
        person = self._person(token, turn)
        day = None if person is None else person.profile.last_bought(key)
        if person is None or day is None:
            return refund
        person.profile.retract(key, day)
        turn.people[person.customer.token] = person
        return refund._replace(day=day)

    def _undo(self, basket: BasketId, turn: _Turn) -> None:
        """A basket taken back whole: what was sold in it was not, what came back with it is its buyer's again."""
        sale = self.parts.sales.find(basket)
        if sale is None or sale.is_void:
            return
        turn.change(sale, sale.voided())
        for refund in sale.refunds:
            if refund.sale is None:
                self._not_returned(refund, sale, turn)
                continue
            origin = self.parts.sales.find(refund.sale)
            if origin is not None and not origin.is_void:
                known = turn.changes.get(origin.id)
                now = origin if known is None else known.after
                turn.change(now, now.changed(refund, _BACK))

    def _not_returned(self, refund: Refund, sale: BookedSale, turn: _Turn) -> None:
        turn.taken.append(GoodsTaken(refund.sku, refund.quantity, refund.unit))
        if refund.day is not None:
            self._relearn({ItemKey(item_key(refund.sku))}, sale.token, refund.day, turn)

    def _corrected(
        self,
        transition: Transition,
        change_set: ChangeSet,
        update: LearningUpdate,
        turn: _Turn,
    ) -> CorrectedTurn:
        """All that the changed sales change, put to what is written anyway."""
        # All of them first: whether somebody still holds a product, the other sales tell as they now stand.
        for change in turn.changes.values():
            self.parts.sales.put(change.after)
        for change in turn.changes.values():
            if change.counts:
                turn.rows.append(self._row(change, turn))
            if change.before.lines != change.after.lines:
                self._unlearn(change, turn)
                turn.taken += _shelf(change)
        self.parts.catalogue.sell(
            (ItemKey(item_key(sku)), quantity, unit) for sku, quantity, unit in turn.taken
        )
        booked = {sale.id: sale for sale in change_set.booked}
        booked |= {id_: change.after for id_, change in turn.changes.items()}
        profiles = {token: one.profile.to_bytes() for token, one in turn.people.items()}
        return CorrectedTurn(
            transition=transition,
            change_set=replace(
                change_set,
                booked=tuple(booked.values()),
                corrections=tuple(turn.rows),
                facts=(*change_set.facts, *turn.facts),
                # The later word on a wallet: what was redeemed with the sale is undone in it by now.
                coupons={**change_set.coupons, **turn.coupons},
            ),
            update=replace(
                update,
                profiles={**update.profiles, **profiles},
                trend=turn.trend or update.trend,
                pairs={**update.pairs, **turn.pairs},
                taken=(*update.taken, *turn.taken),
            ),
        )

    def _row(self, change: SaleChange, turn: _Turn) -> SaleCorrection:
        """What changes in the tables of figures."""
        sale, cents = change.after, change.after.cents - change.before.cents
        row = SaleCorrection(day=sale.days.booked, counts=change.counts)
        if change.before.lines == sale.lines:
            return row
        if self._is_measured(sale, turn):
            row = replace(row, trip=_trip(change), sale=_outcome(change, cents))
        back, gone = self._taken_up(change, turn)
        return replace(
            row,
            stretches=tuple(_stretches(change, cents)),
            resettled=(sale.visit, sale.at),
            cards=self._cards(change, turn),
            taken_up=back,
            not_taken_up=gone,
        )

    def _is_measured(self, sale: BookedSale, turn: _Turn) -> bool:
        """Whether it still is in anybody's figures: who took the consent back has left every one of them."""
        person = self.parts.gate.people.find(sale.token, turn.at)
        if person is None or not sale.measured:
            return False
        since = (e for e in person.customer.consents.entries if e.given_at > sale.at)
        return not taken_back(since, Purpose.MEASURE)

    def _cards(self, change: SaleChange, turn: _Turn) -> tuple[ChallengeCard, ...]:
        """The buyer's cards as they now are; what the centre is told of them goes to the turn."""
        sale, parts = change.after, self.parts
        if sale.token is None or not sale.cards:
            return ()
        later = [
            s for s in parts.sales.of_person(sale.token) if (s.at, s.id) > (sale.at, sale.id)
        ]
        found = parts.challenges.correct(sale, later, turn.signal, turn.at)
        agreed = parts.gate.agreed(sale.token, turn.at, turn.now)
        turn.facts += [addressed(fact, agreed) for fact in found.facts]
        return found.cards

    def _taken_up(
        self, change: SaleChange, turn: _Turn
    ) -> tuple[tuple[StoredResponse, ...], tuple[StoredResponse, ...]]:
        """Offers that are taken up again by it, and those that are no more; memory follows at once."""
        person = self.parts.gate.people.find(change.after.token, turn.at)
        if person is None:
            return (), ()
        said, token = person.memory.responses, person.customer.token
        back, gone = list[StoredResponse](), list[StoredResponse]()
        for offer, category, at, items in change.after.taken_up:
            # What was turned down before is turned down again where its purchase is none any more.
            item = items[0] if offer is None else None
            one = OfferResponse(at, TAKEN_UP, category, item, offer)
            was, is_still = (
                not s.keys.isdisjoint(items) for s in (change.before, change.after)
            )
            if is_still and not was:
                back.append(StoredResponse(token=token, response=one))
                said.append(one)
            elif was and not is_still:
                gone.append(StoredResponse(token=token, response=one))
                if one in said:
                    said.remove(one)
        return tuple(back), tuple(gone)

    def _unlearn(self, change: SaleChange, turn: _Turn) -> None:
        """Habits, coupons and what sells lately, by the days to which they went."""
        sale, learning = change.after, self.parts.learning
        turn.trend = learning.trend_without(change)
        turn.pairs |= learning.pairs.changed()
        learning.judge_anew(change)
        self._relearn(change.back, sale.token, sale.days.learned, turn)
        person = self._person(sale.token, turn)
        if person is None:
            return
        lines = person.profile.lines
        for day in {sale.days.learned, sale.days.begun}:
            learning.unlearn(person, change.gone, day)
        # Whoever never had a profile gets none by this.
        if person.profile.lines != lines:
            turn.people[person.customer.token] = person
        if change.baskets and sale.coupons:
            coupons = change.baskets * sale.coupons
            person.wallet = person.wallet.counting(sale.days.learned, coupons)
            turn.coupons[person.customer.token] = (
                person.wallet.to_bytes() if person.wallet else b""
            )

    def _relearn(
        self, keys: Collection[ItemKey], token: Token | None, day: int, turn: _Turn
    ) -> None:
        """What was unlearned counts again, where the person still wants personal content."""
        person = self._person(token, turn) if keys else None
        if person is not None and self.parts.learning.relearn(person, keys, day, turn.now):
            turn.people[person.customer.token] = person

    def _person(self, token: Token | None, turn: _Turn) -> Person | None:
        """Somebody whose habits are to be corrected: what was learned under a consent may be unlearned without."""
        person = self.parts.gate.people.find(token, turn.at)
        # What the decisions of a visit read stays as it is; who is not here has none.
        if person is not None and self.parts.presence.of_person(token) is not None:
            person.freeze()
        return person


def _shelf(change: SaleChange) -> Iterable[GoodsTaken]:
    """What goes back on the shelf. First all of a line, then what is left of it: what is weighed may be one piece."""
    for before, after in zip(change.before.lines, change.after.lines, strict=True):
        if before.quantity == after.quantity:
            continue
        if before.quantity:
            yield GoodsTaken(before.sku, -before.quantity, before.unit)
        if after.quantity:
            yield GoodsTaken(after.sku, after.quantity, after.unit)


def _trip(change: SaleChange) -> PaidTrip | None:
    sale = change.after
    if sale.token is None:
        return None
    return PaidTrip(
        token=sale.token,
        day=sale.days.booked,
        at=sale.at,
        cents=sale.trip_cents - change.before.trip_cents,
        baskets=change.baskets,
    )


def _outcome(change: SaleChange, cents: int) -> Sale | None:
    sale = change.after
    if sale.token is None:
        return None
    return Sale(
        token=sale.token, at=sale.at, cents=cents, items=change.items, trips=change.baskets
    )


def _stretches(change: SaleChange, cents: int) -> Iterable[Stretch]:
    for place in change.after.stretches:
        yield Stretch(
            **place._asdict(),
            baskets=change.baskets,
            cents=cents,
            items=change.items.get(place.campaign, 0),
        )


def _marked(fact: StoreEvent, told: Sequence[tuple[Refund, ...]]) -> dict[str, object]:
    """The properties of a refund, where each line names its sale, or how much of it comes from none known here."""
    products = cast("Sequence[dict[str, object]]", fact.properties["products"])
    return {
        **fact.properties,
        "products": [
            {**product, **_origin(refunds)}
            for product, refunds in zip(products, told, strict=True)
        ],
    }


def _origin(refunds: tuple[Refund, ...]) -> dict[str, object]:
    sale = next((one.sale for one in refunds if one.sale is not None), None)
    alone = sum((one.quantity for one in refunds if one.sale is None), Decimal(0))
    found: dict[str, object] = {} if sale is None else {"of_sale_id": sale}
    return found | ({"without_sale": number_of(alone)} if alone else {})
