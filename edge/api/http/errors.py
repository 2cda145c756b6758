"""Why a request is not answered as asked; every one of these becomes an RFC 9457 problem.

StoresideError
└── Refused                    the root: status, kind, title
    ├── BadBody           400  no JSON, the wrong shape, or a value outside its limits
    ├── BadPortfolio      400  no campaign, offer or picture; says where and why, to the console alone
    ├── NotProven         401  no credentials, or the wrong ones; the two look alike
    ├── NotSigned         401  no signature, a wrong one, or one of another hour
    ├── ForeignOrigin     403  another site's page tried to act with our cookie
    ├── WrongClass        403  this kind of device may not do this
    ├── NotHere           404  no such thing
    ├── OtherBody         409  an Idempotency-Key came again with other content
    ├── CannotStep        409  a campaign's version is not in the state that the step asks for
    ├── CannotPromote     409  an experiment has no such arm, or its figures do not say that it is better
    ├── BodyTooLarge      413  more bytes than the route takes
    ├── BodyUnreadable    415  a media type or encoding that the route does not take
    ├── TooManyTries      429  too many wrong credentials in a short time
    ├── CannotTell        501  the library that intervals come from is not installed
    ├── Closing           503  the service stops, or its line to the broker is down
    └── NoReceipt         504  the service did not confirm in time; send the same id again
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from edge.domain.errors import StoresideError


class Refused(StoresideError):
    """A request is refused; ``detail`` never repeats what was sent, ``field`` names our own one that was wrong."""

    status: ClassVar[int] = 400
    kind: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request is refused"

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(f"{self.title}: {detail}" if detail else self.title)
        self.detail = detail
        self.field = field

    def headers(self) -> Mapping[str, str]:
        """What the answer carries beside the problem."""
        return {}


class BadBody(Refused):
    """The body is no JSON, has the wrong shape or a value outside its limits."""

    status, kind, title = 400, "bad-body", "The body is not what this address takes"


class BadPortfolio(Refused):
    """What a marketer sent cannot be taken; ``detail`` tells the console the place and the fault in its own text."""

    status, kind, title = 400, "bad-portfolio", "This cannot be taken into the portfolio"


class NotProven(Refused):
    """No credentials or wrong ones; an unknown name gets the same answer."""

    status, kind, title = 401, "not-proven", "Credentials are missing or wrong"

    def __init__(self, challenge: str = "") -> None:
        super().__init__()
        self.challenge = challenge

    def headers(self) -> Mapping[str, str]:
        """The scheme to answer with, where a client may answer in the same request."""
        return {"WWW-Authenticate": self.challenge} if self.challenge else {}


class NotSigned(Refused):
    """A webhook's signature is missing, wrong or of another hour; the three look alike."""

    status, kind, title = 401, "not-signed", "The signature is missing, wrong or too old"


class ForeignOrigin(Refused):
    """A page of another origin tried to act with this origin's cookie."""

    status, kind, title = 403, "foreign-origin", "Only this service's own pages may do this"


class WrongClass(Refused):
    """The device is who it says, but its class may not do this."""

    status, kind, title = 403, "wrong-class", "This kind of device may not do this"


class NotHere(Refused):
    """There is no such thing at this address."""

    status, kind, title = 404, "not-here", "There is nothing at this address"


class OtherBody(Refused):
    """An idempotency key came again with another body."""

    status, kind, title = 409, "other-body", "This Idempotency-Key was used for another body"


class CannotStep(Refused):
    """A version of a campaign is asked to take a step that its state does not allow."""

    status, kind, title = 409, "cannot-step", "The campaign cannot take this step now"


class CannotPromote(Refused):
    """The test has no such arm, or its figures do not say that it is better."""

    status, kind, title = 409, "cannot-promote", "This arm does not become the rule"


class CannotTell(Refused):
    """The library that intervals come from is not installed."""

    status, kind, title = 501, "cannot-tell", "Effects cannot be told here"


class BodyTooLarge(Refused):
    """The body has more bytes than the route takes; it was not parsed."""

    status, kind, title = 413, "too-large", "The body is too large"


class BodyUnreadable(Refused):
    """The body comes in a media type or encoding that is not taken here."""

    status, kind, title = 415, "unreadable", "The body's type or encoding is not taken here"


class TooManyTries(Refused):
    """Too many wrong credentials; unit of ``wait_s``: seconds."""

    status, kind, title = 429, "too-many-tries", "Too many tries with wrong credentials"

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s

    def headers(self) -> Mapping[str, str]:
        """When to come back."""
        return {"Retry-After": str(max(1, round(self.wait_s)))}


class Closing(Refused):
    """Not now: the service stops or has no line to the broker."""

    status, kind, title = 503, "closing", "The service cannot do this now"

    def headers(self) -> Mapping[str, str]:
        """Soon is worth a try."""
        return {"Retry-After": "2"}


class NoReceipt(Refused):
    """The service did not confirm in time: nothing is promised, the same id may be sent again."""

    status, kind, title = 504, "no-receipt", "No receipt in time; send the same id again"
