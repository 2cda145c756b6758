"""What was decided, from what, and what lost to which rule: enough to tell it and to compute it again.

The decider gathers `Inputs`, `flow` makes a `Decision`, storage keeps both and replay makes it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from edge.domain.consent import Purpose
from edge.domain.discount import OfferDiscount
from edge.domain.ids import DecisionId, ItemKey, OfferId, Sku, Token, VisitId


class ContentKind(StrEnum):
    """Whose data the content was chosen with."""

    PERSONAL = "personal"
    CONTEXT = "context"
    FALLBACK = "fallback"


class Rule(StrEnum):
    """Why a candidate was not chosen; a closed list."""

    NOT_SOLD_HERE = "not-sold-here"
    IN_BASKET = "in-basket"
    JUST_BOUGHT = "just-bought"
    SUBSTITUTE_BOUGHT = "substitute-bought"
    REJECTED = "rejected"
    OUT_OF_STOCK = "out-of-stock"
    SENSITIVE_IN_PUBLIC = "sensitive-in-public"
    OFFER_QUIET = "offer-quiet"
    OFFER_SPENT = "offer-spent"
    OFFER_GIVEN = "offer-given"
    OFFER_AUDIENCE = "offer-audience"
    OFFER_OTHER_TEST = "offer-other-test"
    OFFER_OTHER_ARM = "offer-other-arm"
    OFFER_HELD_OUT = "offer-held-out"
    OFFER_CAPPED = "offer-capped"
    OFFER_BACKED_OFF = "offer-backed-off"
    CAMPAIGN_CAPPED = "campaign-capped"
    CATEGORY_CAPPED = "category-capped"
    PERSON_CAPPED = "person-capped"
    OFFER_CONFLICT = "offer-conflict"
    OFFER_OUTDONE = "offer-outdone"
    TOO_MUCH_ALIKE = "too-much-alike"
    SAME_NAME = "same-name"
    DUE_FIRST = "due-first"
    PLACE_KEPT = "place-kept"
    LOWER_WORTH = "lower-worth"


class SlotClaim(StrEnum):
    """By which right an item took its place; a closed list."""

    WORTH = "worth"
    DUE = "due"
    COMPLEMENT = "complement"
    EXPLORE = "explore"


class InputFreshness(StrEnum):
    """What age made of an input: used, used with care, or left out."""

    USE = "use"
    DEGRADE = "degrade"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that one decision may read, gathered before it is made; stored, so that it can be made again.

    ``day`` counts local days since 1970, ``hour`` is 0..23 on the store's wall clock.
    ``token`` and ``profile`` are present only where consent for the placement's purpose held at ``at``.
    ``profile``, ``coupons`` (absent = never used any) and ``trend`` are digests of stored snapshots,
    ``basket`` and ``just_bought`` item keys in scan order, ``exposures`` how often each offer was shown to
    this person in the last seven days on any surface – and ``campaign_exposures``, ``category_exposures`` the
    same by campaign and by category –, ``ignored`` showings in a row that they did not take up, ``given`` how
    often they redeemed each offer, ever, ``rejected`` and ``disliked`` what they said no to, ``elsewhere`` the
    offers on this person's other screens now, ``spent`` offers of which the store has no more to give,
    ``ages_s`` the age of each input in seconds (absent = never heard of; ``clock``: by how much it may be
    wrong). ``place`` is the store's number in shoppers' counters, 0 = not told. ``odds`` is the digest of what
    is known of creatives, absent = nothing; ``locale`` the language that the screen should speak, ``currency`` what
    its prices are in (ISO 4217). ``promised``: offers that this person was shown in this visit already, sorted; no cap
    takes them away again. ``pairs`` is the digest of what the store sells together; absent in decisions of before it
    was counted, which are made again by the rules of then. ``viewed``: what this person looked at on screens, the
    latest first. ``co_views`` is the digest of what is looked at together, absent in decisions of before that was.
    """

    id: DecisionId
    at: datetime
    day: int
    hour: int
    placement: str
    limit: int
    visit: VisitId | None
    zone: str | None
    token: Token | None
    purposes: tuple[Purpose, ...]
    profile: str | None
    trend: str
    catalogue: str
    model: str
    basket: tuple[ItemKey, ...] = ()
    just_bought: tuple[ItemKey, ...] = ()
    out_of_stock: tuple[ItemKey, ...] = ()
    exposures: Mapping[OfferId, int] = field(default_factory=dict[OfferId, int])
    elsewhere: tuple[OfferId, ...] = ()
    ages_s: Mapping[str, int] = field(default_factory=dict[str, int])
    place: int = 0
    coupons: str | None = None
    segments: tuple[str, ...] = ()
    campaign_exposures: Mapping[str, int] = field(default_factory=dict[str, int])
    category_exposures: Mapping[str, int] = field(default_factory=dict[str, int])
    ignored: Mapping[OfferId, int] = field(default_factory=dict[OfferId, int])
    given: Mapping[OfferId, int] = field(default_factory=dict[OfferId, int])
    rejected: tuple[ItemKey, ...] = ()
    disliked: Mapping[str, int] = field(default_factory=dict[str, int])
    spent: tuple[OfferId, ...] = ()
    odds: str | None = None
    locale: str = "en"
    promised: tuple[OfferId, ...] = ()
    currency: str = ""
    pairs: str | None = None
    viewed: tuple[ItemKey, ...] = ()
    co_views: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One chosen item. Units: ``points`` = chance in ten-thousandths; ``worth`` after offers.

    ``sources`` says which strategies proposed it. Where it is known how likely its offer is redeemed:
    ``offer_points`` = that chance in ten-thousandths, ``offer_expected`` what the offer then leaves, in
    hundredths of a cent. Neither says what the offer adds. ``claim``: by which right the item is here.
    ``timeliness``, ``loss`` and ``trust``: the other terms of its worth, in per cent (`edge.domain.value`).
    ``creative``: which of the offer's was drawn, with the chance ``propensity`` it had in ten-thousandths.
    ``churn_risk_pct``: how likely the person has left, where that raised what the offer is worth.
    """

    sku: Sku
    points: int
    worth: int
    sources: tuple[str, ...]
    offer: OfferId | None = None
    offer_points: int | None = None
    offer_expected: int | None = None
    claim: SlotClaim = SlotClaim.WORTH
    timeliness: int = 0
    loss: int = 100
    trust: int = 100
    creative: str | None = None
    propensity: int | None = None
    churn_risk_pct: int | None = None


class RejectedCandidate(NamedTuple):
    """One candidate that was not chosen, and the rule it lost to (the offer's where ``offer`` is set).

    A plain tuple, because each decision has hundreds. Units: ``points`` as in ``Choice``.
    """

    sku: Sku
    points: int
    rule: Rule
    offer: OfferId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One filled place in a template: what a screen writes for one item. Money in the smallest unit of ``currency``.

    ``price_cents`` is what the item costs now, the offer taken off, and ``was_cents`` what it costs without it; both
    are absent where prices have not been heard of for too long, the latter also where nothing is taken off the item.
    """

    sku: Sku
    headline: str
    reason: str
    price_cents: int | None
    offer: OfferId | None = None
    badge: str | None = None
    creative: str | None = None
    text: str | None = None
    image: str | None = None
    code: str | None = None
    disclaimer: str | None = None
    was_cents: int | None = None
    discount: OfferDiscount | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome: choices in order, losers with their rules, and under which names it was computed.

    ``strategy``: the named strategy that ordered it, or ``chance``: the ranker itself. ``arms``: campaign ->
    what this person gets of it (``held-out``, ``outside``, ``treated`` or the name of a variant), for each
    campaign that had something to say here. ``ghosts``: offers that would be here had the person not been held
    out of them: what the treated are compared with.
    """

    id: DecisionId
    at: datetime
    placement: str
    kind: ContentKind
    visit: VisitId | None
    token: Token | None
    purposes: tuple[Purpose, ...]
    model: str
    catalogue: str
    inputs: str
    arm: str
    choices: tuple[Choice, ...]
    losers: tuple[RejectedCandidate, ...]
    title: str
    slots: tuple[Slot, ...]
    rungs: Mapping[str, InputFreshness]
    expires_at: datetime
    strategy: str = "chance"
    arms: Mapping[str, str] = field(default_factory=dict[str, str])
    ghosts: tuple[OfferId, ...] = ()
