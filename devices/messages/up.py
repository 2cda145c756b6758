"""What devices say: the ``data`` of each event, and what they keep retained about themselves.

`edge.pipeline.signal_handlers` meets each event's data; what a device says of itself goes to the device registry.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from devices.messages.fields import Key, Locale, Name, Purposes, Sku, Time, Wire

Metric = Annotated[float, Field(ge=-1e12, le=1e12)]


class Beacon(Wire):
    """A radio frame that was heard.

    Only ``app`` (rotating id) and ``eid`` can stand for a person; a plain id gives a zone at most.
    """

    kind: Literal["app", "eid", "ibeacon", "eddystone-uid"]
    id: str = Field(pattern=r"^[0-9a-f-]{8,64}$")


class Sighting(Wire):
    """A beacon or an app was heard. Powers are in dBm; ``claim`` is a signed presence claim."""

    beacon: Beacon
    rssi_dbm: int = Field(ge=-127, le=20)
    tx_power_dbm: int | None = Field(default=None, ge=-127, le=20)
    zone: Name | None = None
    claim: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{16,2048}$")


class SignIn(Wire):
    """A person says who they are, for the purposes named in the notice they saw."""

    method: Literal["loyalty", "email", "phone", "qr"]
    value: str = Field(min_length=1, max_length=2048)
    purposes: Purposes
    notice_id: Key
    locale: Locale | None = None


class SignOut(Wire):
    """The session at this device ends."""

    reason: Literal["person", "idle", "associate"]


class Consent(Wire):
    """The person of the current session grants or withdraws; granting needs the notice they saw."""

    action: Literal["grant", "withdraw"]
    purposes: Annotated[Purposes, Field(min_length=1)]
    notice_id: Key | None = None

    @model_validator(mode="after")
    def _granted_on_notice(self) -> Self:
        # A yes without its notice proves nothing; a no needs no proof.
        if self.action == "grant" and self.notice_id is None:
            raise ValueError("a grant names its notice")
        return self


class Play(Wire):
    """Proof that a creative was on the screen, and for how long."""

    decision_id: Key
    creative_id: Key
    started_at: Time
    duration_ms: int = Field(ge=0, le=86_400_000)
    completed: bool


class FeedbackAction(StrEnum):
    """What a person or an associate did with an offer."""

    VIEW = "view"
    TOUCH = "touch"
    ACCEPT = "accept"
    DECLINE = "decline"
    REDEEM = "redeem"
    DISMISS = "dismiss"
    NOT_FOR_ME = "not-for-me"
    SAID = "said"
    RATE = "rate"


class Feedback(Wire):
    """An answer to a decision, or to one item of it; ``value`` is a rating or a short word."""

    decision_id: Key
    item_id: Sku | None = None
    action: FeedbackAction
    value: (
        Annotated[float, Field(ge=-1000, le=1000)] | Annotated[str, Field(max_length=64)] | None
    ) = None


class Ask(Wire):
    """A device asks for a decision and says how long it waits; past that, it goes on without.

    ``after_line_id``: the last line that it knows of, in the basket named or else the one open at it. The store waits
    for that line within the time given, so that what was just scanned is not suggested.
    """

    placement: Name
    limit: int = Field(default=3, ge=1, le=50)
    deadline_ms: int = Field(default=100, ge=1, le=10_000)
    basket_id: Key | None = None
    after_line_id: Key | None = None


class OfferVerb(StrEnum):
    """What a till asks of an offer: would it be granted, take it off, put it back."""

    INQUIRE = "inquire"
    REDEEM = "redeem"
    REVERSE = "reverse"


class OfferAsk(Wire):
    """A till asks for an offer on a basket that is open there, by the code that the shopper shows or by its ids.

    A decision alone will do where it has one offer. ``deadline_ms``: so long it waits; the same question, under the
    same id, brings the first answer later.
    """

    verb: OfferVerb
    basket_id: Key
    decision_id: Key | None = None
    offer_id: Key | None = None
    code: str | None = Field(default=None, min_length=1, max_length=64)
    deadline_ms: int = Field(default=1_000, ge=1, le=10_000)

    @model_validator(mode="after")
    def _names_an_offer(self) -> Self:
        if self.decision_id is None and self.offer_id is None and self.code is None:
            raise ValueError("an offer is named by decision_id, offer_id or code")
        return self


class DeviceState(Wire):
    """The retained state of a device or of the service.

    ``session`` tells this life of the device from an earlier one, so that a late last will cannot mark a
    device as lost that has come back.
    """

    state: Literal["init", "ready", "sleeping", "disconnected", "lost"]
    session: int = Field(ge=0, le=2**53 - 1)
    since: Time | None = None


class About(Wire):
    """What a device is, retained. Fields that we do not know are left out, not refused."""

    model_config = ConfigDict(extra="ignore")

    model: str | None = Field(default=None, max_length=64)
    software: str | None = Field(default=None, max_length=64)
    capabilities: tuple[Annotated[str, Field(max_length=32)], ...] = Field(
        default=(), max_length=32
    )
    zone: Name | None = None
    locale: Locale | None = None
    screen: str | None = Field(default=None, pattern=r"^[0-9]{2,5}x[0-9]{2,5}$")


class Telemetry(Wire):
    """Plain figures of a device, such as its uptime or how many people passed; nothing about anybody."""

    at: Time | None = None
    values: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")], Metric] = Field(
        max_length=32
    )
