"""The kinds of fields that messages are made of, each with its limits.

The messages in `up`, `down` and `events` are built of them, and so are the bodies that HTTP takes.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

_RFC3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)"
)


class Wire(BaseModel):
    """Root of all messages: frozen, strict, and closed against unknown fields."""

    # Closed, strict, and silent: an error of pydantic's must not repeat what somebody sent.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class Purpose(StrEnum):
    """What a person may allow, one by one."""

    RECOGNISE = "recognise"
    PERSONALISE_PRIVATE = "personalise-private"
    PERSONALISE_PUBLIC = "personalise-public"
    ASSOCIATE_ASSIST = "associate-assist"
    CHECKOUT_OFFER = "checkout-offer"
    MEASURE = "measure"
    TRAIN = "train"
    SHARE = "share"


def _rfc3339(value: object) -> object:
    """A time as it is written; numbers in quotes and loose dates are none."""
    # Our own code hands over datetimes; whatever else is no text the strict field refuses.
    if not isinstance(value, str):
        return value
    if not _RFC3339.fullmatch(value):
        raise ValueError("expected an RFC 3339 time with zone")
    # Python reads no small ``z``, which RFC 3339 allows.
    return datetime.fromisoformat(value.upper())


def written(at: datetime) -> str:
    """A time as it stands on the wire: RFC 3339 in UTC, with a final ``Z``."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    # The first and the last hours of the calendar leave it with some zones.
    except OverflowError as error:
        raise ValueError("no time of our calendar") from error


def _purpose(value: object) -> object:
    """A purpose by its word; the short word ``personalise`` stands for the private screens only."""
    if not isinstance(value, str):
        return value
    # The short word must never grow into consent for a public screen.
    return Purpose.PERSONALISE_PRIVATE if value == "personalise" else Purpose(value)


def _each_once(purposes: tuple[Purpose, ...]) -> tuple[Purpose, ...]:
    return tuple(dict.fromkeys(purposes))


Time = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_in_utc)]
"""An aware time; UTC inside, RFC 3339 with ``Z`` on the wire."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
"""A store, device, zone or placement."""

EventId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:~/-]{1,128}$")]
"""A sender's id of one event; no ``@`` and no spaces, so that nobody is named by it."""

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:~/-]{1,64}$")]
"""An id of the store or the till: decision, creative, item, offer, basket, notice."""

Sku = Annotated[str, Field(pattern=r"^[\x1d!-?A-_a-~]{1,128}$")]
"""A product code in any form: GTIN of 8 to 14 digits, in-store number, GS1 element string (``\\x1d`` between its
fields) or Digital Link. Printable ASCII without space, ``@`` and backtick; what is told has GTINs of 14 digits."""

Locale = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
"""A language tag such as ``en-US``."""

Text = Annotated[str, Field(max_length=200)]
"""A short line for people."""

# A car in dong or rupiah has nine digits, and a day's takings may be told as one order.
Cents = Annotated[int, Field(ge=-(10**11), le=10**11)]
"""Money in the smallest unit of the store's currency."""

PurposeIn = Annotated[
    Purpose, BeforeValidator(_purpose, json_schema_input_type=Purpose | Literal["personalise"])
]
Purposes = Annotated[tuple[PurposeIn, ...], Field(max_length=8), AfterValidator(_each_once)]
"""Purposes, each once, in the order given."""
