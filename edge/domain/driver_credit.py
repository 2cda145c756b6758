"""A bounty: a near-term driver of later sales that a person has just brought, credited once in their life here.

`kpis.drivers` credits it, storage keeps it once a person, the board adds it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.domain.consent import Purpose
from edge.domain.ids import Token


class Driver(StrEnum):
    """What makes later sales likelier, and is seen at once; a closed list."""

    SIGNED_UP = "signed-up"
    LOGGED_IN = "logged-in"
    EMAIL_CAPTURED = "e-mail-captured"
    APP_INSTALLED = "app-installed"
    E_RECEIPT = "e-receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverCredit:
    """One driver of one person. ``at`` is business time; what it is worth stands with the driver's value."""

    token: Token
    driver: Driver
    at: datetime


# A credit is a measurement that names a person: it needs a yes to being known and a yes to being measured.
NEEDED = frozenset({Purpose.RECOGNISE, Purpose.MEASURE})


def may_credit(purposes: frozenset[Purpose]) -> bool:
    """Whether a driver may be credited under the purposes that hold at this moment."""
    return purposes >= NEEDED
