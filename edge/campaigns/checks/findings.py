"""What the tower found: a fault from a closed list, who is in it, and what would mend it.

Every check makes findings; command line and console word them, and ``error`` stops a publication.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Grade = Literal["error", "warning"]
"""An error keeps a portfolio from being published; a warning is told."""


class Fault(StrEnum):
    """What can be wrong with a portfolio; a closed list, told in full in ``docs/tower.md``."""

    DUPLICATE = "duplicate"
    UNKNOWN_PRODUCT = "unknown-product"
    UNKNOWN_PLACEMENT = "unknown-placement"
    UNKNOWN_CHANNEL = "unknown-channel"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_STRATEGY = "unknown-strategy"
    UNKNOWN_PARENT = "unknown-parent"
    LINEAGE_CYCLE = "lineage-cycle"
    NO_CAMPAIGN = "no-campaign"
    ENDS_BEFORE_START = "ends-before-start"
    ENDED = "ended"
    OUTSIDE_CAMPAIGN = "outside-campaign"
    NEVER_SPEAKS = "never-speaks"
    NOWHERE = "nowhere"
    BROKEN_EXPRESSION = "broken-expression"
    AUDIENCE_NEVER = "audience-never"
    OUTDONE = "outdone"
    SENSITIVE_IN_PUBLIC = "sensitive-in-public"
    SOLD_OUT = "sold-out"
    FREE_PRODUCT = "free-product"
    GIVEN_AWAY = "given-away"
    BUDGET_SPENT = "budget-spent"
    BUDGET_SHORT = "budget-short"
    CAP_ZERO = "cap-zero"
    CAP_DEADLOCK = "cap-deadlock"
    LIMITS_CROSSED = "limits-crossed"
    VARIANT_EMPTY = "variant-empty"
    VARIANT_OFFER = "variant-offer"
    VARIANT_CREATIVE = "variant-creative"
    VARIANT_WEIGHT = "variant-weight"
    UNLISTED = "unlisted"
    OFFER_SHARED = "offer-shared"
    LAYER_EMPTY = "layer-empty"
    LAYERS_OVERLAP = "layers-overlap"
    SALT_SHARED = "salt-shared"
    HOLDOUT_SIZE = "holdout-size"
    HOLDOUT_LEAK = "holdout-leak"
    MIXED_DESIGNS = "mixed-designs"
    WASHED_OUT = "washed-out"
    COLLISION = "collision"
    TESTS_OVERLAP = "tests-overlap"
    STRATEGIES_CLASH = "strategies-clash"
    NO_DEFAULT_LANGUAGE = "no-default-language"
    NO_FITTING_CREATIVE = "no-fitting-creative"
    MISSING_IMAGE = "missing-image"
    BLANK_CREATIVE = "blank-creative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault. ``culprits``: ids of campaigns and offers first, both where two collide, then other names.

    ``says`` and ``mend`` are one sentence each: what is wrong, and what to write instead.
    """

    code: Fault
    grade: Grade
    culprits: tuple[str, ...]
    says: str
    mend: str


def error(code: Fault, *culprits: str, says: str, mend: str) -> Finding:
    """A fault with which nothing goes live."""
    return Finding(code=code, grade="error", culprits=culprits, says=says, mend=mend)


def warning(code: Fault, *culprits: str, says: str, mend: str) -> Finding:
    """A fault that somebody should know of."""
    return Finding(code=code, grade="warning", culprits=culprits, says=says, mend=mend)


def concerning(findings: Iterable[Finding], ids: Collection[str]) -> Iterator[Finding]:
    """The findings with one of ``ids`` among their culprits: what whoever publishes these has to answer for."""
    return (finding for finding in findings if not set(finding.culprits).isdisjoint(ids))


def forbids(findings: Iterable[Finding]) -> bool:
    """Whether any of them keeps the portfolio from being published."""
    return any(finding.grade == "error" for finding in findings)


def render(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """As a JSON document; the keys are the fields of ``Finding``."""
    return [
        {
            "code": finding.code.value,
            "grade": finding.grade,
            "culprits": list(finding.culprits),
            "says": finding.says,
            "mend": finding.mend,
        }
        for finding in findings
    ]
