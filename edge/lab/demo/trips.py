"""The real receipts of the replayed weeks as trips: when people came, how they were known, where they walked.

``seed`` makes them of the journey; ``devices.simulator`` plays them in ``replaying``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from devices.messages.fields import Purpose as Ticked
from devices.simulator.chance import happens, share
from devices.simulator.trip import ShopperMethod, Trip, TripLine, ZoneStep
from edge.lab.demo.shelves import CHECKOUT, ENTRANCE, GROCERY, ZONES, DemoProduct
from edge.lab.demo.shop import DemoShop, utc
from edge.lab.demo.shoppers import identifiers, opted_in
from models.sources.journey import RecordedBasket

# How people of either kind let themselves be known: cumulative shares of households.
_KNOWN_BY = (
    (0.35, ShopperMethod.BEACON),
    (0.5, ShopperMethod.CLAIM),
    (0.75, ShopperMethod.KIOSK),
    (1.0, ShopperMethod.TILL),
)
_UNKNOWN_BY = (
    (0.15, ShopperMethod.BEACON),
    (0.35, ShopperMethod.KIOSK),
    (0.65, ShopperMethod.TILL),
    (1.0, ShopperMethod.NONE),
)
# The receipts do not say how people let themselves be known: these are guesses.
_CARD_AT_HOME = 0.05
_ENROLS = 0.5
_WITHDRAWS = 0.04
_SCANS_ON_THE_WAY = 0.4
ENROLLED: tuple[Ticked, ...] = (
    Ticked.RECOGNISE,
    Ticked.PERSONALISE_PRIVATE,
    Ticked.CHECKOUT_OFFER,
    Ticked.MEASURE,
)

# Walking, in store seconds: at the entrance, towards a zone, per line taken there, per line at the till.
_AT_ENTRANCE_S = 60
_AT_KIOSK_S = 130
_TO_ZONE_S = 30
_TAKE_S = 18
_SCAN_S = 4
_QUEUE_S = 30
_PACK_S = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """One household's purchases of one day: the first receipt's time and all lines by item."""

    household: int
    second: int
    lines: Mapping[int, tuple[int, int]]


def trips(shop: DemoShop, shelves: Mapping[int, DemoProduct]) -> tuple[Trip, ...]:
    """One trip a household and local day, in order of arrival."""
    planned = sorted(
        (_drafted(errand, shop, shelves) for errand in _errands(shop)),
        key=lambda trip: (trip.arrives_at, trip.household),
    )
    return tuple(_decided(planned))


def _errands(shop: DemoShop) -> Iterable[_Errand]:
    """Receipts of one household and day belong together: it came back for what it had forgotten."""
    found: dict[tuple[int, int], list[RecordedBasket]] = {}
    for basket in shop.baskets():
        # Local days: a receipt after midnight in UTC belongs to the evening before.
        found.setdefault((basket.household, basket.second // 86_400), []).append(basket)
    for (household, _), baskets in found.items():
        yield _Errand(
            household=household, second=baskets[0].second, lines=_added_up(shop, baskets)
        )


def _added_up(shop: DemoShop, baskets: Iterable[RecordedBasket]) -> dict[int, tuple[int, int]]:
    """Quantity and cents paid, by item."""
    lines, found = shop.journey.lines, dict[int, tuple[int, int]]()
    for row in (int(row) for basket in baskets for row in basket.lines):
        quantity, cents = found.get(int(lines.item[row]), (0, 0))
        found[int(lines.item[row])] = (
            quantity + int(lines.quantity[row]),
            cents + int(lines.cents[row]),
        )
    return found


def _drafted(errand: _Errand, shop: DemoShop, shelves: Mapping[int, DemoProduct]) -> Trip:
    """The trip with its way through the store; who is opted in is decided afterwards, in order."""
    key = (errand.household, errand.second)
    keys = shop.journey.items.keys
    walk = _Walk(at_kiosk=_usual_method(errand.household) is ShopperMethod.KIOSK)
    on_the_way = happens(_SCANS_ON_THE_WAY, *key, "scans on the way")
    # In the order of the walk, and by item within a zone, so that every demo walks alike.
    taken = sorted(errand.lines, key=lambda item: (ZONES.index(_zone(item, shelves)), item))
    lines = list[TripLine]()
    for item in taken:
        at_s = walk.take(_zone(item, shelves))
        quantity, cents = errand.lines[item]
        lines.append(
            TripLine(
                sku=str(keys[item]),
                quantity=quantity,
                # Per piece and rounded: a basket's line has whole cents.
                price_cents=round(cents / quantity),
                at_offset_s=at_s,
            )
        )
    checkout_s = walk.go(CHECKOUT)
    if not on_the_way:
        lines = [_at_till(line, checkout_s, number) for number, line in enumerate(lines)]
    duration_s = max(checkout_s, lines[-1].at_offset_s) + _PACK_S
    return Trip(
        household=str(errand.household),
        # The receipt's time is that of paying, so people came in so much earlier.
        arrives_at=utc(errand.second) - timedelta(seconds=duration_s),
        method=_method(errand),
        opted_in=opted_in(errand.household),
        identifiers=identifiers(errand.household),
        lines=tuple(lines),
        zones=tuple(walk.steps),
        duration_s=duration_s,
        buys=frozenset(str(keys[item]) for item in shop.buys(errand.household)),
    )


def _zone(item: int, shelves: Mapping[int, DemoProduct]) -> str:
    shelf = shelves.get(item)
    return GROCERY if shelf is None else shelf.zone


def _at_till(line: TripLine, checkout_s: int, number: int) -> TripLine:
    return TripLine(
        sku=line.sku,
        quantity=line.quantity,
        price_cents=line.price_cents,
        at_offset_s=checkout_s + _QUEUE_S + number * _SCAN_S,
    )


class _Walk:
    """The way through the store so far, in seconds since the arrival."""

    def __init__(self, *, at_kiosk: bool) -> None:
        self.steps = [ZoneStep(zone=ENTRANCE, offset_s=0)]
        self._now_s = _AT_KIOSK_S if at_kiosk else _AT_ENTRANCE_S

    def go(self, zone: str) -> int:
        """Walk to ``zone`` unless already there; when that is."""
        if self.steps[-1].zone != zone:
            self._now_s += _TO_ZONE_S
            self.steps.append(ZoneStep(zone=zone, offset_s=self._now_s))
        return self._now_s

    def take(self, zone: str) -> int:
        """Take one thing from a shelf in ``zone``; when that is."""
        self.go(zone)
        self._now_s += _TAKE_S
        return self._now_s


def _usual_method(household: int) -> ShopperMethod:
    """How this household is known, if it has agreed; or seen, if it has not."""
    chance = share(household, "method")
    table = _KNOWN_BY if opted_in(household) else _UNKNOWN_BY
    return next(method for limit, method in table if chance < limit)


def _method(errand: _Errand) -> ShopperMethod:
    if happens(_CARD_AT_HOME, errand.household, errand.second, "forgot"):
        return ShopperMethod.NONE
    return _usual_method(errand.household)


def _decided(planned: Iterable[Trip]) -> Iterator[Trip]:
    """Who enrols and who withdraws, each once; later trips know of it."""
    joined, left = set[str](), set[str]()
    for trip in planned:
        opted = (trip.opted_in or trip.household in joined) and trip.household not in left
        can_sign_in = trip.method is not ShopperMethod.NONE
        enrols = (
            not opted
            and trip.method is ShopperMethod.KIOSK
            # Who has withdrawn does not join again.
            and trip.household not in left
            and happens(_ENROLS, trip.household, "enrols")
        )
        withdraws = opted and can_sign_in and happens(_WITHDRAWS, trip.key, "withdraws")
        if enrols:
            joined.add(trip.household)
        if withdraws:
            left.add(trip.household)
        yield replace(
            trip, opted_in=opted, enrols=ENROLLED if enrols else (), withdraws=withdraws
        )
