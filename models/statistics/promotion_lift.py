"""How much more an item sells while it is promoted: the chain's experience, as a bundle keeps it.

``tables`` holds the lifts, ``features`` looks them up for a day's promotions.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.items import Keys, positions_in
from models.promoted import NOT_PROMOTED, Promoted, Words

Floats = npt.NDArray[np.float32]

# Columns of ``DayPromotions.rows``.
PROMOTION = ("displayed", "mailed", "place_lift", "item_lift")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionLifts:
    """Logarithms of sales on promotion over sales without.

    ``display_words`` (D,) and ``mailer_words`` (M,) ascending, first "0"; ``lift`` (D, M) of being
    promoted there. Of V items: ``item_lift`` (V,) beyond that, ``share`` (V,) of purchases made on promotion.
    """

    display_words: Words
    mailer_words: Words
    lift: Floats
    item_lift: Floats
    share: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPromotions:
    """One day's promotions under one bundle of V items.

    ``rows`` (V + 1, 4), columns ``PROMOTION``: zeros where an item is not promoted, and in the last
    row, the unknown item's.
    """

    rows: Floats

    def of(self, at: npt.NDArray[np.integer]) -> Floats:
        """The row of each position, V = unknown. Shape (m, 4)."""
        return self.rows.take(at, axis=0)


def no_lifts(size: int) -> PromotionLifts:
    """Of a source that tells nothing of promotions; ``size`` items."""
    nowhere = np.array(NOT_PROMOTED[:1], np.str_)
    nothing = np.zeros(size, np.float32)
    return PromotionLifts(
        display_words=nowhere,
        mailer_words=nowhere,
        lift=np.zeros((1, 1), np.float32),
        item_lift=nothing,
        share=nothing,
    )


def promotion_of(promoted: Promoted, keys: Keys, lifts: PromotionLifts) -> DayPromotions:
    """The rows of ``promoted`` for the items ``keys`` (V,), ascending; places never met lift nothing."""
    found = positions_in(keys, promoted.keys)
    known = found >= 0
    at = found[known]
    display = _numbers(lifts.display_words, promoted.display[known])
    mailer = _numbers(lifts.mailer_words, promoted.mailer[known])
    rows = np.zeros((len(keys) + 1, len(PROMOTION)), np.float32)
    rows[at, 0] = ~np.isin(promoted.display[known], NOT_PROMOTED)
    rows[at, 1] = ~np.isin(promoted.mailer[known], NOT_PROMOTED)
    rows[at, 2] = lifts.lift[display, mailer]
    rows[at, 3] = lifts.item_lift[at]
    return DayPromotions(rows=rows)


def _numbers(words: Words, told: Words) -> npt.NDArray[np.intp]:
    """The number of each word told, 0 for one never met."""
    at = np.minimum(np.searchsorted(words, told), len(words) - 1)
    return np.where(words[at] == told, at, 0)
