"""A campaign as a marketer, the centre and the console write it: one body for file, stream and HTTP.

Files, the stream ``campaigns`` and the console are parsed into it; storage keeps what `campaign` makes of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from edge.campaigns.authoring.offer_body import Body, Id, Instant, Line, Name, Short
from edge.domain.campaign import Campaign, Window
from edge.domain.experiment import POINTS, Design, Layer, SwitchbackSchedule, Variant


class WindowBody(Body):
    """Hours of the store's wall clock; ``first_hour`` above ``last_hour`` goes over midnight; day 1 is Monday."""

    first_hour: int = Field(default=0, ge=0, le=23)
    last_hour: int = Field(default=24, ge=1, le=24)
    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(
        default=(1, 2, 3, 4, 5, 6, 7), min_length=1, max_length=7
    )

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.first_hour == self.last_hour:
            raise ValueError("a window lasts at least an hour")
        return self


class LayerBody(Body):
    """The campaign's part of a layer, in ten-thousandths of its people; ``last`` is not included."""

    name: Id
    first: int = Field(default=0, ge=0, lt=POINTS)
    last: int = Field(default=POINTS, ge=1, le=POINTS)

    @model_validator(mode="after")
    def _holds_somebody(self) -> Self:
        if self.last <= self.first:
            raise ValueError("a part of a layer ends after it has begun")
        return self


class RotaBody(Body):
    """The rhythm of a switchback, in minutes."""

    # 44,640 minutes are a month of 31 days.
    period_minutes: int = Field(default=240, ge=10, le=44_640)
    washout_minutes: int = Field(default=30, ge=0, le=44_640)

    @model_validator(mode="after")
    def _measures_something(self) -> Self:
        if self.washout_minutes >= self.period_minutes:
            raise ValueError("the wash-out is as long as the whole stretch")
        return self


def _mapped(pairs: object) -> object:
    """Pairs, as a stored campaign has them, as a mapping."""
    return dict(cast("Iterable[tuple[str, str]]", pairs)) if isinstance(pairs, tuple) else pairs


class VariantBody(Body):
    """One arm of a test. ``strategies``: placement -> the strategy that orders it for people in this arm."""

    name: Id
    weight: int = Field(default=1, ge=1, le=1_000)
    offers: tuple[Id, ...] = Field(default=(), max_length=1_000)
    creatives: tuple[Id, ...] = Field(default=(), max_length=100)
    strategies: Annotated[dict[Name, Name], BeforeValidator(_mapped)] = Field(
        default_factory=dict[str, str], max_length=32
    )


class CampaignBody(Body):
    """One campaign. Without a ``salt`` its id draws who is held out; a new salt draws anew. Money in cents."""

    id: Id
    name: Line
    starts_at: Instant
    ends_at: Instant
    salt: Short | None = None
    holdout_pct: int = Field(default=10, ge=0, le=100)
    layer: LayerBody | None = None
    design: Design = Design.PERSON
    rota: RotaBody | None = None
    variants: tuple[VariantBody, ...] = Field(default=(), max_length=20)
    bandit: bool = False
    windows: tuple[WindowBody, ...] = Field(default=(), max_length=21)
    weekly_cap: int | None = Field(default=None, ge=1, le=10_000)
    budget_cents: int | None = Field(default=None, ge=0, le=10**12)
    priority_pct: int = Field(default=100, ge=1, le=1_000)
    paused: bool = False
    parent: Id | None = None
    impact: int = Field(default=3, ge=1, le=5)
    ease: int = Field(default=3, ge=1, le=5)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("a campaign ends after it has started")
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError("two variants of one campaign have one name")
        return self


def campaign_of(body: CampaignBody) -> Campaign:
    """The campaign that a body states."""
    return Campaign(
        id=body.id,
        name=body.name,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        salt=body.salt or body.id,
        holdout_pct=body.holdout_pct,
        layer=None if body.layer is None else Layer(**body.layer.model_dump()),
        design=body.design,
        rota=None if body.rota is None else SwitchbackSchedule(**body.rota.model_dump()),
        variants=tuple(map(_variant_of, body.variants)),
        bandit=body.bandit,
        windows=tuple(Window(**window.model_dump()) for window in body.windows),
        weekly_cap=body.weekly_cap,
        budget_cents=body.budget_cents,
        priority_pct=body.priority_pct,
        paused=body.paused,
        parent=body.parent,
        impact=body.impact,
        ease=body.ease,
    )


def _variant_of(body: VariantBody) -> Variant:
    return Variant(
        name=body.name,
        weight=body.weight,
        offers=body.offers,
        creatives=body.creatives,
        # Sorted, since a mapping has no order: two files that say the same make the same variant.
        strategies=tuple(sorted(body.strategies.items())),
    )
