"""Who is signed in at a page: random ids in cookies, kept in memory only and gone with the process.

The guard keeps those of device pages and of the console here, `edge.api.shopper` those of shoppers.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

T = TypeVar("T")
# 256 bits: nobody guesses one.
_ID_BYTES = 32
# A store has dozens of screens; a flood of sign-ins ends the oldest sessions, not the process.
_MOST = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held(Generic[T]):
    value: T
    until: float


class Sessions(Generic[T]):
    """Open sessions of one kind, each with an absolute end. Unit: ``lives_s`` in seconds."""

    def __init__(self, lives_s: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self.lives_s = lives_s
        # A steady clock: setting the time neither ends a session nor lengthens it.
        self._now = now
        self._held: OrderedDict[bytes, _Held[T]] = OrderedDict()

    def open(self, value: T) -> str:
        """A new session's id. Only its digest is kept, so memory does not hold what opens it."""
        # Swept whenever one is opened, so that it needs no timer.
        self._sweep()
        session = secrets.token_urlsafe(_ID_BYTES)
        self._held[_digest(session)] = _Held(value=value, until=self._now() + self.lives_s)
        return session

    def find(self, session: str) -> T | None:
        """Whose session this is; None if it never was or is over."""
        held = self._held.get(_digest(session))
        return held.value if held is not None and self._now() < held.until else None

    def close(self, session: str) -> None:
        """End one session; one that is not there is no error."""
        self._held.pop(_digest(session), None)

    def close_where(self, ends: Callable[[T], bool]) -> None:
        """End every session whose value ``ends`` picks."""
        for key in [k for k, held in self._held.items() if ends(held.value)]:
            del self._held[key]

    def __len__(self) -> int:
        return len(self._held)

    def _sweep(self) -> None:
        now = self._now()
        for key in [k for k, held in self._held.items() if held.until <= now]:
            del self._held[key]
        while len(self._held) >= _MOST:
            self._held.popitem(last=False)


def set_cookie(
    response: web.StreamResponse,
    request: web.Request,
    name: str,
    value: str,
    *,
    path: str,
    lives_s: float,
) -> None:
    """Hand out a session: HttpOnly, same site only, sent below ``path`` only, over TLS only where we have it."""
    response.set_cookie(
        name,
        value,
        path=path,
        max_age=int(lives_s),
        httponly=True,
        samesite="Strict",
        secure=request.secure,
    )


def _digest(session: str) -> bytes:
    # A cookie may hold a lone surrogate: it finds nothing, and must break nothing.
    return hashlib.sha256(session.encode(errors="replace")).digest()
