"""The messages of the load, made before the clock runs.

``load`` makes each block's messages with it, so that making them does not count as load.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from ulid import ULID

from devices.device_classes import DeviceClass
from devices.messages import (
    Ask,
    Basket,
    BasketAction,
    Beacon,
    Data,
    Line,
    Sighting,
    SignIn,
    encode_event,
    leaf_of,
)
from devices.topics import Leaf, build, source_of
from edge.lab.bench.bench_store import STORE
from edge.lab.bench.catalogue import NOTICE, loyalty
from edge.lab.bench.equipment import BEACON, KIOSKS, ZONES, kiosk, till, zone

# Long enough that no answer is cut short: the delay is measured, not the deadline.
_PATIENT_MS = 5_000
DEADLINE_MS = 100


class BenchSignal:
    """One message ready to go: who says it, on which topic, its bytes and its id."""

    __slots__ = ("device", "id", "payload", "topic")

    def __init__(self, device: str, device_class: DeviceClass, data: Data) -> None:
        self.device = device
        self.id = str(ULID())
        self.topic = build(STORE, device_class, device, leaf_of(data))
        source = source_of(STORE, device_class, device)
        self.payload = encode_event(data, source=source, id=self.id, time=datetime.now(UTC))


def sign_in(number: int) -> BenchSignal:
    """Customer ``number`` signs in at the kiosk of that number."""
    # For no purpose: these customers agreed to everything long ago.
    data = SignIn(method="loyalty", value=loyalty(number), purposes=(), notice_id=NOTICE)
    return BenchSignal(kiosk(number), DeviceClass.KIOSK, data)


def question(number: int) -> BenchSignal:
    """A kiosk asks for the list of the person before it."""
    data = Ask(placement="kiosk-home", limit=6, deadline_ms=_PATIENT_MS)
    return BenchSignal(kiosk(number % KIOSKS), DeviceClass.KIOSK, data)


def sighting(number: int) -> BenchSignal:
    """A plain beacon was heard in a zone: its display gets something new."""
    data = Sighting(
        # A letter in it, or one in ten would be taken for the number of a payment card.
        beacon=Beacon(kind="ibeacon", id=f"be{number:014x}"),
        rssi_dbm=-60,
        zone=zone(number % ZONES),
    )
    return BenchSignal(BEACON, DeviceClass.BEACON_GW, data)


def basket(
    lane: int, basket_id: str, action: BasketAction, sku: str | None = None
) -> BenchSignal:
    """A step of a sale; ``identify`` shows the card of the customer of that lane's number."""
    data = Basket(
        basket_id=basket_id,
        action=action,
        lines=() if sku is None else (Line(sku=sku, quantity=Decimal(1), price_cents=199),),
        # Not the customers of the kiosks, for nobody stands at two places.
        loyalty=loyalty(KIOSKS + lane) if action is BasketAction.IDENTIFY else None,
    )
    return BenchSignal(till(lane), DeviceClass.POS, data)


def add_on(lane: int, basket_id: str) -> BenchSignal:
    """A till asks what to offer with this basket, and waits no longer than its deadline."""
    data = Ask(placement="till-addon", limit=3, deadline_ms=DEADLINE_MS, basket_id=basket_id)
    return BenchSignal(till(lane), DeviceClass.POS, data)


def down(device: str, device_class: DeviceClass, leaf: Leaf) -> str:
    """A topic on which a device hears."""
    return build(STORE, device_class, device, leaf)
