"""Chance that comes out the same for the same seed."""

from __future__ import annotations

import random


def luck(seed: int) -> random.Random:
    """A generator for moments and choices; nothing secret hangs on it."""
    return random.Random(seed)  # noqa: S311 - moments of faults are no secret
