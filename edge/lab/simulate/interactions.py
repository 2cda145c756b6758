"""What people and associates do at kiosks, tills and tablets: the parts of a stay that speak with the service.

``days`` calls ``stay`` for every arrival and ``associate`` for the tablet; what is decided on the way comes
from ``visit``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from devices.messages import Ask, Basket, Data, Feedback, FeedbackAction, Line, SignIn, SignOut
from devices.messages import BasketAction as Step
from devices.messages.fields import Purpose as Ticked
from devices.messages.up import Consent
from devices.simulator.chance import happens, share
from edge.lab.simulate.population import RecognitionWay
from edge.lab.simulate.premises import SimulatedScreen, items_of
from edge.lab.simulate.visit import SimulatedVisit, VisitSurroundings

# How often people do what they do.
_USES_KIOSK, _GIVES_CARD, _ENROLS, _WITHDRAWS, _ABANDONS = 0.85, 0.93, 0.06, 0.01, 0.02
_ASSOCIATE_SPEAKS = 0.7
_ENROLLED = (
    Ticked.RECOGNISE,
    Ticked.PERSONALISE_PRIVATE,
    Ticked.CHECKOUT_OFFER,
    Ticked.MEASURE,
)
# Seconds: to read a screen, to scan a thing, to pay.
_READS_S, _SCAN_S, _PAYS_S = 12, 3, 25
# A till may gather lines; a few at once try that road, too.
_LINES_A_MESSAGE = 4


async def stay(one: SimulatedVisit) -> None:
    """The whole stay, from the door to the door."""
    inside = one.scenery.inside
    inside[str(one.who.token)] = one
    try:
        one.enters("entrance")
        await one.lingers(20 + 40 * share(*one.key, "at the door"))
        if one.who.known is RecognitionWay.KIOSK and happens(_USES_KIOSK, *one.key, "kiosk"):
            await _at_kiosk(one)
        await one.walk()
        one.enters("checkout")
        if one.basket:
            await _at_till(one, one.scenery.premises.shortest_lane())
        else:
            await one.lingers(15)
    finally:
        # However the stay ends: nobody may be left standing in the store.
        one.enters(None)
        del inside[str(one.who.token)]


async def _at_kiosk(one: SimulatedVisit) -> None:
    kiosks = one.scenery.premises.kiosks
    kiosk = min(kiosks, key=lambda k: k.queue)
    async with kiosk.turn():
        # What the one before was told is not for this one.
        kiosk.told.clear()
        joins = not one.member and happens(_ENROLS, *one.key, "joins")
        if one.member or joins:
            _says(one, kiosk, _signing_in(one, joins=joins))
            one.member = True
        else:
            _says(one, kiosk, Ask(placement="kiosk-home", limit=6))
        shown = await kiosk.next_word(3)
        one.shown(shown, one.scenery.clock.true)
        await asyncio.sleep(_READS_S)
        _answers(one, kiosk, shown)
        if joins or one.member:
            _leaves(one, kiosk)
        await asyncio.sleep(1)


def _signing_in(one: SimulatedVisit, *, joins: bool) -> SignIn:
    return SignIn(
        method="loyalty",
        value=one.who.loyalty,
        purposes=_ENROLLED if joins else (),
        notice_id=one.scenery.notice_id,
        locale=one.who.locale,
    )


def _leaves(one: SimulatedVisit, kiosk: SimulatedScreen) -> None:
    """Sign out; a few take back what they agreed to before."""
    if happens(_WITHDRAWS, *one.key, "withdraws"):
        one.member = False
        # Before signing out: consent is that of the device's present session.
        _says(one, kiosk, Consent(action="withdraw", purposes=(Ticked.PERSONALISE_PRIVATE,)))
    _says(one, kiosk, SignOut(reason="person"))


def _answers(
    one: SimulatedVisit, screen: SimulatedScreen, shown: Mapping[str, Any] | None
) -> None:
    """Look, touch the first thing, and say what becomes of it."""
    if shown is None or not shown.get("items"):
        return
    first = shown["items"][0]["item_id"]
    _replies(one, screen, shown, None, FeedbackAction.VIEW)
    for item in items_of(shown):
        sku = item["item_id"]
        if one.refuses(sku):
            _replies(one, screen, shown, sku, FeedbackAction.NOT_FOR_ME)
        elif sku == first and one.wants(sku):
            _replies(one, screen, shown, sku, FeedbackAction.ACCEPT)


async def _at_till(one: SimulatedVisit, till: SimulatedScreen) -> None:
    async with till.turn():
        # Hangs on the stay alone, so that every run has the same name for it.
        name = "b-" + "-".join(map(str, one.key))
        card = one.who.loyalty if _gives_card(one) else None
        _rings(one, till, name, Step.OPEN)
        if card is not None:
            _says(one, till, Basket(basket_id=name, action=Step.IDENTIFY, loyalty=card))
        for lines in _by(_LINES_A_MESSAGE, list(one.basket.items())):
            await one.lingers(_SCAN_S * len(lines))
            _rings(one, till, name, Step.ADD, dict(lines))
        if happens(_ABANDONS, *one.key, "abandons"):
            _rings(one, till, name, Step.ABANDON)
            return
        await _hears_of_more(one, till, name)
        _rings(one, till, name, Step.TOTAL)
        _redeems(one, till)
        await one.lingers(_PAYS_S)
        _rings(one, till, name, Step.COMPLETE)
        one.paid()


def _gives_card(one: SimulatedVisit) -> bool:
    """Members of every kind show their card at the till, but not always."""
    return (
        one.member
        and one.who.known is not RecognitionWay.NOT
        and happens(_GIVES_CARD, *one.key, "card")
    )


async def _hears_of_more(one: SimulatedVisit, till: SimulatedScreen, basket: str) -> None:
    """The till asks what to propose; the shopper may take it along."""
    till.told.clear()
    _says(one, till, Ask(placement="till-addon", limit=3, basket_id=basket))
    answer = await till.next_word(1)
    one.shown(answer, one.scenery.clock.true)
    for item in items_of(answer):
        sku = item["item_id"]
        # A decision may propose what this town does not sell.
        if sku in one.scenery.goods and one.reconsiders(sku):
            one.basket[sku] = 1
            _rings(one, till, basket, Step.ADD, {sku: 1})


def _redeems(one: SimulatedVisit, till: SimulatedScreen) -> None:
    for sku in one.basket:
        if sku in one.coupons:
            decision, _ = one.coupons[sku]
            _says(
                one,
                till,
                Feedback(decision_id=decision, item_id=sku, action=FeedbackAction.REDEEM),
            )


def _rings(
    one: SimulatedVisit,
    till: SimulatedScreen,
    basket: str,
    step: Step,
    lines: Mapping[str, int] | None = None,
) -> None:
    goods = one.scenery.goods
    rows = tuple(
        Line(sku=sku, quantity=Decimal(quantity), price_cents=goods[sku].price_cents)
        for sku, quantity in (lines or {}).items()
    )
    _says(one, till, Basket(basket_id=basket, action=step, lines=rows))


def _replies(
    one: SimulatedVisit,
    screen: SimulatedScreen,
    shown: Mapping[str, Any],
    sku: str | None,
    action: FeedbackAction,
) -> None:
    _says(one, screen, Feedback(decision_id=shown["decision_id"], item_id=sku, action=action))


def _says(one: SimulatedVisit, screen: SimulatedScreen, data: Data) -> None:
    one.scenery.line.say(screen.device, data)


def associate(
    scenery: VisitSurroundings, greeted: Mapping[str, str], card: Mapping[str, Any]
) -> None:
    """The associate reads a card that came to the tablet and, mostly, says the first thing to whom it is about.

    ``greeted``: token -> the alias under which the card speaks of somebody.
    """
    who = card.get("slots", {}).get("greeting")
    # Cards greet by alias, so the associate finds people by it, too.
    there = [stay for token, stay in scenery.inside.items() if greeted.get(token) == who]
    if card.get("kind") != "personal" or not there or not card.get("items"):
        return
    one = there[0]
    if not happens(_ASSOCIATE_SPEAKS, *one.key, card["decision_id"]):
        return
    # Only the first thing is said, so only that was shown.
    one.shown({**card, "items": card["items"][:1]}, scenery.clock.true)
    _says(
        one,
        scenery.premises.tablet,
        Feedback(
            decision_id=card["decision_id"],
            item_id=card["items"][0]["item_id"],
            action=FeedbackAction.SAID,
        ),
    )


def _by(size: int, rows: list[tuple[str, int]]) -> Iterable[list[tuple[str, int]]]:
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part
