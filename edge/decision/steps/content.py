"""Step 9: a decision becomes words – headline, reason, price and badge for each item, safe for who can see it.

`flow` calls it last; the pipeline makes a message of it with `touchpoint`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from edge.decision.steps.arbitrate import Chosen
from edge.decision.steps.context import DecisionContext
from edge.decision.steps.creatives import drawn, said
from edge.decision.steps.experiment import Arms
from edge.domain.creative import Modules
from edge.domain.decision import Choice, ContentKind, Decision, InputFreshness, Slot, SlotClaim
from edge.domain.discount import OfferDiscount
from edge.domain.ids import ItemKey
from edge.domain.placement import surface_of
from models.items import item_key
from models.strategies.protocol import ReasonWords
from models.strategies.registry import STRATEGIES

# The first source that proposed an item gives the reason; the order is what people find most convincing.
_SOURCE_ORDER = (
    "resupply",
    "anniversary",
    "complement",
    "own",
    "neighbours",
    "trending",
    "discovery",
    "offer",
    "range",
)
# What a kept place says instead.
_CLAIMS: Mapping[SlotClaim, str] = {
    SlotClaim.EXPLORE: "new",
    SlotClaim.COMPLEMENT: "complement",
}
# What is said of each reason; words of their own come with the strategies.
_REASONS: Mapping[str, ReasonWords] = {
    "resupply": ReasonWords(
        to_the_person="You may be running low", to_an_associate="Due again about now"
    ),
    "complement": ReasonWords(
        to_the_person="Goes with your basket", to_an_associate="Goes with the basket"
    ),
    "own": ReasonWords(to_the_person="One of your regulars", to_an_associate="Bought often"),
    "neighbours": ReasonWords(
        to_the_person="Liked by shoppers like you", to_an_associate="Similar shoppers buy it"
    ),
    "trending": ReasonWords(
        to_the_person="Popular here {moment}",
        to_an_associate="Popular here {moment}",
        to_everybody="Popular here {moment}",
    ),
    "offer": ReasonWords(
        to_the_person="On offer today",
        to_an_associate="On offer today",
        to_everybody="On offer today",
    ),
    "anniversary": ReasonWords(
        to_the_person="You had it this time last year",
        to_an_associate="Bought this time last year",
    ),
    "range": ReasonWords(
        to_the_person="From our range",
        to_an_associate="From the range",
        to_everybody="From our range",
    ),
    "discovery": ReasonWords(to_the_person="New for you", to_an_associate="New to them"),
    "new": ReasonWords(to_the_person="New for you", to_an_associate="New to them"),
    **{entry.reason: entry.words for entry in STRATEGIES.values() if entry.words},
}
# What people say instead of "this midday" and "this night".
_MOMENTS: Mapping[str, str] = {"midday": "at midday", "night": "tonight"}
_TITLES: Mapping[str, str] = {
    "tiles": "Picked for you",
    "card": "Worth mentioning",
    "strip": "Before you pay",
    "list": "Recommended at arrival",
}


def fill(
    context: DecisionContext, chosen: Chosen, arms: Arms, *, model: str, inputs: str
) -> Decision:
    """The decision with its filled slots.

    Args:
        context: The situation decided on.
        chosen: Winners and losers.
        arms: The person's arms.
        model: Name and version of what scored.
        inputs: Digest of the stored inputs.
    """
    given = context.inputs
    kind = _kind(context, chosen)
    # Drawn once the list stands: which words are drawn has no say in what wins.
    choices = tuple(drawn(context, choice, arms) for choice in chosen.choices)
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
        arm=arms.everywhere,
        choices=choices,
        losers=chosen.losers,
        title=_title(context, kind),
        slots=tuple(_slot(context, choice, chosen.strategy) for choice in choices),
        rungs=context.rungs,
        # Business time here; the message to a screen counts the same life anew in real time.
        expires_at=given.at + timedelta(seconds=context.placement.lives_s),
        strategy=chosen.strategy,
        arms=arms.named(),
        ghosts=chosen.ghosts,
    )


def _kind(context: DecisionContext, chosen: Chosen) -> ContentKind:
    if not chosen.choices:
        return ContentKind.FALLBACK
    # Without old habits a person's caps and arm still had a say.
    return ContentKind.CONTEXT if context.inputs.token is None else ContentKind.PERSONAL


def _title(context: DecisionContext, kind: ContentKind) -> str:
    # A public board gives nobody away, also where the habits of one who stands there alone chose for it.
    if kind is ContentKind.PERSONAL and not context.placement.public:
        return _TITLES.get(context.placement.template, "Picked for you")
    moment = _moment(context)
    return f"{moment[0].upper()}{moment[1:]} in the store"


def _moment(context: DecisionContext) -> str:
    daypart = context.view.moment.daypart
    return _MOMENTS.get(daypart, f"this {daypart}")


def _slot(context: DecisionContext, choice: Choice, strategy: str) -> Slot:
    product = context.catalogue.products[ItemKey(item_key(choice.sku))]
    offer = None if choice.offer is None else context.catalogue.offers_by_id[choice.offer]
    words = Modules() if offer is None else said(offer, choice.creative, context.inputs.locale)
    # A price too old to be believed is left out, not guessed.
    price = None if context.rungs["prices"] is InputFreshness.DROP else product.price_cents
    discount = None if offer is None else offer.discount
    off = _off(discount, price)
    return Slot(
        sku=choice.sku,
        headline=product.name,
        reason=_reason(context, choice, strategy),
        price_cents=None if price is None else price - off,
        offer=choice.offer,
        # What a creative leaves out is said in the offer's own words, so that no badge is blank.
        badge=None if offer is None else words.badge or words.headline or offer.headline,
        creative=choice.creative,
        text=words.text,
        image=words.image,
        code=words.code or (None if discount is None else discount.code),
        disclaimer=words.disclaimer,
        was_cents=price if off else None,
        discount=discount,
        currency=None if discount is None else context.inputs.currency,
    )


def _off(discount: OfferDiscount | None, price_cents: int | None) -> int:
    """What comes off the item's own price; a discount on the basket leaves it as it is."""
    if discount is None or price_cents is None or discount.per == "basket":
        return 0
    return discount.off(price_cents)


def _reason(context: DecisionContext, choice: Choice, strategy: str) -> str:
    """Why the item is there: first what the place was kept or ordered for, then what proposed it.

    What may not be said on this screen is passed over; of the store's trend anybody may hear.
    """
    told = [source for source in _SOURCE_ORDER if source in choice.sources]
    # Only of what it proposed itself: what fills up its list behind it has reasons of its own.
    led = STRATEGIES.get(strategy) if "strategy" in choice.sources else None
    right = _CLAIMS.get(choice.claim) if led is None else led.reason
    if right is not None:
        told.insert(0, right)
    # Of the store's trend only what was sold in it; before pairs were counted nobody asked.
    is_here = context.inputs.pairs is None or item_key(choice.sku) in context.view.trend.sold()
    told.append("trending" if is_here else "range")
    said_of = (_phrase(context, _REASONS[reason]) for reason in told)
    return next(phrase for phrase in said_of if phrase).format(moment=_moment(context))


def _phrase(context: DecisionContext, words: ReasonWords) -> str | None:
    if context.placement.public:
        return words.to_everybody
    if surface_of(context.placement.surface).associate:
        return words.to_an_associate
    return words.to_the_person
