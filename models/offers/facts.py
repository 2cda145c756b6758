"""What is known of an offer and of a shopper's own coupons, on the edge as in training.

The edge's step ``context`` hands them over; ``features`` describes them, in training alike.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.items import Items, Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFacts:
    """An offer, or a campaign of coupons sent together: the keys of all items that it names."""

    items: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferHistory:
    """One shopper's own coupons; the default is a shopper who never used any.

    ``coupons``: the local day of each coupon of any kind, the maker's included, that was handed in
    at the till, in any order. ``redeemed``: for each coupon of an earlier offer that was redeemed,
    the local day and the keys of the items it was good for.
    """

    coupons: tuple[int, ...] = ()
    redeemed: tuple[tuple[int, Keys], ...] = ()

    @classmethod
    def of(
        cls, handed_in: Mapping[int, int], redeemed: Iterable[tuple[int, Keys]]
    ) -> "OfferHistory":
        """From how many coupons the till counted on each day, and the offers known to be redeemed.

        A redeemed coupon may be among those counted or not: the larger of a day's two counts holds.
        """
        known = tuple(redeemed)
        days = Counter(handed_in) | Counter(day for day, _ in known)
        return cls(coupons=tuple(days.elements()), redeemed=known)


NO_COUPONS = OfferHistory()
"""A shopper who never used any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTarget:
    """An offer seen through a vocabulary, found once for all shoppers.

    ``items``: keys, ascending and distinct. ``types`` (T,) and ``categories`` (C,): those that the
    offer's known items belong to; an item outside the vocabulary belongs to none.
    """

    items: Keys
    types: npt.NDArray[np.bool_]
    categories: npt.NDArray[np.bool_]


def target_of(offer: OfferFacts, items: Items) -> OfferTarget:
    """Resolve ``offer`` in the vocabulary ``items`` (a bundle's ``tables.items``)."""
    types, categories = (
        np.zeros(len(names), np.bool_) for names in (items.type_names, items.category_names)
    )
    keys = np.unique(offer.items)
    at = items.positions(keys)
    at = at[at >= 0]
    types[items.type[at]] = True
    categories[items.category[at]] = True
    return OfferTarget(items=keys, types=types, categories=categories)
