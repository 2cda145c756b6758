"""The events there are: what each carries, who may send it, and on which topic it comes.

`devices.messages.envelope` finds an event by its type here; the published contract lists the same.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from pydantic import Field

from devices.device_classes import DeviceClass, EventName, senders_of
from devices.messages import till, up
from devices.messages.fields import EventId, Time, Wire
from devices.topics import Leaf

Data = (
    up.Sighting
    | up.SignIn
    | up.SignOut
    | up.Consent
    | till.Basket
    | up.Play
    | up.Feedback
    | up.Ask
    | up.OfferAsk
)
"""What an event can carry."""


class CloudEvent(Wire):
    """The attributes of every event; ``source`` is the sender's topic without its last part."""

    NAME: ClassVar[EventName]
    LEAF: ClassVar[Leaf] = Leaf.EVENT

    specversion: Literal["1.0"]
    id: EventId
    # As strict as a topic, for the sender is found by it.
    source: str = Field(pattern=r"^storeside/1/[a-z0-9-]{1,32}/[a-z-]{1,32}/[a-z0-9-]{1,32}$")
    time: Time
    datacontenttype: str | None = Field(default=None, pattern=r"^application/json(;.*)?$")
    dataschema: str | None = Field(default=None, max_length=256)
    subject: str | None = Field(default=None, max_length=128)
    # When it left the sender, who may have kept it for hours: from it the store learns how far a clock is off.
    sentat: Time | None = None
    traceparent: str | None = Field(default=None, max_length=64)
    tracestate: str | None = Field(default=None, max_length=256)

    @classmethod
    def senders(cls) -> frozenset[DeviceClass]:
        """The classes of devices that may send it."""
        return senders_of(cls.NAME)


class SightingEvent(CloudEvent):
    """A beacon or an app was heard."""

    NAME = "sighting"
    type: Literal["storeside.sighting.v1"]
    data: up.Sighting


class SignInEvent(CloudEvent):
    """A person signs in."""

    NAME = "sign-in"
    type: Literal["storeside.sign-in.v1"]
    data: up.SignIn


class SignOutEvent(CloudEvent):
    """A session ends."""

    NAME = "sign-out"
    type: Literal["storeside.sign-out.v1"]
    data: up.SignOut


class ConsentEvent(CloudEvent):
    """A person grants or withdraws."""

    NAME = "consent"
    type: Literal["storeside.consent.v1"]
    data: up.Consent


class BasketEvent(CloudEvent):
    """A step of a basket; tills only."""

    NAME = "basket"
    type: Literal["storeside.basket.v1"]
    data: till.Basket


class PlayEvent(CloudEvent):
    """Proof of play."""

    NAME = "play"
    type: Literal["storeside.play.v1"]
    data: up.Play


class FeedbackEvent(CloudEvent):
    """An answer to an offer."""

    NAME = "feedback"
    type: Literal["storeside.feedback.v1"]
    data: up.Feedback


class DecideEvent(CloudEvent):
    """A question; it comes on ``ask`` and is answered on ``answer``."""

    NAME = "decide"
    LEAF = Leaf.ASK
    type: Literal["storeside.decide.v1"]
    data: up.Ask


class OfferEvent(CloudEvent):
    """A till asks for an offer; it comes on ``ask`` and is answered on ``answer``."""

    NAME = "offer"
    LEAF = Leaf.ASK
    type: Literal["storeside.offer.v1"]
    data: up.OfferAsk


AnyEvent = (
    SightingEvent
    | SignInEvent
    | SignOutEvent
    | ConsentEvent
    | BasketEvent
    | PlayEvent
    | FeedbackEvent
    | DecideEvent
    | OfferEvent
)
EVENTS: Final[Mapping[str, type[AnyEvent]]] = {
    f"storeside.{event.NAME}.v1": event
    for event in (
        SightingEvent,
        SignInEvent,
        SignOutEvent,
        ConsentEvent,
        BasketEvent,
        PlayEvent,
        FeedbackEvent,
        DecideEvent,
        OfferEvent,
    )
}
"""Every event there is, by its ``type``."""
TYPES: Final[Mapping[type[Wire], str]] = {
    up.Sighting: "storeside.sighting.v1",
    up.SignIn: "storeside.sign-in.v1",
    up.SignOut: "storeside.sign-out.v1",
    up.Consent: "storeside.consent.v1",
    till.Basket: "storeside.basket.v1",
    up.Play: "storeside.play.v1",
    up.Feedback: "storeside.feedback.v1",
    up.Ask: "storeside.decide.v1",
    up.OfferAsk: "storeside.offer.v1",
}
"""The type of each kind of data."""
