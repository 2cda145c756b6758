"""An offer as a marketer, the centre and the console write it: one body for file, stream and HTTP.

Files, the stream ``offers`` and the console are parsed into it; storage keeps what `offer` makes of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from edge.decision.conditions import LONGEST, Expression
from edge.domain.creative import Creative, Modules
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.errors import ExpressionInvalid
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import OFFER_TYPES, Offer
from models.items import item_key

_WHOLE_PCT = 100
# Control and direction characters, the byte order mark: nobody types them, and screens show them wrongly.
_CLEAN = "^[^\\x00-\\x1f\\x7f-\\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]*$"

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
"""A campaign's, offer's, creative's or variant's name; safe in an address."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
"""A placement, a class of devices or a template."""

Short = Annotated[str, Field(min_length=1, max_length=128, pattern=_CLEAN)]
"""A word for a category or a segment."""

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=_CLEAN)]
"""A line on a screen."""

SkuText = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _in_utc(at: datetime) -> datetime:
    try:
        # The first and the last day of the calendar can leave it on the way to UTC.
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no time of our calendar") from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An aware instant; UTC inside."""


def _known_type(text: str) -> str:
    if text not in OFFER_TYPES:
        raise ValueError(f"one of {', '.join(OFFER_TYPES)}")
    return text


OfferType = Annotated[
    str, AfterValidator(_known_type), Field(json_schema_extra={"enum": list(OFFER_TYPES)})
]


class Body(BaseModel):
    """Root of all bodies. A mistyped field is refused; the stream alone leaves out what a later version adds."""

    # Refusals do not repeat what was written, wherever they end up.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ModulesBody(Body):
    """What a creative says in one language; a module left out leaves its place to the template's own."""

    headline: Line | None = None
    text: Line | None = None
    image: Sha256 | None = None
    badge: Annotated[str, Field(min_length=1, max_length=40, pattern=_CLEAN)] | None = None
    code: Annotated[str, Field(min_length=1, max_length=64, pattern=_CLEAN)] | None = None
    disclaimer: Line | None = None


class CreativeBody(Body):
    """One way to say an offer, in one or more languages."""

    id: Id
    modules: dict[Language, ModulesBody] = Field(min_length=1, max_length=32)
    templates: tuple[Name, ...] = Field(default=(), max_length=16)


class DiscountBody(Body):
    """What a till takes off. ``amount``: money, per cent, points or pieces, as ``kind`` says; ``max`` money at most."""

    kind: OfferDiscountKind
    amount: int = Field(ge=0, le=1_000_000)
    max: int | None = Field(default=None, ge=1, le=1_000_000)
    per: Literal["item", "basket"] = "item"
    code: Annotated[str, Field(min_length=1, max_length=64, pattern=_CLEAN)] | None = None

    @model_validator(mode="after")
    def _can_be_taken_off(self) -> Self:
        if self.kind is OfferDiscountKind.PERCENT and not 1 <= self.amount <= _WHOLE_PCT:
            raise ValueError("per cent are 1 to 100")
        if self.kind is OfferDiscountKind.PRICE and self.per == "basket":
            raise ValueError("a price is an item's")
        return self


class OfferBody(Body):
    """One offer. The six tags have no default: an offer without them is refused. Money in cents.

    ``one_time`` is a shorter way to write ``per_person: 1``. Without ``discount`` a till takes off ``discount_cents``.
    """

    id: Id
    headline: Line
    skus: tuple[SkuText, ...] = Field(min_length=1, max_length=1_000)
    segment: Short
    offer_type: OfferType
    channels: tuple[Name, ...] = Field(min_length=1, max_length=16)
    placements: tuple[Name, ...] = Field(min_length=1, max_length=32)
    category: Short
    campaign: Id
    discount_cents: int = Field(ge=0, le=1_000_000)
    discount: DiscountBody | None = None
    starts_at: Instant
    ends_at: Instant
    audience: Annotated[str, Field(max_length=LONGEST, pattern=_CLEAN)] = ""
    weekly_cap: int = Field(default=3, ge=1, le=1_000)
    per_person: int | None = Field(default=None, ge=1, le=1_000_000)
    per_store: int | None = Field(default=None, ge=1, le=100_000_000)
    one_time: bool = False
    creative_id: Id = "plain"
    creatives: tuple[CreativeBody, ...] = Field(default=(), max_length=20)

    @field_validator("audience")
    @classmethod
    def _is_a_condition(cls, audience: str) -> str:
        if audience:
            try:
                # Compiled when it is written: at a screen a broken one would be true of nobody, without a word.
                Expression(audience)
            except ExpressionInvalid as error:
                raise ValueError(f"no condition: {error}") from None
        return audience

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("an offer ends after it has started")
        if self.one_time and self.per_person not in {None, 1}:
            raise ValueError("one_time and a per_person other than 1 contradict each other")
        stated = self.discount
        # Two figures for one thing: a screen would promise one, a till take off the other.
        if (
            stated is not None
            and stated.kind is OfferDiscountKind.AMOUNT
            and stated.amount != self.discount_cents
        ):
            raise ValueError("discount_cents and the discount's amount contradict each other")
        ids = [creative.id for creative in self.creatives]
        if len(set(ids)) < len(ids):
            raise ValueError("two creatives of one offer have one id")
        return self


def offer_of(body: OfferBody) -> Offer:
    """The offer that a body states."""
    return Offer(
        id=OfferId(body.id),
        headline=body.headline,
        items=tuple(ItemKey(item_key(sku)) for sku in body.skus),
        category=body.category,
        discount_cents=body.discount_cents,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        campaign=body.campaign,
        weekly_cap=body.weekly_cap,
        creative_id=body.creative_id,
        segment=body.segment,
        offer_type=body.offer_type,
        channels=body.channels,
        placements=body.placements,
        audience=body.audience,
        per_person=1 if body.one_time else body.per_person,
        per_store=body.per_store,
        creatives=tuple(map(_creative_of, body.creatives)),
        discount=_discount_of(body),
    )


def _discount_of(body: OfferBody) -> OfferDiscount:
    if body.discount is None:
        return OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=body.discount_cents)
    return OfferDiscount(**body.discount.model_dump())


def _creative_of(body: CreativeBody) -> Creative:
    said = {language: Modules(**m.model_dump()) for language, m in body.modules.items()}
    return Creative(id=body.id, modules=said, templates=body.templates)
