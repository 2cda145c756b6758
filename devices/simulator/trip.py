"""One recorded stay in a store, as the simulated devices will play it.

The demo makes them from receipts, and `devices.simulator.script` makes messages of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from devices.messages.fields import Purpose


class ShopperMethod(StrEnum):
    """How the shopper lets themselves be known, if at all."""

    BEACON = "beacon"
    CLAIM = "claim"
    KIOSK = "kiosk"
    TILL = "till"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedIdentifiers:
    """What the shopper carries. Keys are 32 bytes: the app's beacon secret and its signing key."""

    loyalty: str
    email: str
    phone: str
    beacon_key: bytes
    claim_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TripLine:
    """One line of the basket, scanned ``at_offset_s`` store seconds after the arrival."""

    sku: str
    quantity: int
    price_cents: int
    at_offset_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneStep:
    """The shopper walks into ``zone`` this many store seconds after the arrival."""

    zone: str
    offset_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One stay: who, when, how known, through which zones, with which basket.

    ``opted_in`` is the truth before the stay; ``enrols`` are purposes ticked at the kiosk during it;
    ``withdraws`` means that everything is taken back in the middle of it. Lines and zones are in
    order of their offsets; the basket is paid before ``duration_s``. ``buys``: all that these people ever take
    home, today or another day; nobody says of it that it is not for them.
    """

    household: str
    arrives_at: datetime
    method: ShopperMethod
    opted_in: bool
    identifiers: CarriedIdentifiers
    lines: tuple[TripLine, ...]
    zones: tuple[ZoneStep, ...]
    duration_s: int
    enrols: tuple[Purpose, ...] = ()
    withdraws: bool = False
    buys: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """What all chance of this stay hangs on; also the stem of its basket's id."""
        return f"{self.household}-{int(self.arrives_at.timestamp())}"

    @property
    def leaves_at(self) -> datetime:
        """When the shopper is out of the door."""
        return self.arrives_at + timedelta(seconds=self.duration_s)

    @property
    def skus(self) -> frozenset[str]:
        """Everything that is really bought."""
        return frozenset(line.sku for line in self.lines)

    def at(self, offset_s: float) -> datetime:
        """The store time ``offset_s`` seconds after the arrival."""
        return self.arrives_at + timedelta(seconds=offset_s)
