"""A trip as the messages that devices will send because of it: pure, and the same every time.

The replay puts its messages on the agenda; stations say them when their time has come.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from devices.messages import Data, till, up
from devices.messages.fields import Purpose
from devices.simulator.badges import Badges
from devices.simulator.chance import happens, pick, share, stable_id
from devices.simulator.floor import ENTRANCE, SimulatedFloor, Spot
from devices.simulator.trip import ShopperMethod, Trip


class Mark(StrEnum):
    """What an act means besides its message."""

    ENTERS = "enters"
    SAYS = "says"
    PAYS = "pays"
    LEAVES = "leaves"


Making = Callable[[datetime], Data]
"""Makes a message at the real instant at which it is sent: rotating ids and claims live in real time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedMessage:
    """At ``at`` (store time) the device named ``device`` says ``data``, because of ``trip``.

    Without ``data`` nothing is sent; without ``trip`` it is a device's own doing, such as proof of play.
    """

    at: datetime
    device: str = ""
    data: Data | Making | None = None
    trip: Trip | None = None
    mark: Mark = Mark.SAYS


# Shares of all stays, invented: each path of the contract is walked, none often enough to bend the day.
_ALSO_STRANGERS = 0.3
_ALSO_PLAIN_BEACON = 0.2
_CARD_LAST = 0.25
_MIS_SCANS = 0.06
_WRONG_BASKET = 0.03
_KNOWN_BY_MAIL = 0.3
_KNOWN_BY_PHONE = 0.6

# Seconds. A second sighting follows the first, because one stray reading moves nobody.
_HEARD_AGAIN_S = 12
_TO_KIOSK_S = 15
_AT_KIOSK_S = 90
_WITHDRAWING_AT = 0.6
_SCAN_S = 4
_CARD_S = 2
_TOTAL_S = 12
_PAY_S = 40
_ASKS_EVERY = 3
_ASKS_AFTER_S = 2
_NEAR_DBM = -70
_SPREAD_DBM = 20


def script(trip: Trip, floor: SimulatedFloor, badges: Badges) -> tuple[ScriptedMessage, ...]:
    """Everything the devices send from the arrival on because of ``trip``, in order of store time."""
    acts = [
        *_walk(trip, floor, badges),
        *_bystanders(trip, floor, badges),
        *_basket(trip, floor),
    ]
    if trip.method is ShopperMethod.KIOSK:
        acts += _at_kiosk(trip, floor, badges.notice_id)
    if trip.withdraws:
        acts += _withdrawing(trip, floor, badges.notice_id)
    leaves = ScriptedMessage(at=trip.leaves_at, trip=trip, mark=Mark.LEAVES)
    # Planned last, so that it also comes last at its instant.
    return (*sorted(acts, key=lambda act: act.at), leaves)


def _say(trip: Trip, offset_s: float, spot: Spot, data: Data | Making) -> ScriptedMessage:
    return ScriptedMessage(at=trip.at(offset_s), device=spot.name, data=data, trip=trip)


def _walk(trip: Trip, floor: SimulatedFloor, badges: Badges) -> Iterator[ScriptedMessage]:
    """What the gateways hear of an app on the way through the zones."""
    if trip.method not in {ShopperMethod.BEACON, ShopperMethod.CLAIM}:
        return
    made = _claimed if trip.method is ShopperMethod.CLAIM else _broadcast
    for step in trip.zones:
        spot = floor.gateway(step.zone)
        for offset_s in (step.offset_s, step.offset_s + _HEARD_AGAIN_S):
            yield _say(trip, offset_s, spot, made(trip, step.zone, badges))


def _broadcast(trip: Trip, zone: str, badges: Badges) -> Making:
    """The app's rotating id, as a gateway hears it."""
    return lambda now: _heard(
        up.Beacon(kind="app", id=badges.rotating(trip.identifiers, now)), zone, trip.key
    )


def _claimed(trip: Trip, zone: str, badges: Badges) -> Making:
    """The store's own beacon, heard by an app that signs that it was here."""
    beacon = up.Beacon(kind="ibeacon", id=badges.plain(zone))
    return lambda now: _heard(beacon, zone, trip.key, badges.claim(trip.identifiers, zone, now))


def _heard(beacon: up.Beacon, zone: str, key: str, claim: str | None = None) -> up.Sighting:
    rssi = _NEAR_DBM + int(share(key, zone, "rssi") * _SPREAD_DBM)
    # By zone, so that both sightings of a stop agree; -59 dBm is the usual power of a beacon at 1 m.
    return up.Sighting(beacon=beacon, rssi_dbm=rssi, tx_power_dbm=-59, zone=zone, claim=claim)


def _bystanders(trip: Trip, floor: SimulatedFloor, badges: Badges) -> Iterator[ScriptedMessage]:
    """Phones of strangers and the store's own beacons, heard at the same time: nobody's."""
    spot = floor.gateway(ENTRANCE)
    if happens(_ALSO_STRANGERS, trip.key, "stranger"):
        beacon = up.Beacon(kind="app", id=badges.stranger(trip.key))
        yield _say(trip, 3, spot, _heard(beacon, spot.zone, trip.key))
    if happens(_ALSO_PLAIN_BEACON, trip.key, "plain"):
        beacon = up.Beacon(kind="ibeacon", id=badges.plain(spot.zone))
        yield _say(trip, 5, spot, _heard(beacon, spot.zone, trip.key))


