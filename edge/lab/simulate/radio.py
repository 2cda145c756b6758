"""What the gateways hear of a phone: log-normal strengths, misses, and echoes in the next zone.

``visit`` asks what each frame of a shopper's phone leaves, and has the gateways say it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from devices.simulator.chance import happens, share
from edge.lab.simulate.population import ZONES

# Power at a metre, how fast it falls indoors (power of the distance), how much walls and people scatter it.
_AT_1_M_DBM, _FALLS, _SCATTER_DB = -59.0, 2.4, 5.0
# Weaker than this no receiver makes a message of it.
_DEAF_DBM = -92
_MISSED, _ECHO = 0.15, 0.08
_NEAR_M, _NEXT_M = (1.0, 8.0), (9.0, 18.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardFrame:
    """One frame at the gateway of ``zone``, which need not be where the phone is."""

    zone: str
    rssi_dbm: int


def heard(zone: str, *about: object) -> Iterator[HeardFrame]:
    """What one frame of a phone in ``zone`` leaves at the gateways: mostly one word, now and then none or two."""
    if not happens(_MISSED, *about, "missed"):
        yield from _strong_enough(zone, _NEAR_M, *about)
    if happens(_ECHO, *about, "echo"):
        at = ZONES.index(zone)
        # The last zone has no next one; its echo is heard in the one before.
        beside = ZONES[at - 1] if at == len(ZONES) - 1 else ZONES[at + 1]
        yield from _strong_enough(beside, _NEXT_M, *about)


def _strong_enough(
    zone: str, metres: tuple[float, float], *about: object
) -> Iterator[HeardFrame]:
    near, far = metres
    distance = near + (far - near) * share(*about, zone, "metres")
    middle = _AT_1_M_DBM - 10 * _FALLS * math.log10(distance)
    rssi = round(middle + _SCATTER_DB * _bell(*about, zone, "scatter"))
    if rssi >= _DEAF_DBM:
        yield HeardFrame(zone=zone, rssi_dbm=rssi)


def _bell(*about: object) -> float:
    """A draw from the normal distribution of mean 0 and spread 1."""
    # One less the share: of nothing there is no logarithm.
    radius = math.sqrt(-2 * math.log(1 - share(*about, "radius")))
    return radius * math.cos(2 * math.pi * share(*about, "angle"))
