"""What the service says to devices, and how it is put into bytes.

Screens get what `edge.decision.steps.touchpoint` addresses to them, and every event its receipt, in these shapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, JsonValue

from devices.errors import Refusal
from devices.messages.fields import (
    Cents,
    EventId,
    Key,
    Name,
    Purpose,
    Sku,
    Text,
    Time,
    Wire,
    written,
)
from devices.messages.till import LineRefusal

PERSONAL_LIMIT_S: Final = 60
"""Personal content leaves the broker after this, also if the device never comes back."""

Slots = dict[Annotated[str, Field(max_length=32)], JsonValue]
"""What fills a template, by slot name."""


class Receipt(Wire):
    """The word that an event is on disk, or why it was not taken; without id if that was unreadable.

    ``field``: which field the reason is about; of an accepted event it alone was not taken. ``lines``: the lines of a
    basket that were not taken; the others were. ``time_repaired``: the sender's clock is off, and the store has put the
    event at another time than it says.
    ``duplicate``: the event was on disk already, and this is its first verdict once more.
    """

    id: EventId | None = None
    accepted: bool
    reason: Refusal | None = None
    field: str | None = Field(default=None, max_length=64)
    lines: tuple[LineRefusal, ...] | None = None
    time_repaired: bool | None = None
    duplicate: Literal[True] | None = None


class ItemDiscount(Wire):
    """What an offer takes off, for a till to take off and for a screen to say.

    ``amount``: money in the smallest unit of ``currency`` (``amount``; ``price``: what then holds), whole per cent,
    points, or pieces of a gift; ``max``: the most money that it takes off. ``per``: off one item, or off the basket.
    """

    offer_id: Key
    kind: Literal["amount", "percent", "price", "points", "gift"]
    amount: int = Field(ge=0, le=100_000_000)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    max: int | None = Field(default=None, ge=0, le=100_000_000)
    per: Literal["item", "basket"] = "item"
    code: str | None = Field(default=None, max_length=64)


class ShowItem(Wire):
    """One thing on the screen, with the reason that the shopper may read.

    ``price_cents``: what it costs now; ``was_cents``: what it costs without the ``discount``, where that takes off it.
    ``image``: the SHA-256 of a picture, served at ``/assets/{image}``; without it, or where it cannot be had, the
    screen draws the product's own.
    """

    item_id: Sku
    offer_id: Key | None = None
    headline: Text
    reason: Text
    price_cents: Cents | None = None
    was_cents: Cents | None = None
    discount: ItemDiscount | None = None
    badge: Text | None = None
    code: str | None = Field(default=None, max_length=128)
    text: str | None = Field(default=None, max_length=400)
    image: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    disclaimer: str | None = Field(default=None, max_length=400)


class Show(Wire):
    """What to show, on ``show`` unasked and on ``answer`` when asked.

    ``freshness``: what the age of each input allowed it to be good for. ``late`` is set when the time given was
    over before a decision was there; the items are then none. ``reason``: why a question was not decided, and
    ``field`` which of its fields was wrong; the ``placement`` is then ``none`` where the store has no such one.
    """

    decision_id: Key
    placement: Name
    kind: Literal["personal", "context", "fallback"]
    template: Key
    slots: Slots = Field(default_factory=dict)
    items: tuple[ShowItem, ...] = Field(default=(), max_length=50)
    expires_at: Time
    config: Key
    creative_id: Key | None = None
    freshness: dict[Key, Literal["use", "degrade", "drop"]] | None = None
    late: bool | None = None
    reason: Refusal | None = None
    field: str | None = Field(default=None, max_length=64)


class OfferAnswer(Wire):
    """What an offer at a till came to: ``discount`` is to be taken off where it is granted, else ``reason`` says why.

    ``item_id``: of the articles that the offer is on the one in the basket, or else the first. ``reverse`` is granted
    where nothing of the offer stands in the basket any more. ``field``: what of the question was wrong.
    """

    granted: bool
    discount: ItemDiscount | None = None
    reason: Refusal | None = None
    field: str | None = Field(default=None, max_length=64)
    item_id: Key | None = None


class Command(Wire):
    """An order to a device, never retained: wipe the screen, load again, show who you are, take settings.

    ``visit``: a device with several people's cards wipes those of this visit only, every other all of it.
    """

    command: Literal["clear", "reload", "identify", "config"]
    reason: Key | None = None
    visit: Key | None = None
    config: Slots | None = None


class Aged(Wire):
    """A word about the surroundings and how old it is, in seconds."""

    value: Text
    age_s: float = Field(ge=0)


class Trending(Wire):
    """One article that this store sells more than usual."""

    item_id: Sku
    headline: Text


class Context(Wire):
    """The store's moment for everybody, retained; nothing personal."""

    at: Time
    daypart: Key
    weather: Aged | None = None
    trending: tuple[Trending, ...] = Field(default=(), max_length=50)
    trending_age_s: float | None = Field(default=None, ge=0)


class PlacementFacts(Wire):
    """One placement that can be asked for: on which class of devices, and how many items it shows at most."""

    # The wire says ``class``, which Python keeps for itself.
    model_config = ConfigDict(serialize_by_alias=True)

    name: Name
    device_class: Name = Field(alias="class")
    limit: int = Field(ge=1, le=50)
    public: bool


class ServiceAbout(Wire):
    """What the service is for everybody, retained; nothing personal.

    ``contract``: the version of what ``storeside contract`` prints. ``notices``: those that a sign-in or a grant may
    name; ``purposes``: what people can be asked for here. ``currency_exponent``: how many digits stand behind its
    point, 2 for USD, 0 for JPY. ``languages``: the store's own first, then those of its offers.
    """

    contract: str = Field(pattern=r"^[0-9A-Za-z.+-]{1,32}$")
    placements: tuple[PlacementFacts, ...] = Field(max_length=64)
    notices: tuple[Key, ...] = Field(max_length=64)
    purposes: tuple[Purpose, ...] = Field(max_length=16)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    currency_exponent: int = Field(ge=0, le=4)
    languages: tuple[Annotated[str, Field(max_length=35)], ...] = Field(max_length=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a show may travel: whether the broker keeps it, and for how many seconds at most."""

    retain: bool
    expiry_s: int


def encode(message: Wire) -> bytes:
    """The message as JSON; fields that were not set are left out, times end in ``Z``."""
    return message.model_dump_json(exclude_none=True).encode()


def delivery(show: Show, now: datetime, *, keep: bool = False) -> Delivery:
    """How ``show`` may travel at ``now``: personal content is never kept and lives 60 s at most."""
    # MQTT counts whole seconds, and none at all would be over at once.
    left_s = max(1, int((show.expires_at - now).total_seconds()))
    # Whoever connects to this screen next may be somebody else.
    if show.kind == "personal":
        return Delivery(retain=False, expiry_s=min(left_s, PERSONAL_LIMIT_S))
    return Delivery(retain=keep, expiry_s=left_s)


def attributes(name: str, *, source: str, id: str, time: datetime) -> Mapping[str, str]:  # noqa: A002 - CloudEvents' own word
    """The user properties that make a down message a CloudEvent in MQTT binary mode."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": f"storeside.{name}.v1",
        "time": written(time),
    }
