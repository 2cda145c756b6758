"""Where a product is put before people's eyes, and on which days: known before anybody comes in.

The stream ``promotions`` and the demo's calendar write it; the model's features read it.
"""

from __future__ import annotations

from typing import NamedTuple

from edge.domain.ids import ItemKey


class ProductPromotion(NamedTuple):
    """One product on display or in the mailer, from day to day.

    A plain tuple, because a store has thousands. Units: ``from_day`` and ``until_day`` count local days
    since 1970, both included. ``display`` and ``mailer`` say where in the grocer's own words; "0" or
    nothing = not there. Source: the central stream ``promotions``.
    """

    key: ItemKey
    display: str
    mailer: str
    from_day: int
    until_day: int
