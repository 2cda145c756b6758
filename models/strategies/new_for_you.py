"""New for you: something of a category that the shopper never bought, near to the categories that they do buy.

``registry`` lists it; a bundle ranks by it where a placement asks, and kept places for something new choose from it.

Another pack of what somebody buys anyway, or the store's top seller, is no discovery. How near a category is follows
from what is bought together with their own items, and what households of like taste buy: from both for every item,
summed over the category. Behind the discoveries stands what they never bought of categories that they know.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np

from models.features.profile_features import PersonFeatures
from models.features.request import ModelRequest, no_items
from models.items import Keys
from models.statistics.tables import Tables
from models.strategies.context import StrategyContext
from models.strategies.protocol import StrategyEntry, untaken

# Discoveries at most of one person; each is of another category before any is the second of one.
_DISCOVERIES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForYou:
    """Discoveries first, then ``PersonFeatures.liked`` without what is known."""

    context: StrategyContext

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        person = self.context.shared(view).person
        if person is None or view.profile is None:
            return no_items()
        # What it stands on changes with the day alone, as the person's features do.
        slot = (self.context.owner, view.place, "new")
        kept = view.profile.recall(slot, view.moment.day)
        if kept is None:
            kept = _new(person, self.context.tables)
            view.profile.remember(slot, view.moment.day, kept)
        return untaken(view, cast("Keys", kept), n)


NEW_FOR_YOU = StrategyEntry(
    name="new-for-you",
    says="Of categories new to the shopper, what is near to what they buy",
    reason="new",
    make=lambda context: NewForYou(context=context),
)


def _new(person: PersonFeatures, tables: Tables) -> Keys:
    """Each key once, best first."""
    found = _discoveries(person, tables)
    liked = tables.items.keys[person.liked]
    return np.concatenate([found, liked[~np.isin(liked, person.keys) & ~np.isin(liked, found)]])


def _discoveries(person: PersonFeatures, tables: Tables) -> Keys:
    """Round after round the nearest item of each category that the person never bought, nearest category first."""
    category = tables.items.category
    size = len(tables.items.category_names)
    near = person.taste[:-1, 1] * person.taste[:-1, 2] + person.taste[:-1, 0]
    near = np.maximum(near, 0)
    known = np.zeros(size, np.bool_)
    known[category[person.own_at[person.own_at < len(tables)]]] = True
    at = np.flatnonzero((near > 0) & ~known[category])
    nearness = np.bincount(category[at], near[at], minlength=size).astype(np.float32)
    order = at[np.lexsort((at, -near[at], category[at]))]
    kinds = category[order]
    place = np.arange(len(order)) - np.searchsorted(kinds, kinds)
    order = order[np.lexsort((order, -nearness[kinds], place))]
    return tables.items.keys[order[:_DISCOVERIES_MAX]]
