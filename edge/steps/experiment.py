"""Step 6: which arm a person is in – by a salted hash of the token, so every store and every restart agree."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from edge.domain.ids import Token

_RANGE = 2**64


class Arm(StrEnum):
    """What a person gets in the global holdout; nobody's visits are outside the experiment."""

    TREATED = "treated"
    HELD_OUT = "held-out"
    OUTSIDE = "outside"


def assign(token: Token | None, salt: str, holdout_pct: int) -> Arm:
    """The arm of ``token``: held out for ``holdout_pct`` of all tokens (0..100), for good under one salt."""
    if token is None:
        return Arm.OUTSIDE
    code = hashlib.sha256(f"{salt}\x00{token}".encode()).digest()
    draw = int.from_bytes(code[:8], "big")
    return Arm.HELD_OUT if draw * 100 < holdout_pct * _RANGE else Arm.TREATED
