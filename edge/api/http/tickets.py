"""The ticket in the code that a signed-in kiosk shows: it opens the shopper's own page once, within a minute.

Delivery has one issued for each personal kiosk screen; `edge.api.shopper` takes it in.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from edge.domain.clock import Clock
from edge.domain.ids import VisitId

LIVES: Final = timedelta(seconds=60)
"""Long enough to lift a phone, too short to carry a picture of the code away."""

# The same box makes and takes it, so a shared key is enough.
_ALGORITHM: Final = "HS256"
# The audience of the claims: nothing else that is signed with this key opens the page.
_PURPOSE: Final = "storeside-me"
# As long as the hash: a shorter key would be the weakest part.
_KEY_BYTES: Final = 32


UseOnce = Callable[[str, datetime], Awaitable[bool]]
"""Whether a ticket is used for the first time, also over a restart; it may be forgotten after the given time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claims:
    visit: str
    ticket: str
    expires: int


class Tickets:
    """Makes and takes tickets. They name a visit, never a person: a picture of one tells nobody anything."""

    def __init__(self, *, key: bytes, store: str, clock: Clock, once: UseOnce) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a ticket key has at least {_KEY_BYTES} bytes")
        self._key = OctKey.import_key(key)
        self._store = store
        self._clock = clock
        self._once = once

    def issue(self, visit: VisitId) -> str:
        """A signed ticket for the person of ``visit``."""
        now = self._clock.now()
        claims = {
            "iss": self._store,
            "aud": _PURPOSE,
            "sub": visit,
            "jti": secrets.token_urlsafe(16),
            "iat": int(now.timestamp()),
            "exp": int((now + LIVES).timestamp()),
        }
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key)

    async def redeem(self, ticket: str) -> VisitId | None:
        """The visit of a good ticket, the first time; None for everything else."""
        claims = self._read(ticket)
        if claims is None:
            return None
        # Only when all else is right: a forged ticket must fill no table.
        fresh = await self._once(claims.ticket, datetime.fromtimestamp(claims.expires, UTC))
        return VisitId(claims.visit) if fresh else None

    def _read(self, ticket: str) -> _Claims | None:
        # Each must be there and right: a ticket of another store or for another purpose is nothing.
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock.now().timestamp()),
            iss={"essential": True, "value": self._store},
            aud={"essential": True, "value": _PURPOSE},
            sub={"essential": True},
            jti={"essential": True},
            exp={"essential": True},
        )
        try:
            # One algorithm: the ticket must not choose how it is judged.
            claims = jwt.decode(ticket, self._key, algorithms=[_ALGORITHM]).claims
            rules.validate(claims)
        except (JoseError, ValueError):
            return None
        return _Claims(visit=claims["sub"], ticket=claims["jti"], expires=int(claims["exp"]))
