"""The basket at a till: opened, filled, recognised, paid or left behind.

Signal handlers call it for every message of a till; learning, offers and figures read the transition it returns.
"""

from __future__ import annotations

from dataclasses import replace

from edge.domain.basket import BasketLine, BasketState, TillBasket
from edge.domain.errors import SignalRefused
from edge.domain.event import StoreEvent
from edge.domain.ids import BasketId
from edge.domain.market import RecognitionMethod
from edge.domain.placement import TILL
from edge.domain.transitions.transition import (
    ContentRequest,
    SignalContext,
    Transition,
    VisitMerge,
    arrive,
)
from edge.domain.visit import EndReason, Visit


def basket_changed(
    context: SignalContext, basket_id: BasketId, action: str, lines: tuple[BasketLine, ...]
) -> Transition:
    """One message of a till about one basket.

    A basket that was never opened is opened by its first message: a till must not fail for our sake. Lines
    that come with a step other than add and remove count where nothing was scanned before.
    ``context.found`` is whom the loyalty number leads to, if one was given.

    Raises:
        SignalRefused: ``unknown-basket`` – it is already paid or left behind.
    """
    basket, visit, facts = _at_the_till(context, basket_id)
    if basket.state is not BasketState.OPEN:
        raise SignalRefused("unknown-basket")
    buyer = _recognised(context, basket, visit)
    transition = _acted(
        context, action, lines, replace(basket, visit=buyer.visit.id), buyer.visit
    )
    # The basket was somebody else's until now: nothing of theirs may stay on a screen.
    other = visit.token not in (None, buyer.visit.token)
    return replace(
        transition,
        facts=(*transition.facts, *facts, *buyer.facts),
        visits=(*buyer.replaced, *transition.visits),
        # Who has paid is shown nothing more.
        wants=() if transition.paid else buyer.wants,
        clear=(*transition.clear, visit.id) if other else transition.clear,
    )


def _at_the_till(
    context: SignalContext, basket_id: BasketId
) -> tuple[TillBasket, Visit, tuple[StoreEvent, ...]]:
    """The basket and its visit; both begin here where this is their first message.

    Somebody recognised by that message who is in the store already goes on with the visit they have.
    """
    recognised = context.identity(RecognitionMethod.POS_LOYALTY).token is not None
    session = context.session or (context.known if recognised else None)
    visit = replace((session or context.new_visit()).seen(context.at), basket=basket_id)
    basket = context.basket or TillBasket(id=basket_id, device=context.device, visit=visit.id)
    started = () if session else (context.further("Visit Started", visit),)
    return basket, visit, started


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


def _acted(
    context: SignalContext,
    action: str,
    lines: tuple[BasketLine, ...],
    basket: TillBasket,
    visit: Visit,
) -> Transition:
    items = _items(lines)
    if action == "add":
        fact = context.fact("Product Added", visit, basket_id=basket.id, products=items)
        return Transition(
            facts=(fact,), visits=(visit,), basket=basket.adding(lines), bought=lines
        )
    if action == "remove":
        fact = context.fact("Product Removed", visit, basket_id=basket.id, products=items)
        return Transition(
            facts=(fact,), visits=(visit,), basket=basket.removing(lines), voided=lines
        )
    if action == "complete":
        return _paid(context, lines, basket, visit)
    if action == "abandon":
        return _left(context, basket, visit)
    name = {
        "open": "Basket Opened",
        "identify": "Basket Identified",
        "total": "Checkout Started",
    }[action]
    known = visit.token is not None
    # Lines sent once more with the total would be sold twice.
    new = () if basket.lines else lines
    fact = context.fact(name, visit, basket_id=basket.id, identified=known)
    return Transition(facts=(fact,), visits=(visit,), basket=basket.adding(new), bought=new)


def _paid(
    context: SignalContext, lines: tuple[BasketLine, ...], basket: TillBasket, visit: Visit
) -> Transition:
    """The sale is done and the stay with it. Lines sent only now count as scanned now."""
    new = () if basket.lines else lines
    done = basket.adding(new).closing(BasketState.COMPLETE)
    ended = visit.closing(EndReason.PAID, context.at)
    fact = context.fact(
        "Order Completed",
        visit,
        order_id=done.id,
        revenue_cents=done.total_cents,
        products=_items(done.lines),
    )
    end = context.further("Visit Ended", ended, reason=EndReason.PAID.value)
    return Transition(
        facts=(fact, end),
        visits=(ended,),
        basket=done,
        clear=(visit.id,),
        bought=new,
        paid=True,
    )


def _left(context: SignalContext, basket: TillBasket, visit: Visit) -> Transition:
    fact = context.fact(
        "Basket Abandoned", visit, basket_id=basket.id, products=_items(basket.lines)
    )
    return Transition(
        facts=(fact,),
        visits=(replace(visit, basket=None),),
        basket=basket.closing(BasketState.ABANDONED),
        # What was learned while it was filled is unlearned: a basket left behind teaches nothing.
        voided=basket.lines,
    )


def _items(lines: tuple[BasketLine, ...]) -> list[dict[str, object]]:
    return [
        {"sku": line.sku, "quantity": line.quantity, "price_cents": line.price_cents}
        for line in lines
    ]
