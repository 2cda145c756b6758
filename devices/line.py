"""What a line to the broker is made of, apart from the library that speaks MQTT: who, how long, what.

`devices.bus` takes and gives these; whoever opens a line fills in the login.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

# One for all the messages without properties, so that none makes its own; it cannot be changed.
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_CHANCE: Final = secrets.SystemRandom()


class Inbound(NamedTuple):
    """One message as it came; ``user`` are its user properties."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    correlation: bytes | None = None
    user: Mapping[str, str] = NOTHING
    content_type: str | None = None


class Will(NamedTuple):
    """What the broker says for us, retained, when we are gone without a word."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLogin:
    """Where the broker is and who we are.

    ``ca`` is the file that vouches for the broker's certificate; with it the line is encrypted.
    """

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    ca: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLimits:
    """How long the bus waits between tries, in seconds, and how many messages it holds meanwhile."""

    backoff_first_s: float = 0.25
    backoff_cap_s: float = 30.0
    queue: int = 10_000

    def backoff_s(self, attempt: int) -> float:
        """How long to wait before try number ``attempt`` (from 0): anything up to a growing limit.

        Full jitter: a thousand devices that lost the same broker do not come back in the same moment.
        """
        # The exponent is bounded, since 2.0 to the power of days of tries overflows.
        return _CHANCE.uniform(
            0, min(self.backoff_cap_s, self.backoff_first_s * 2.0 ** min(attempt, 32))
        )
