"""The basket at a till: opened, filled, recognised, put aside, paid, left behind, taken back.

The till's handler calls it for every message of a till; learning, offers and figures read the transition it returns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from edge.domain.basket import (
    EACH,
    BasketLine,
    BasketState,
    TillBasket,
    TillDiscount,
    number_of,
)
from edge.domain.errors import SignalRefused
from edge.domain.event import StoreEvent
from edge.domain.market import RecognitionMethod
from edge.domain.placement import TILL
from edge.domain.transitions.transition import (
    ContentRequest,
    SignalContext,
    Transition,
    VisitMerge,
    arrive,
)
from edge.domain.transitions.visit_end import stay_of, without_basket
from edge.domain.visit import EndReason, Visit
from models.items import item_key


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketStep:
    """One message of a till about one basket, its codes and prices read.

    ``basket``: as it stands, or a new one of no visit yet. ``voids``: lines of it to take out, as much of each as
    stated. ``unread``: so many lines were refused. ``stay``: the visit of a sale that was paid earlier. ``late``: it
    happened long ago.
    """

    basket: TillBasket
    action: str
    is_new: bool = False
    lines: tuple[BasketLine, ...] = ()
    voids: tuple[BasketLine, ...] = ()
    void_ids: tuple[str, ...] = ()
    discounts: tuple[TillDiscount, ...] = ()
    tenders: tuple[tuple[str, int], ...] = ()
    unread: int = 0
    stay: Visit | None = None
    late: bool = False


def basket_changed(context: SignalContext, step: BasketStep) -> Transition:
    """One message of a till about one basket.

    A basket that was never opened is opened by its first message: a till must not fail for our sake. Lines
    that come with a step other than add, remove and complete count where nothing was scanned before.
    ``context.found`` is whom the loyalty number leads to, if one was given.

    Raises:
        SignalRefused: ``unknown-basket`` – it is already paid or left behind, or no sale that could be taken back.
    """
    if step.action == "void-sale":
        return _undone(context, step)
    if not step.basket.state.is_alive:
        raise SignalRefused("unknown-basket")
    if step.late:
        return _told_late(context, step)
    visit, facts = _at_the_till(context, step)
    basket = replace(step.basket, visit=visit.id, late=False)
    buyer = _recognised(context, basket, visit)
    basket = replace(
        basket, visit=buyer.visit.id, token=buyer.visit.token, method=buyer.visit.method
    )
    transition = _acted(context, replace(step, basket=basket), buyer.visit)
    # The basket was somebody else's until now: nothing of theirs may stay on a screen.
    other = visit.token not in (None, buyer.visit.token)
    ended = any(v.ended_at is not None for v in transition.visits)
    return replace(
        transition,
        facts=(*transition.facts, *facts, *buyer.facts),
        visits=(*buyer.replaced, *transition.visits),
        # Who has paid is shown nothing more.
        wants=() if ended else buyer.wants,
        clear=(*transition.clear, visit.id) if other else transition.clear,
    )


def _at_the_till(
    context: SignalContext, step: BasketStep
) -> tuple[Visit, tuple[StoreEvent, ...]]:
    """The visit of the basket; it begins here where this is its first message.

    Somebody recognised by that message who is in the store already goes on with the visit they have.
    """
    recognised = context.identity(RecognitionMethod.POS_LOYALTY).token is not None
    session = context.session or (context.known if recognised else None)
    visit = session or context.new_visit()
    owner = step.basket.token
    # Put aside, or told of late, until now: whose it was it still is.
    if session is None and owner is not None and not recognised:
        visit = visit.known_as(owner, step.basket.method)
    visit = replace(visit.seen(context.at), basket=step.basket.id)
    started = () if session else (context.further("Visit Started", visit),)
    return visit, started


def _recognised(context: SignalContext, basket: TillBasket, visit: Visit) -> VisitMerge:
    """The visit under its person, where a loyalty number led to somebody who agreed to it.

    A visit of somebody else that had the basket until now goes on without it.
    """
    identity = context.identity(RecognitionMethod.POS_LOYALTY)
    if identity.token is None:
        return VisitMerge(visit=visit)
    strip = ContentRequest(placement=TILL, visit=visit.id, device=context.device)
    if visit.token == identity.token:
        return VisitMerge(visit=visit, wants=() if context.session else (strip,))
    arrival = arrive(
        replace(context, session=visit), identity.token, RecognitionMethod.POS_LOYALTY
    )
    joined = replace(arrival.visit, basket=basket.id)
    left = () if visit.token is None else (replace(visit, basket=None),)
    strip = replace(strip, visit=joined.id)
    return replace(
        arrival,
        visit=joined,
        replaced=(*arrival.replaced, *left),
        wants=(*arrival.wants, strip),
    )


def _told_late(context: SignalContext, step: BasketStep) -> Transition:
    """A step of long ago is booked to its own hour: its stay is over, and nobody who is here now is touched by it."""
    known = context.identity(RecognitionMethod.POS_LOYALTY)
    basket = replace(step.basket, late=True)
    # Whoever is served under that visit now must not be ended with it.
    if step.is_new or context.session is not None:
        basket = replace(basket, visit=context.spare)
    stay = replace(stay_of(basket, context.at), ended_at=None, ended=None)
    facts = tuple[StoreEvent, ...]()
    if known.token is not None and known.token != basket.token:
        stay = stay.known_as(known.token, RecognitionMethod.POS_LOYALTY)
        basket = replace(basket, token=stay.token, method=stay.method)
        facts = (context.further("Customer Identified", stay, method=stay.method.value),)
    if step.is_new:
        facts = (context.further("Visit Started", stay), *facts)
    done = _acted(context, replace(step, basket=basket), stay)
    over = tuple(
        v if v.ended_at is not None else v.closing(EndReason.IDLE, context.at)
        for v in done.visits
    )
    return replace(
        done, facts=(*done.facts, *facts), visits=over, wants=(), clear=(), late=True
    )


def _acted(context: SignalContext, step: BasketStep, visit: Visit) -> Transition:
    # Told with any step, at the total for one, they hold until the till tells others.
    if step.discounts:
        step = replace(step, basket=replace(step.basket, discounts=step.discounts))
    match step.action:
        case "add" | "remove":
            return _scanned(context, step, visit)
        case "complete":
            return _paid(context, step, visit)
        case "abandon":
            return _left(context, step.basket, visit)
        case "suspend":
            return _put_aside(context, step.basket, visit)
        case _:
            return _told(context, step, visit)


def _scanned(context: SignalContext, step: BasketStep, visit: Visit) -> Transition:
    """Lines come in and go out again."""
    after, voided = _taken_out(step.basket.adding(step.lines), step)
    basket = replace(after, state=BasketState.OPEN, unread=after.unread + step.unread)
    told = [
        (name, lines)
        for name, lines in (
            ("Product Added", tuple(x for x in step.lines if not x.is_returned)),
            ("Product Returned", tuple(x for x in step.lines if x.is_returned)),
            ("Product Removed", voided),
        )
        if lines
    ] or [("Product Removed" if step.action == "remove" else "Product Added", ())]
    first, *more = (
        {"name": name, "basket_id": basket.number, "products": items_of(lines)}
        for name, lines in told
    )
    facts = (
        context.fact(str(first.pop("name")), visit, **first),
        *(context.further(str(one.pop("name")), visit, **one) for one in more),
    )
    return Transition(
        facts=facts,
        visits=(visit,),
        basket=basket,
        bought=tuple(line for line in step.lines if line.is_sold),
        voided=tuple(line for line in voided if line.is_sold),
    )


def _taken_out(
    basket: TillBasket, step: BasketStep
) -> tuple[TillBasket, tuple[BasketLine, ...]]:
    """The basket without what was voided, and what that was."""
    voided = tuple[BasketLine, ...]()
    for id_ in step.void_ids:
        line = basket.line(id_)
        voided += () if line is None else (line,)
        basket = basket.without(id_)
    return basket.removing(step.voids), (*voided, *step.voids)


def _told(context: SignalContext, step: BasketStep, visit: Visit) -> Transition:
    name = {
        "open": "Basket Opened",
        "identify": "Basket Identified",
        "total": "Checkout Started",
        "resume": "Basket Resumed",
    }[step.action]
    known = visit.token is not None
    basket = replace(step.basket, state=BasketState.OPEN)
    # Lines sent once more with the total would be sold twice.
    new = () if basket.lines else step.lines
    unread = 0 if basket.lines else step.unread
    fact = context.fact(name, visit, basket_id=basket.number, identified=known)
    return Transition(
        facts=(fact,),
        visits=(visit,),
        basket=replace(basket.adding(new), unread=basket.unread + unread),
        bought=tuple(line for line in new if line.is_sold),
    )


def _paid(context: SignalContext, step: BasketStep, visit: Visit) -> Transition:
    """The sale is done; the stay is, too, unless another basket of it is still being scanned.

    Lines that come with it are the till's own truth: they replace what was scanned.
    """
    scanned, told = step.basket, step.lines
    done, voided = scanned, tuple[BasketLine, ...]()
    if told:
        done, voided = _taken_out(replace(scanned, lines=told), step)
    elif step.voids or step.void_ids:
        done, voided = _taken_out(scanned, step)
    new = _not_in(done, scanned)
    gone = (*_not_in(scanned, done), *(v for v in voided if told == ()))
    done = replace(
        done.closing(BasketState.COMPLETE, context.at),
        tenders=step.tenders,
        unread=scanned.unread + step.unread,
        differs=bool(scanned.lines) and bool(told) and _counted(done) != _counted(scanned),
    )
    facts = _order_facts(context, done, visit)
    around = (*context.others, *(() if context.basket is None else (context.basket,)))
    elsewhere = [
        b for b in around if b.visit == visit.id and b.id != done.id and b.state.is_alive
    ]
    if elsewhere:
        after = replace(visit, basket=elsewhere[-1].id)
    else:
        reason = EndReason.PAID if done.sold or not done.returned else EndReason.RETURNED
        after = visit.closing(reason, context.at)
        facts = (*facts, context.further("Visit Ended", after, reason=reason.value))
    return Transition(
        facts=facts,
        visits=(after,),
        basket=done,
        clear=() if elsewhere else (visit.id,),
        bought=tuple(line for line in new if line.is_sold),
        voided=tuple(line for line in gone if line.is_sold),
        returned=done.returned,
        paid=bool(done.sold),
    )


def _order_facts(
    context: SignalContext, done: TillBasket, visit: Visit
) -> tuple[StoreEvent, ...]:
    """What was bought, and what came back: of an exchange both."""
    refunded = {
        "order_id": done.number,
        "sale_id": done.id,
        "refund_cents": done.returned_cents,
        "products": items_of(done.returned),
    }
    if done.returned and not done.sold:
        return (context.fact("Order Refunded", visit, **refunded, total_cents=_to_pay(done)),)
    completed = context.fact("Order Completed", visit, **_order(done))
    if not done.returned:
        return (completed,)
    return (completed, context.further("Order Refunded", visit, **refunded))


def _order(done: TillBasket) -> dict[str, object]:
    told: dict[str, object] = {
        "order_id": done.number,
        "sale_id": done.id,
        "revenue_cents": done.revenue_cents,
        "total_cents": _to_pay(done),
        "products": items_of(tuple(x for x in done.lines if not x.is_returned)),
    }
    more: dict[str, object] = {
        "discount_cents": done.discount_cents + sum(x.discount_cents for x in done.sold),
        "deposit_cents": done.deposit_cents,
        "tax_cents": done.tax_cents,
        "tenders": [{"kind": kind, "amount": amount} for kind, amount in done.tenders],
        # Told with the order, so that whoever counts it knows that the till said more than we could read.
        "unread_lines": done.unread,
        "differs": done.differs,
    }
    return told | {name: value for name, value in more.items() if value}


def _to_pay(done: TillBasket) -> int:
    return done.total_cents + done.deposit_cents + done.tax_cents


def _left(context: SignalContext, basket: TillBasket, visit: Visit) -> Transition:
    fact = context.fact(
        "Basket Abandoned", visit, basket_id=basket.number, products=items_of(basket.lines)
    )
    return Transition(
        facts=(fact,),
        visits=(without_basket(visit, basket),),
        basket=basket.closing(BasketState.ABANDONED, context.at),
        # What was learned while it was filled is unlearned: a basket left behind teaches nothing.
        voided=basket.sold,
    )


def _put_aside(context: SignalContext, basket: TillBasket, visit: Visit) -> Transition:
    """The next customer is served meanwhile; the basket waits for its own, at whatever till."""
    fact = context.fact(
        "Basket Suspended", visit, basket_id=basket.number, products=items_of(basket.lines)
    )
    return Transition(
        facts=(fact,),
        visits=(without_basket(visit, basket),),
        basket=replace(basket, state=BasketState.SUSPENDED),
    )


def _undone(context: SignalContext, step: BasketStep) -> Transition:
    """A paid sale is taken back whole; one that was never paid is left behind."""
    basket = step.basket
    if basket.state is not BasketState.COMPLETE or step.stay is None:
        raise SignalRefused("unknown-basket")
    fact = context.fact(
        "Order Cancelled",
        step.stay,
        order_id=basket.number,
        sale_id=basket.id,
        revenue_cents=basket.revenue_cents,
        products=items_of(basket.lines),
    )
    return Transition(
        facts=(fact,),
        visits=(step.stay,),
        basket=basket.closing(BasketState.VOIDED, basket.closed_at),
        voided=basket.sold,
        undone=True,
        # Nobody's screens speak of it: its stay ended when it was paid.
        late=True,
    )


def _counted(basket: TillBasket) -> list[tuple[int, Decimal, int, bool]]:
    """What two tellings of one sale must agree in."""
    return sorted(
        (item_key(x.sku), x.quantity, x.amount_cents, x.is_back) for x in basket.lines
    )


def _not_in(basket: TillBasket, other: TillBasket) -> tuple[BasketLine, ...]:
    """Lines whose product is not among those of ``other``."""
    there = {(item_key(line.sku), line.kind) for line in other.lines}
    return tuple(line for line in basket.lines if (item_key(line.sku), line.kind) not in there)


def items_of(lines: tuple[BasketLine, ...]) -> list[dict[str, object]]:
    """Lines as the centre is told them; what is as usual is left out."""
    return [_item(line) for line in lines]


def _item(line: BasketLine) -> dict[str, object]:
    told: dict[str, object] = {
        "sku": line.sku,
        "quantity": number_of(line.quantity),
        "price_cents": line.price_cents,
    }
    more: dict[str, object] = {
        "unit": line.unit if line.unit != EACH else "",
        "kind": "" if line.is_sold else line.kind.value,
        "line_id": line.line_id or "",
        "discount_cents": line.discount_cents,
        "price_override": line.overridden,
        "of": "" if line.of is None else line.of[0],
        "of_line_id": "" if line.of is None else line.of[1],
    }
    told |= {name: value for name, value in more.items() if value}
    # Where price times quantity is not what was paid, what was is said.
    if line.amount_cents != line.price_cents * line.quantity:
        told["amount_cents"] = line.amount_cents
    return told
