"""What stands in the simulated store, and where.

The demo provisions an account for each spot; the replay puts a station on each.
"""

from dataclasses import dataclass

from devices.device_classes import DeviceClass
from devices.simulator.chance import pick

ENTRANCE = "entrance"
CHECKOUT = "checkout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One device: its account's name, its class and the zone it stands in."""

    name: str
    device_class: DeviceClass
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedFloor:
    """The store's devices. A gateway stands in every zone; a kiosk and a till are there at least once."""

    store: str
    spots: tuple[Spot, ...]

    def every(self, device_class: DeviceClass) -> tuple[Spot, ...]:
        """All devices of one class, in their order on the plan."""
        return tuple(spot for spot in self.spots if spot.device_class is device_class)

    def gateway(self, zone: str) -> Spot:
        """The beacon gateway that hears people in ``zone``; the first one where a zone has none."""
        gateways = self.every(DeviceClass.BEACON_GW)
        return next((spot for spot in gateways if spot.zone == zone), gateways[0])

    def kiosk(self, key: str) -> Spot:
        """The kiosk that the stay ``key`` uses."""
        return pick(self.every(DeviceClass.KIOSK), key, "kiosk")

    def till(self, key: str) -> Spot:
        """The till that the stay ``key`` pays at."""
        return pick(self.every(DeviceClass.POS), key, "till")


def usual_floor(store: str, zones: tuple[str, ...]) -> SimulatedFloor:
    """A small store: a gateway a zone, displays in all but the checkout, a kiosk, a tablet, two tills."""
    gateways = (_spot(f"gateway-{zone}", DeviceClass.BEACON_GW, zone) for zone in zones)
    displays = (
        _spot(f"display-{zone}", DeviceClass.DISPLAY, zone)
        for zone in zones
        if zone != CHECKOUT
    )
    staff = (
        _spot("kiosk-entrance", DeviceClass.KIOSK, ENTRANCE),
        _spot("tablet-floor", DeviceClass.TABLET, ENTRANCE),
        _spot("till-a", DeviceClass.POS, CHECKOUT),
        _spot("till-b", DeviceClass.POS, CHECKOUT),
    )
    return SimulatedFloor(store=store, spots=(*gateways, *displays, *staff))


def _spot(name: str, device_class: DeviceClass, zone: str) -> Spot:
    return Spot(name=name, device_class=device_class, zone=zone)
