"""Chance that is the same on every machine and every day: shares by a stable hash, never by dice.

Simulators draw everything that is not recorded from it, so that two runs are the same run.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_BYTES = 7
_SPAN = 1 << 8 * _BYTES


def share(*about: object) -> float:
    """A number in 0 <= x < 1 that hangs on ``about`` only, evenly spread over all of them."""
    return int.from_bytes(_digest(about)) / _SPAN


def stable_id(*about: object) -> str:
    """A short name for ``about`` that does not tell what it is made from."""
    return _digest(about).hex()


def _digest(about: tuple[object, ...]) -> bytes:
    # A separator that no part holds, or ("ab", "c") and ("a", "bc") would share their chance.
    text = "\x1f".join(str(part) for part in about)
    # Not ``hash``, which Python seeds anew in every process.
    return hashlib.blake2b(text.encode(), digest_size=_BYTES).digest()


def happens(probability: float, *about: object) -> bool:
    """Whether something of this probability is the case for ``about``."""
    return share(*about) < probability


def pick(choices: Sequence[T], *about: object) -> T:
    """One of ``choices``, each as likely."""
    return choices[int(share(*about) * len(choices))]
