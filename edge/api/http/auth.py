"""Who asks: a device by Basic, the console by its key or cookie, a page and a shopper by cookie.

Every group of routes asks the guard first. Nothing here knows a password: `Credentials` judges them, and a wrong
name, a wrong password and a revoked device get the same answer. Tries are limited for each (address, name) and
for each address.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiohttp import web

from devices.device_classes import DeviceClass
from edge.api.http.errors import ForeignOrigin, NotProven, TooManyTries
from edge.api.http.sessions import Sessions
from edge.domain.ids import DeviceId

CONSOLE: Final = DeviceId("console")
"""The account whose password is the store's admin key."""

# A person mistypes a few times; a guesser needs thousands.
_TRIES_A_NAME = 10
_TRIES_AN_ADDRESS = 40
_WINDOW_S = 60.0
# More addresses than a store has; the oldest are forgotten first.
_REMEMBERED = 4096
_BASIC_CHALLENGE = 'Basic realm="storeside", charset="UTF-8"'
_BEARER_CHALLENGE = 'Bearer realm="storeside"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A provisioned device, as far as the routes need to know it."""

    device: DeviceId
    device_class: DeviceClass
    zone: str | None = None


class Credentials(Protocol):
    """The judge of passwords: the broker in a store, a table in the tests."""

    async def check(self, device: str, password: str) -> Caller | None:
        """The device, or None for a wrong password, an unknown name and a revoked device alike.

        Compares in constant time, and takes as long for a name that is not there.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSession:
    """A page that has shown its password; kept, in memory only, to open its line again after a pause."""

    caller: Caller
    # Kept out of repr, which logs and tracebacks show.
    password: str = field(repr=False)


class AttemptLimit:
    """Counts wrong credentials in a sliding window; right ones are never counted, and never lift the limit."""

    def __init__(
        self,
        tries: int,
        window_s: float = _WINDOW_S,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tries = tries
        self._window_s = window_s
        self._now = now
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Raise ``TooManyTries`` while ``key`` has used up its tries."""
        recent = self._recent(key)
        if len(recent) >= self._tries:
            raise TooManyTries(recent[0] + self._window_s - self._now())

    def failed(self, key: str) -> None:
        """Count one wrong try."""
        self._failures[key] = [*self._recent(key), self._now()]
        self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def _recent(self, key: str) -> list[float]:
        since = self._now() - self._window_s
        return [at for at in self._failures.get(key, ()) if at > since]


class AttemptLimits:
    """The two limits together: one name from one address, and all names from one address."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._names = AttemptLimit(_TRIES_A_NAME, now=now)
        self._addresses = AttemptLimit(_TRIES_AN_ADDRESS, now=now)

    def check(self, address: str, name: str) -> None:
        """Raise ``TooManyTries`` if either limit is reached."""
        self._addresses.check(address)
        self._names.check(_short(address, name))

    def failed(self, address: str, name: str) -> None:
        """Count one wrong try against both."""
        self._addresses.failed(address)
        self._names.failed(_short(address, name))


class Guard:
    """Turns a request into who asks, or refuses it."""

    def __init__(
        self, credentials: Credentials, pages: Sessions[PageSession], tries: AttemptLimits
    ) -> None:
        self.pages = pages
        self.tries = tries
        self._credentials = credentials

    async def device(self, request: web.Request) -> Caller:
        """The device that showed its name and password by HTTP Basic. Raises ``NotProven``."""
        name, password = _basic(request)
        caller = await self._judged(request, name, password)
        if caller is None:
            raise NotProven(_BASIC_CHALLENGE)
        return caller

    async def console(self, request: web.Request) -> Caller:
        """The console, by its key as a bearer or by its cookie. Raises ``NotProven``."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer":
            return self.page(request, CONSOLE).caller
        caller = await self._judged(request, CONSOLE, key.strip())
        if caller is None:
            raise NotProven(_BEARER_CHALLENGE)
        return caller

    def page(self, request: web.Request, device: str) -> PageSession:
        """The session of a device's open page, by its cookie. Raises ``NotProven`` or ``ForeignOrigin``."""
        own_origin(request)
        session = self.pages.find(request.cookies.get(page_cookie(device), ""))
        # The cookie's name is the sender's choice: it opens only what it was given for.
        if session is None or session.caller.device != device:
            raise NotProven(_BEARER_CHALLENGE if device == CONSOLE else "")
        return session

    async def _judged(self, request: web.Request, name: str, password: str) -> Caller | None:
        address = request.remote or ""
        # Before the judge is asked: a guess beyond the limit costs the broker nothing.
        self.tries.check(address, name)
        caller = await self._credentials.check(name, password)
        if caller is None:
            self.tries.failed(address, name)
        return caller


def page_cookie(device: str) -> str:
    """The name of a page's cookie; one for each device, so that pages side by side do not mix."""
    return f"storeside-page-{device}"


def own_origin(request: web.Request) -> None:
    """Refuse an acting request that a page of another origin sent with our cookie."""
    # Reading changes nothing, and another site cannot see the answer.
    if request.method in {"GET", "HEAD"}:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise ForeignOrigin
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ForeignOrigin


def _basic(request: web.Request) -> tuple[str, str]:
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        raise NotProven(_BASIC_CHALLENGE)
    try:
        name, found, password = (
            base64.b64decode(coded.strip(), validate=True).decode().partition(":")
        )
    except (binascii.Error, ValueError) as error:
        # ValueError: the bytes are no UTF-8.
        raise NotProven(_BASIC_CHALLENGE) from error
    # The scheme asks for the colon, also before an empty password.
    if not found:
        raise NotProven(_BASIC_CHALLENGE)
    return name, password


def _short(address: str, name: str) -> str:
    """A key of fixed size, whatever a stranger sends as a name."""
    # The zero byte keeps apart what address and name could otherwise share.
    return hashlib.sha256(f"{address}\x00{name}".encode()).hexdigest()
