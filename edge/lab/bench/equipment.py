"""The devices of a benchmark, and the two accounts that may echo past the service.

``suite`` gives all of them accounts; ``load`` connects as each, and ``signals`` speaks for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from devices.accounts import NewDevice, hashed, new_password
from devices.device_classes import DeviceClass
from devices.fleet import PID_FILE, tell

KIOSKS: Final = 20
ZONES: Final = 40
LANES: Final = 10
CUSTOMERS: Final = 200

ECHO: Final = "echo"
"""The account of the load's own echo topics and of the peer that answers there."""
THERE: Final = "bench/there"
BACK: Final = "bench/back"
HOP: Final = "bench/hop"


def kiosk(number: int) -> str:
    """A kiosk, at which customer ``number`` is signed in."""
    return f"kiosk-{number}"


def poster(number: int) -> str:
    """A display in the zone of its number."""
    return f"poster-{number}"


def till(number: int) -> str:
    """A lane."""
    return f"till-{number}"


def zone(number: int) -> str:
    """A zone with one display and nothing else."""
    return f"zone-{number}"


BEACON: Final = "beacons"


def equipment() -> tuple[NewDevice, ...]:
    """All devices."""
    return (
        *(NewDevice(name=kiosk(n), device_class=DeviceClass.KIOSK) for n in range(KIOSKS)),
        *(
            NewDevice(name=poster(n), device_class=DeviceClass.DISPLAY, zone=zone(n))
            for n in range(ZONES)
        ),
        *(NewDevice(name=till(n), device_class=DeviceClass.POS) for n in range(LANES)),
        # One gateway speaks for all zones: a sighting names its own.
        NewDevice(name=BEACON, device_class=DeviceClass.BEACON_GW),
    )


def admit_echo(fleet: Path) -> str:
    """Let the echo into the broker, beside the store's own accounts; its password.

    It lasts until the store's accounts change, which at each start of the service they do.
    """
    password = new_password()
    with (fleet / "passwd").open("a", encoding="utf-8") as passwd:
        passwd.write(f"{ECHO}:{hashed(password)}\n")
    with (fleet / "acl").open("a", encoding="utf-8") as acl:
        acl.write(f"\nuser {ECHO}\ntopic readwrite bench/#\n")
    tell(fleet / PID_FILE)
    return password
