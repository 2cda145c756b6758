"""Step 9: a decision becomes words – headline, reason, price and badge for each item, safe for who can see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from edge.domain.decision import Choice, Decision, Kind, Rung, Slot
from edge.domain.ids import ItemKey
from edge.steps.arbitrate import Chosen
from edge.steps.context import Context
from edge.steps.experiment import Arm
from models.items import item_key

# The first source that proposed an item gives the reason; the order is what people find most convincing.
_SOURCE_ORDER = ("resupply", "complement", "own", "neighbours", "trending", "offer")

_TO_THE_PERSON: Mapping[str, str] = {
    "resupply": "You may be running low",
    "complement": "Goes with your basket",
    "own": "One of your regulars",
    "neighbours": "Liked by shoppers like you",
    "trending": "Popular here {moment}",
    "offer": "On offer today",
}
_TO_AN_ASSOCIATE: Mapping[str, str] = {
    "resupply": "Due again about now",
    "complement": "Goes with the basket",
    "own": "Bought often",
    "neighbours": "Similar shoppers buy it",
    "trending": "Popular here {moment}",
    "offer": "On offer today",
}
# A public screen speaks of the store, never of a person.
_TO_EVERYBODY: Mapping[str, str] = {
    "trending": "Popular here {moment}",
    "offer": "On offer today",
}
# What people say instead of "this midday" and "this night".
_MOMENTS: Mapping[str, str] = {"midday": "at midday", "night": "tonight"}
_TITLES: Mapping[str, str] = {
    "tiles": "Picked for you",
    "card": "Worth mentioning",
    "strip": "Before you pay",
    "list": "Recommended at arrival",
}


def fill(context: Context, chosen: Chosen, arm: Arm, *, model: str, inputs: str) -> Decision:
    """The decision with its filled slots.

    Args:
        context: The situation decided on.
        chosen: Winners and losers.
        arm: The person's arm.
        model: Name and version of what scored.
        inputs: Digest of the stored inputs.
    """
    given = context.inputs
    kind = _kind(context, chosen)
    return Decision(
        id=given.id,
        at=given.at,
        placement=given.placement,
        kind=kind,
        visit=given.visit,
        token=given.token,
        purposes=given.purposes,
        model=model,
        catalogue=context.catalogue.digest,
        inputs=inputs,
        arm=arm,
        choices=chosen.choices,
        losers=chosen.losers,
        title=_title(context, kind),
        slots=tuple(_slot(context, choice) for choice in chosen.choices),
        rungs=context.rungs,
        expires_at=given.at + timedelta(seconds=context.placement.lives_s),
    )


def _kind(context: Context, chosen: Chosen) -> Kind:
    if not chosen.choices:
        return Kind.FALLBACK
    # Without old habits a person's caps and arm still had a say.
    return Kind.CONTEXT if context.inputs.token is None else Kind.PERSONAL


def _title(context: Context, kind: Kind) -> str:
    if kind is Kind.PERSONAL:
        return _TITLES.get(context.placement.template, "Picked for you")
    moment = _moment(context)
    return f"{moment[0].upper()}{moment[1:]} in the store"


def _moment(context: Context) -> str:
    daypart = context.view.moment.daypart
    return _MOMENTS.get(daypart, f"this {daypart}")


def _slot(context: Context, choice: Choice) -> Slot:
    product = context.catalogue.products[ItemKey(item_key(choice.sku))]
    offer = None if choice.offer is None else context.catalogue.offers_by_id[choice.offer]
    return Slot(
        sku=choice.sku,
        headline=product.name,
        reason=_reason(context, choice),
        price_cents=None if context.rungs["prices"] is Rung.DROP else product.price_cents,
        offer=choice.offer,
        badge=None if offer is None else offer.headline,
    )


def _reason(context: Context, choice: Choice) -> str:
    phrases = _phrases(context)
    source = next(
        (s for s in _SOURCE_ORDER if s in choice.sources and s in phrases), "trending"
    )
    return phrases[source].format(moment=_moment(context))


def _phrases(context: Context) -> Mapping[str, str]:
    if context.placement.public:
        return _TO_EVERYBODY
    return _TO_AN_ASSOCIATE if context.placement.surface == "tablet" else _TO_THE_PERSON