def _named(trip: Trip) -> tuple[Literal["email", "phone", "loyalty"], str]:
    """How this shopper signs in; who enrols does it by the card that the till will see."""
    chance = 1.0 if trip.enrols else share(trip.household, "names")
    if chance < _KNOWN_BY_MAIL:
        return "email", trip.identifiers.email
    if chance < _KNOWN_BY_PHONE:
        return "phone", trip.identifiers.phone
    return "loyalty", trip.identifiers.loyalty


def _sign_in(trip: Trip, purposes: tuple[Purpose, ...], notice_id: str) -> up.SignIn:
    method, value = _named(trip)
    # One household in four, so that Spanish is shown as well.
    locale = pick(("en-US", "en-US", "en-US", "es"), trip.household, "locale")
    return up.SignIn(
        method=method, value=value, purposes=purposes, notice_id=notice_id, locale=locale
    )


def _at_kiosk(trip: Trip, floor: SimulatedFloor, notice_id: str) -> Iterator[ScriptedMessage]:
    spot = floor.kiosk(trip.key)
    yield _say(trip, _TO_KIOSK_S, spot, _sign_in(trip, trip.enrols, notice_id))
    reason: Literal["person", "idle"] = pick(("person", "person", "idle"), trip.key, "ends")
    yield _say(trip, _TO_KIOSK_S + _AT_KIOSK_S, spot, up.SignOut(reason=reason))


def _withdrawing(
    trip: Trip, floor: SimulatedFloor, notice_id: str
) -> Iterator[ScriptedMessage]:
    """Back to the kiosk in the middle of the stay, and everything is taken back."""
    spot, begins_s = floor.kiosk(trip.key), int(trip.duration_s * _WITHDRAWING_AT)
    # For no purpose: it comes to withdraw.
    yield _say(trip, begins_s, spot, _sign_in(trip, (), notice_id))
    everything = up.Consent(action="withdraw", purposes=tuple(Purpose), notice_id=notice_id)
    yield _say(trip, begins_s + _HEARD_AGAIN_S, spot, everything)


def _basket(trip: Trip, floor: SimulatedFloor) -> Iterator[ScriptedMessage]:
    """The basket at the till, line by line, with the card first or last, to the payment."""
    if not trip.lines:
        return
    spot, first_s, last_s = (
        floor.till(trip.key),
        trip.lines[0].at_offset_s,
        trip.lines[-1].at_offset_s,
    )
    yield from _wrong_basket(trip, spot, first_s - 3 * _SCAN_S)
    yield _say(trip, first_s - _SCAN_S, spot, _step(trip, till.BasketAction.OPEN))
    shows_card = trip.method is not ShopperMethod.NONE
    last = trip.method is ShopperMethod.TILL and happens(_CARD_LAST, trip.key, "card last")
    if shows_card:
        card_s = last_s + _CARD_S if last else first_s - _CARD_S
        yield _say(trip, card_s, spot, _step(trip, till.BasketAction.IDENTIFY))
    yield from _scans(trip, spot)
    yield _say(trip, last_s + _TOTAL_S, spot, _step(trip, till.BasketAction.TOTAL))
    # Not after they have left, should the last scan be late.
    paid_s = min(last_s + _PAY_S, trip.duration_s)
    paid = _step(trip, till.BasketAction.COMPLETE)
    yield ScriptedMessage(
        at=trip.at(paid_s), device=spot.name, data=paid, trip=trip, mark=Mark.PAYS
    )


def _scans(trip: Trip, spot: Spot) -> Iterator[ScriptedMessage]:
    """The till asks what goes with the basket after the first line and then after every third."""
    for number, line in enumerate(trip.lines):
        piece = till.Line(
            line_id=str(number + 1),
            sku=line.sku,
            quantity=Decimal(line.quantity),
            price_cents=line.price_cents,
        )
        yield _say(trip, line.at_offset_s, spot, _step(trip, till.BasketAction.ADD, piece))
        if number == 0 and happens(_MIS_SCANS, trip.key, "mis-scan"):
            for action in (till.BasketAction.ADD, till.BasketAction.REMOVE):
                extra = _step(
                    trip,
                    action,
                    piece.model_copy(update={"line_id": "twice", "quantity": Decimal(1)}),
                )
                yield _say(trip, line.at_offset_s + 1, spot, extra)
        # After the last line there is nothing left to propose before the total.
        if number % _ASKS_EVERY == 0 and line is not trip.lines[-1]:
            ask = up.Ask(
                placement="till-addon",
                limit=3,
                deadline_ms=100,
                basket_id=basket_id(trip),
                # The question may overtake the line on its way.
                after_line_id=str(number + 1),
            )
            yield _say(trip, line.at_offset_s + _ASKS_AFTER_S, spot, ask)


def _wrong_basket(trip: Trip, spot: Spot, offset_s: int) -> Iterator[ScriptedMessage]:
    """Sometimes a basket is opened by mistake and left."""
    if not happens(_WRONG_BASKET, trip.key, "wrong basket"):
        return
    for action in (till.BasketAction.OPEN, till.BasketAction.ABANDON):
        wrong = till.Basket(basket_id=f"{basket_id(trip)}-x", action=action)
        yield _say(trip, offset_s, spot, wrong)


def basket_id(trip: Trip) -> str:
    """The till's name of the trip's basket; unlike the key it says nothing about whose baskets belong together."""
    return f"b-{stable_id(trip.key)}"


def _step(trip: Trip, action: till.BasketAction, *lines: till.Line) -> till.Basket:
    card = trip.identifiers.loyalty if action is till.BasketAction.IDENTIFY else None
    return till.Basket(basket_id=basket_id(trip), action=action, lines=lines, loyalty=card)
