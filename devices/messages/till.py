"""What a till says: the steps of a basket, and its lines as receipts of shops really have them.

`devices.messages.envelope` reads it from a basket event, the HTTP door from a whole sale; `edge.pipeline.till_signals`
makes baskets of it. A line that cannot be read is refused by itself: the others are taken.
"""

from __future__ import annotations

import json
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from devices.errors import MessageRefused, Refusal
from devices.messages.fields import Cents, Key, Name, Sku, Time, Wire
from devices.messages.screening import screen_line

Unit = Literal["each", "kg", "g", "lb", "oz", "l"]
"""What a quantity counts: pieces, or a measure of weight or volume."""


def _number(value: Decimal) -> int | str:
    """A decimal as it goes out: a whole number as one, everything else as text, so that no reader rounds it."""
    return int(value) if value == value.to_integral_value() else format(value, "f")


def _decimal(value: object) -> object:
    """A decimal in text or as a JSON number; its digits as they were written."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str):
        # Plain digits only: Decimal itself also reads "1e9", "NaN" and digits of other scripts.
        if not (value.isascii() and value.removeprefix("-").replace(".", "", 1).isdigit()):
            raise ValueError("expected a decimal")
        return Decimal(value)
    return value


_AsWritten = (
    BeforeValidator(_decimal, json_schema_input_type=int | float | str),
    PlainSerializer(_number, return_type=int | str),
)
Quantity = Annotated[
    Decimal, Field(ge=-100_000, le=100_000, max_digits=14, decimal_places=6), *_AsWritten
]
"""How much; negative where a till writes returns so. A JSON number is taken as a decimal."""

Amount = Annotated[
    Decimal, Field(ge=-(10**11), le=10**11, max_digits=18, decimal_places=6), *_AsWritten
]
"""Money in the smallest unit of the currency, where fractions of it are meant; or per cent."""


class TillLineKind(StrEnum):
    """What a line is."""

    SALE = "sale"
    RETURN = "return"
    VOID = "void"
    DEPOSIT = "deposit"
    FEE = "fee"


class BasketAction(StrEnum):
    """The steps of a basket at the till."""

    OPEN = "open"
    ADD = "add"
    REMOVE = "remove"
    IDENTIFY = "identify"
    TOTAL = "total"
    COMPLETE = "complete"
    ABANDON = "abandon"
    SUSPEND = "suspend"
    RESUME = "resume"
    VOID_SALE = "void-sale"


class Discount(Wire):
    """Something taken off by the till. ``amount``: smallest currency units, per cent, or the new price of one unit.

    ``offer_id`` or ``promotion_id``: what gave it.
    """

    kind: Literal["amount", "percent", "price"]
    amount: Annotated[Amount, Field(ge=0)]
    offer_id: Key | None = None
    promotion_id: Key | None = None
    reason: str | None = Field(default=None, max_length=64)


class Tax(Wire):
    """The tax of a line: its rate, and whether the price includes it."""

    rate_pct: Annotated[Amount, Field(ge=0, le=100)]
    included: bool = True


class OriginalSale(Wire):
    """The sale that a returned line comes from, by the till's own ids."""

    order_id: Key
    line_id: Key | None = None


class Tender(Wire):
    """How it was paid, in sum; a card's number is never told."""

    kind: Literal["card", "cash", "other"]
    amount: Cents


class BasketAt(Wire):
    """A basket at another till."""

    device: Name
    basket_id: Key


def _wrong(field: str) -> PydanticCustomError:
    """A rule over several fields is broken; ``field`` is the one to be mended."""
    return PydanticCustomError(
        "line_rule", "does not fit the rest of the line", {"field": field}
    )


