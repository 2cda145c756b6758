"""One shopper's stay: they come in, are seen or not, sign in or not, take what they take, and pay.

``days`` makes one for each arrival, and ``interactions`` leads it through the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.beacons import rotating_id, window_of
from devices.messages.up import Beacon, Sighting
from devices.simulator.chance import happens, share
from edge.lab.simulate.fake_line import SimulatedLine
from edge.lab.simulate.population import ZONES, RecognitionWay, Shopper, SimulatedProduct
from edge.lab.simulate.premises import SimulatedPremises, offers_on
from edge.lab.simulate.radio import heard
from edge.lab.simulate.response_model import ResponseModel
from edge.lab.simulate.virtual_time import SimClock

# Walking, in seconds: at a shelf before the first thing, for each thing, between two frames of a phone.
_LOOKS_S, _TAKES_S, _FRAME_S = 35, 18, 30
# However good an offer is, nobody takes a thing on more visits than this.
SUREST = 0.95
# Who takes a thing on one visit in so many never says that it is not for them.
_REGULAR = 0.2
# Phones that nobody introduced must leave no trace, so there must be some.
_STRANGERS_PHONE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSurroundings:
    """What every stay happens in. ``seed``: all chance hangs on it, so an offer changes only what it changes."""

    seed: int
    notice_id: str
    goods: Mapping[str, SimulatedProduct]
    line: SimulatedLine
    premises: SimulatedPremises
    responses: ResponseModel
    clock: SimClock
    inside: dict[str, SimulatedVisit] = field(default_factory=dict[str, "SimulatedVisit"])


@dataclass(slots=True, kw_only=True)
class SimulatedVisit:
    """Somebody in the store. ``member``: they have agreed to be recognised, as far as they know.

    ``basket``: what they took; ``coupons``: sku -> decision and offer under which a screen proposed it;
    ``noticed``: products that screens of their own have shown them; ``passed``: campaigns on shared screens that
    they walked past; ``passing``: sku -> the plain and the moved chance of every product that they walked past.
    """

    who: Shopper
    number: int
    scenery: VisitSurroundings
    member: bool
    zone: str | None = None
    basket: dict[str, int] = field(default_factory=dict[str, int])
    coupons: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    passed: frozenset[str] = frozenset()
    noticed: set[str] = field(default_factory=set[str])
    passing: dict[str, tuple[float, float]] = field(
        default_factory=dict[str, tuple[float, float]]
    )

    @property
    def key(self) -> tuple[int, int, int]:
        """What all chance of this stay hangs on."""
        return (self.scenery.seed, self.who.number, self.number)

    @property
    def has_phone(self) -> bool:
        """Whether their phone carries the store's app and is on."""
        return self.member and self.who.known is RecognitionWay.PHONE

    def enters(self, zone: str | None) -> None:
        """Walk into another zone, past its shared screen, or out of the door."""
        self.scenery.premises.moves(self.zone, zone)
        self.zone = zone
        display = None if zone is None else self.scenery.premises.displays.get(zone)
        if display is not None:
            offers = offers_on(display.shown, self.scenery.clock.true)
            self.passed |= self.scenery.responses.spoken_of(offer for offer, _ in offers)

    async def walk(self) -> None:
        """Through the store, zone by zone, taking things on the way."""
        for zone in ZONES[1:-1]:
            here = [s for s in self.who.chances if self.scenery.goods[s].zone == zone]
            if not here or happens(0.15, *self.key, zone, "left out"):
                continue
            self.enters(zone)
            await self.lingers(_LOOKS_S + _TAKES_S * share(*self.key, zone, "pace") * 3)
            for sku in here:
                if self._takes(sku):
                    self.basket[sku] = 1 + happens(0.1, *self.key, sku, "two")
            await self.lingers(_TAKES_S * sum(s in self.basket for s in here))

    async def lingers(self, seconds: float) -> None:
        """Stay where one is; a phone goes on being heard."""
        left_s = seconds
        while left_s > 0:
            self._radio()
            self.scenery.premises.looks(self.zone)
            await asyncio.sleep(min(left_s, _FRAME_S))
            left_s -= _FRAME_S

    def wants(self, sku: str) -> bool:
        """Whether they will have taken ``sku`` in the end, as they feel now."""
        plain = self.who.chances.get(sku, 0.0)
        return self._drawn(sku) < min(SUREST, plain * self._factor(sku))

    def refuses(self, sku: str) -> bool:
        """Whether they say that ``sku`` is not for them: told once too often of what they neither take nor favour."""
        annoyed = self.scenery.responses.is_annoyed(self.who, sku, self.number)
        return annoyed and not self.wants(sku) and self.who.chances.get(sku, 0.0) < _REGULAR

    def shown(self, message: Mapping[str, Any] | None, at: datetime) -> None:
        """A screen of their own, or an associate, told them this."""
        if message is None:
            return
        self.scenery.responses.sees(self.who, offers_on(message, at), at, self.key)
        self.noticed |= {item["item_id"] for item in message.get("items", ())}
        for item in message.get("items", ()):
            if "offer_id" in item:
                self.coupons[item["item_id"]] = (message["decision_id"], item["offer_id"])

    def reconsiders(self, sku: str) -> bool:
        """Whether what a till showed makes them take what they had left on its shelf."""
        # What they never passed counts as seen and left.
        plain, before = self.passing.get(sku, (self.who.chances.get(sku, 0.0),) * 2)
        now = min(SUREST, plain * self._factor(sku))
        if sku in self.basket or not plain or now <= before:
            return False
        self.passing[sku] = (plain, now)
        return self._drawn(sku) < now

    def paid(self) -> None:
        """Write down the truth about what they walked past; they are gone in a moment."""
        at = self.scenery.clock.true
        for sku, (plain, moved) in self.passing.items():
            self.scenery.responses.note(self.who, at, sku, plain, moved)

    def _takes(self, sku: str) -> bool:
        plain = self.who.chances[sku]
        moved = min(SUREST, plain * self._factor(sku))
        self.passing[sku] = (plain, moved)
        return self._drawn(sku) < moved

    def _factor(self, sku: str) -> float:
        scenery = self.scenery
        told = scenery.responses.shown_factor if sku in self.noticed else 1.0
        return told * scenery.responses.factor(self.who, sku, scenery.clock.true, self.passed)

    def _drawn(self, sku: str) -> float:
        """The same for one product on one visit, however often it is asked: offers move the bar, not the dice."""
        return share(*self.key, sku, "takes")

    def _radio(self) -> None:
        scenery, zone = self.scenery, self.zone
        stranger = not self.has_phone and happens(_STRANGERS_PHONE, *self.key, "phone")
        if zone is None or not (self.has_phone or stranger):
            return
        at = scenery.clock.true
        # Turned round it is a secret that the store was never given.
        secret = self.who.beacon_key if self.has_phone else self.who.beacon_key[::-1]
        frame = rotating_id(secret, window_of(at))
        # With the instant, so that every frame of a stay is a draw of its own.
        for word in heard(zone, *self.key, round(at.timestamp() * 1000)):
            data = Sighting(
                beacon=Beacon(kind="app", id=frame), rssi_dbm=word.rssi_dbm, zone=word.zone
            )
            scenery.line.say(scenery.premises.gateways[word.zone], data)
