"""What conditions read: a person's past, the present moment, and the product that a signal is about. Pure.

Person context and dry run gather with it, `matching` hands the facts to conditions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from math import ceil

from edge.campaigns.triggers.habits import times_bought
from edge.campaigns.triggers.matching import ObservedPerson
from edge.domain.audience import ConditionValue
from edge.domain.basket import TillBasket
from edge.domain.catalogue import Product
from edge.domain.consent import Purpose
from edge.domain.customer import Customer
from edge.domain.customer_value import outlook_facts
from edge.domain.ids import ItemKey, Token
from edge.domain.trigger import MessageState, Occasion, Trigger, message_id
from edge.domain.visit import Visit
from edge.storage.people.messages import PastFiring
from models.features.customer_value import CustomerBase
from models.features.profile import Profile
from models.items import item_key
from models.moment import daypart

Products = Mapping[ItemKey, Product]

# Words that were withheld, dropped or late were never said, so they use up nobody's day.
_COUNTED = frozenset({MessageState.PENDING, MessageState.SENT})
_EPOCH = date(1970, 1, 1).toordinal()


def past(
    customer: Customer,
    profile: Profile,
    products: Products,
    local: datetime,
    base: CustomerBase,
) -> Mapping[str, ConditionValue]:
    """Who they are and how they shop, by trips before the day of ``local``, which is the store's wall clock."""
    day = local.toordinal() - _EPOCH
    earlier = [one for one in profile.days if one < day]
    known = (products.get(ItemKey(key)) for key in profile.keys.tolist())
    return {
        **outlook_facts(base, profile, day, products),
        "identified": True,
        "segments": customer.segments,
        "trips": len(earlier),
        "days_since_trip": day - earlier[0] if earlier else -1,
        "bought_categories": tuple(sorted({p.category for p in known if p is not None})),
    }


def present(
    visit: Visit | None, basket: TillBasket | None, products: Products, local: datetime
) -> Mapping[str, ConditionValue]:
    """The hour, where they are, and what lies in their basket."""
    skus = () if basket is None else basket.skus
    found = [products.get(ItemKey(item_key(sku))) for sku in skus]
    carried = [product for product in found if product is not None]
    return {
        "hour": local.hour,
        "weekday": local.isoweekday(),
        "daypart": daypart(local.hour),
        "in_store": visit is not None and visit.ended_at is None,
        "zone": "" if visit is None else visit.zone or "",
        "basket_items": len(skus),
        "basket_cents": sum(product.price_cents for product in carried),
        "basket_categories": tuple(sorted({product.category for product in carried})),
    }


def about(
    occasion: Occasion,
    product: Product,
    profile: Profile,
    on_hand: Decimal | None,
    *,
    asked: bool,
) -> Occasion:
    """The occasion with what is known of its product; what the signal itself says stays."""
    known: dict[str, ConditionValue] = {
        "category": product.category,
        "price_cents": product.price_cents,
        # Whole ones, for conditions: a kilogram that was begun is still there.
        "on_hand": -1 if on_hand is None else ceil(on_hand),
        "times_bought": times_bought(profile, product.key),
        "asked": asked,
    }
    return replace(occasion, facts={**known, **occasion.facts})


def listener_of(
    token: Token,
    purposes: frozenset[Purpose],
    facts: Mapping[str, ConditionValue],
    told: tuple[PastFiring, ...],
    local: datetime,
) -> ObservedPerson:
    """The person, with what was fired for them before; ``local`` is the present on the store's wall clock."""
    known = frozenset(one.id for one in told)

    def has_told(trigger: Trigger, occasion: Occasion) -> bool:
        # By the name that the table keeps unique: memory and disk cannot disagree on what one occasion is.
        return message_id(trigger.id, token, occasion.key) in known

    return ObservedPerson(
        purposes=purposes,
        facts=facts,
        told=told,
        messages_today=sum(
            # By the day on which it goes out: what was fired in the evening for tomorrow is tomorrow's.
            one.state in _COUNTED and _is_on(local.date(), one.due_at, local.tzinfo)
            for one in told
        ),
        has_told=has_told,
    )


def _is_on(day: date, at: datetime, zone: tzinfo | None) -> bool:
    return at.astimezone(zone).date() == day
