"""Step 4: what could be recommended here and now – habits, neighbours, complements, trend, resupply, offers.

`flow` calls it with the situation; what it finds is scored next.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from edge.decision.steps.context import DecisionContext
from edge.domain.ids import ItemKey
from models.features.request import no_items
from models.items import Keys
from models.serving.ranker import (
    BY_CHANCE,
    COMPLEMENT,
    DISCOVERY,
    RANGE,
    STRATEGY,
    TRENDING,
    Ranker,
    Shortlist,
)
from models.strategies.new_for_you import NEW_FOR_YOU
from models.strategies.protocol import taken

# A portfolio of many offers must not push a person's own products off the shortlist.
_OFFERS_SHARE = 4


# What a named strategy puts first; the others stay, so that a short list is filled and no place is blank.
_STRATEGY_SHARE = 4
# As many as a kept place may choose from, of so many that are looked at.
_DISCOVERIES, _LOOKED_AT = 24, 48
# With fewer candidates that are sold here than so many times the places, the range fills up: rules take some away.
_ENOUGH, _FILLED = 4, 60


def shortlist(context: DecisionContext, ranker: Ranker) -> Shortlist:
    """At most ``tuning.shortlist`` candidates; items on live offers take a quarter of the places at most.

    Where the placement has a named strategy, the first quarter is its list, in its order. Where hardly anything of
    what the ranker found is sold here, the range fills up, so that no screen is empty.
    """
    limit = context.catalogue.tuning.shortlist
    order = _ordered(context, ranker, limit // _STRATEGY_SHARE)
    offers = _on_offer(context, limit // _OFFERS_SHARE)
    # Stored decisions of before pairs were counted are made again by the rules of then.
    if context.inputs.pairs is None:
        found = ranker.shortlist(context.view, limit - len(order), offers)
        return _led(found, order)
    # The order of a named strategy leaves no place for a discovery.
    new = no_items() if len(order) else _discoveries(context, ranker)
    # The strategy's places come off the model's, so that no more are scored than tuning allows.
    found = ranker.shortlist(context.view, limit - len(order) - len(new), offers)
    found = _filled(context, _beside_basket(context, _told_of_here(context, found)))
    if len(new):
        found = _joined(found, new, DISCOVERY)
    return _led(found, order)


def _ordered(context: DecisionContext, ranker: Ranker, limit: int) -> Keys:
    """The list of the placement's strategy; empty where there is none, or it has nothing to say."""
    name = context.strategy
    return no_items() if name == BY_CHANCE else ranker.by_strategy(context.view, name, limit)


def _discoveries(context: DecisionContext, ranker: Ranker) -> Keys:
    """What the kept places for something new may choose from: sold here, of categories new to the person."""
    given, view, products = context.inputs, context.view, context.catalogue.products
    pct = context.catalogue.tuning.explore_pct
    if view.profile is None or not context.placement.explore_places(
        given.limit, pct, given.visit or given.id
    ):
        return no_items()
    bought = (products.get(ItemKey(key)) for key in view.profile.keys.tolist())
    known = {product.category for product in bought if product is not None}
    listed = ranker.by_strategy(view, NEW_FOR_YOU.name, _LOOKED_AT)
    new = (
        key
        for key in listed.tolist()
        if key in products and products[ItemKey(key)].category not in known
    )
    return np.fromiter(islice(new, _DISCOVERIES), np.int64)


def _told_of_here(context: DecisionContext, found: Shortlist) -> Shortlist:
    """Trending is what was sold here; what only a chain, or nobody, bought is of the range."""
    trending = found.sources & TRENDING > 0
    elsewhere = trending & ~np.isin(found.keys, context.view.trend.sold())
    if not elsewhere.any():
        return found
    sources = found.sources.copy()
    sources[elsewhere] = sources[elsewhere] & ~np.uint16(TRENDING) | np.uint16(RANGE)
    return replace(found, sources=sources)


def _beside_basket(context: DecisionContext, found: Shortlist) -> Shortlist:
    """What reads like something in the basket, or is of its kind, is that once more: it does not go with it."""
    products = context.catalogue.products
    inside = [products[key] for key in context.inputs.basket if key in products]
    names = {product.reads_as for product in inside}
    kinds = {product.kind for product in inside if product.kind}
    again = [
        row
        for row in np.flatnonzero(found.sources & COMPLEMENT).tolist()
        if (product := products.get(ItemKey(int(found.keys[row])))) is not None
        and (product.kind in kinds or product.reads_as in names)
    ]
    if not again:
        return found
    sources = found.sources.copy()
    sources[again] &= ~np.uint16(COMPLEMENT)
    return replace(found, sources=sources)


def _filled(context: DecisionContext, found: Shortlist) -> Shortlist:
    """With the first of the range, what is promoted today before all, where too little of ``found`` is sold here."""
    products = context.catalogue.products
    sold_here = sum(map(products.__contains__, found.keys.tolist()))
    if sold_here >= _ENOUGH * context.inputs.limit:
        return found
    view, sold = context.view, context.catalogue.assortment
    promoted = no_items() if view.promoted is None else view.promoted.keys
    wanted = np.concatenate([promoted[np.isin(promoted, sold.items.keys)], sold.order])
    _, first = np.unique(wanted, return_index=True)
    wanted = wanted[np.sort(first)]
    filling = wanted[~np.isin(wanted, np.union1d(found.keys, taken(view)))][:_FILLED]
    return replace(_joined(found, filling, RANGE), filling=filling)


def _led(found: Shortlist, order: Keys) -> Shortlist:
    """``found`` and the strategy's items together."""
    return replace(_joined(found, order, STRATEGY), order=order) if len(order) else found


def _joined(found: Shortlist, more: Keys, bit: int) -> Shortlist:
    """``found`` and ``more`` together."""
    # A union of numpy is sorted, and the keys of a shortlist must be: rows are found by bisection.
    keys = np.union1d(found.keys, more)
    sources = np.zeros(len(keys), np.uint16)
    sources[np.searchsorted(keys, found.keys)] = found.sources
    # Added to the bits, not in their place: what proposed it besides still gives its reasons.
    sources[np.searchsorted(keys, more)] |= np.uint16(bit)
    return replace(found, keys=keys, sources=sources)


def _on_offer(context: DecisionContext, limit: int) -> npt.NDArray[np.int64]:
    """Keys of items on live offers, ascending; of too many those with the largest discount, then lowest key."""
    # The mapping has the largest discount first, so the first of it are the ones to keep.
    return np.sort(np.fromiter(islice(context.standing.by_item, limit), np.int64))