class Line(Wire):
    """One line of a basket.

    ``price_cents`` is for one unit: a piece, a kilogram. ``unit_price`` says the same where it is no whole number of
    the smallest currency unit; with both, ``price_cents`` may also be what the whole line costs as the till rounded
    it. Without either the store's own price counts. A negative quantity or price without ``kind`` is a return; of a
    deposit or fee it is money back. ``void`` takes a line out, by ``line_id`` or by code.
    """

    line_id: Key | None = None
    sku: Sku | None = None
    quantity: Quantity = Decimal(1)
    unit: Unit = "each"
    price_cents: Cents | None = None
    unit_price: Amount | None = None
    price_override: bool = False
    kind: TillLineKind | None = None
    of: OriginalSale | None = None
    discounts: tuple[Discount, ...] = Field(default=(), max_length=16)
    tax: Tax | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.quantity:
            raise _wrong("quantity")
        price = self.unit_price if self.unit_price is not None else self.price_cents
        signs = (self.quantity < 0, price is not None and price < 0)
        # Minus times minus would be a sale again, which nobody means.
        if all(signs) or (any(signs) and self.kind in {TillLineKind.SALE, TillLineKind.VOID}):
            raise _wrong("quantity" if signs[0] else "price_cents")
        if self.sku is None and self.line_id is None and self.is_named:
            raise _wrong("sku")
        if self._told_twice():
            raise _wrong("price_cents")
        return self

    @property
    def is_negative(self) -> bool:
        """Whether the till wrote it with a minus."""
        return self.quantity < 0 or (self.unit_price or 0) < 0 or (self.price_cents or 0) < 0

    @property
    def resolved_kind(self) -> TillLineKind:
        """What it is, also where no kind was given."""
        return self.kind or (TillLineKind.RETURN if self.is_negative else TillLineKind.SALE)

    @property
    def is_named(self) -> bool:
        """Whether it must say which product or line it is about; a deposit or fee need not."""
        return self.resolved_kind not in {TillLineKind.DEPOSIT, TillLineKind.FEE}

    @property
    def told_cents(self) -> int | None:
        """What the whole line costs as the till rounded it, without a sign; None where it follows from the price."""
        price = self.price_cents
        if price is None or self.unit_price is None or price == self.unit_price:
            return None
        return abs(price)

    def _told_twice(self) -> bool:
        """Whether unit price and amount contradict each other by more than rounding."""
        told = self.told_cents
        if told is None or self.unit_price is None:
            return False
        return abs(abs(self.unit_price * self.quantity) - told) > 1


class LineRefusal(Wire):
    """A line that was not taken: its place in the message, the field, and the reason from the closed list."""

    index: int = Field(ge=0, le=10_000)
    field: str = Field(max_length=64)
    reason: Refusal


def wrong_field(error: ValidationError) -> str:
    """The name of our field that an error is about: never what stood in it."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "line_rule":
        return str(first.get("ctx", {})["field"])
    if first["type"] == "extra_forbidden":
        return "extra"
    return ".".join(str(part) for part in first["loc"][:4] if isinstance(part, str)) or "line"


_NAMES = frozenset(
    name for model in (Line, Discount, Tax, OriginalSale) for name in model.model_fields
)


def _line(value: object) -> object:
    """A line of its own, so that one that is wrong leaves the others alone."""
    if isinstance(value, Line | LineRefusal):
        return value
    try:
        screen_line(cast("JsonValue", value), _NAMES)
        # From bytes: read strictly, Python's lists would not do where a tuple is meant.
        return Line.model_validate_json(json.dumps(value))
    except ValidationError as error:
        return LineRefusal(index=0, field=wrong_field(error), reason=Refusal.MALFORMED)
    except MessageRefused as refused:
        return LineRefusal(index=0, field=refused.field or "line", reason=refused.reason)


def _placed(lines: tuple[Line | LineRefusal, ...]) -> tuple[Line | LineRefusal, ...]:
    return tuple(
        one.model_copy(update={"index": place}) if isinstance(one, LineRefusal) else one
        for place, one in enumerate(lines)
    )


Lines = Annotated[
    tuple[
        Annotated[Line | LineRefusal, BeforeValidator(_line, json_schema_input_type=Line)], ...
    ],
    AfterValidator(_placed),
]


class SaleBody(Wire):
    """What a basket's step and a whole sale have in common."""

    lines: Lines = Field(default=(), max_length=500)
    loyalty: str | None = Field(default=None, min_length=1, max_length=256)
    sold_at: Time | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    discounts: tuple[Discount, ...] = Field(default=(), max_length=32)
    tenders: tuple[Tender, ...] = Field(default=(), max_length=16)
    coupons: int = Field(default=0, ge=0, le=100)

    @property
    def numbered(self) -> tuple[tuple[int, Line], ...]:
        """The lines that could be read, each with its place in the message."""
        return tuple((n, one) for n, one in enumerate(self.lines) if isinstance(one, Line))

    @property
    def refused(self) -> tuple[LineRefusal, ...]:
        """The others."""
        return tuple(one for one in self.lines if isinstance(one, LineRefusal))


class Basket(SaleBody):
    """A step of a basket. ``identify`` names the loyalty card; lines may come with any step.

    The lines of ``complete`` are the till's own truth and replace what was scanned; ``sold_at``:
    when, of a sale told late. ``from``: the basket that ``resume`` takes up or ``void-sale`` is about, at another till.
    ``coupons`` comes with ``complete``: how many of any kind were handed in, the makers' included.
    """

    model_config = ConfigDict(validate_by_name=True)

    basket_id: Key
    action: BasketAction
    from_: BasketAt | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _action_has_what_it_needs(self) -> Self:
        if self.action in {BasketAction.ADD, BasketAction.REMOVE} and not self.lines:
            raise ValueError("add and remove need lines")
        if self.action is BasketAction.IDENTIFY and self.loyalty is None:
            raise ValueError("identify needs loyalty")
        if self.coupons and self.action is not BasketAction.COMPLETE:
            raise ValueError("coupons are counted when the basket is complete")
        return self
