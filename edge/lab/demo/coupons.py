"""Offers of the demo: the grocer's real coupon campaigns of the weeks replayed, under invented headlines.

``seed`` puts the offers among what the centre sends down, and the coupons handed in into people's histories.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from edge.domain.offer import EVERYBODY
from edge.domain.placement import CHANNELS, SCREENS
from edge.lab.demo.campaigns import saving
from edge.lab.demo.shelves import DemoProduct
from edge.lab.demo.shop import DemoShop, rfc3339, utc
from edge.lab.demo.wording import headline
from models.offers.examples import HouseholdCoupons, coupons_until
from models.sources.journey import seconds
from models.sources.parquet import data_folder, read_columns

_DAY_S = 86_400
# A coupon may name thousands of products; on a screen the few that sell best speak for it.
_OFFERS = 28
# A real coupon may name hundreds of products; a card has room for a handful.
_ITEMS = 6
# The source does not say what its coupons were worth.
_DISCOUNT = 0.15
_STEP_CENTS = 10
_LEAST_CENTS, _MOST_CENTS = 20, 300
# What the store's own record of a person holds at most.
_NAMED_ITEMS, _TOLD = 200, 1_000
_CAMPAIGNS, _COUPONS = "campaign_descriptions.parquet", "coupons.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """One real coupon that is valid while the replay runs, with its products on these shelves."""

    upc: int
    campaign: int
    starts_at: datetime
    ends_at: datetime
    shelves: tuple[DemoProduct, ...]

    @property
    def sold(self) -> int:
        """How often its products were sold here in the past."""
        return sum(shelf.sold for shelf in self.shelves)

    @property
    def category(self) -> str:
        """The category of most of what it is for, weighed by sales."""
        weights = Counter[str]()
        for shelf in self.shelves:
            weights[shelf.category] += shelf.sold
        # The name settles a tie, so that every demo says the same.
        return min(weights, key=lambda name: (-weights[name], name))

    @property
    def of_category(self) -> tuple[DemoProduct, ...]:
        """Its products of that category: what the headline speaks of."""
        return tuple(shelf for shelf in self.shelves if shelf.category == self.category)


def offers(
    source: str, shop: DemoShop, shelves: Mapping[int, DemoProduct]
) -> list[dict[str, object]]:
    """The offers to publish: the coupons whose products sell best here, one a category.

    A source without campaigns gives none.
    """
    # The coupon's own number settles a tie.
    best = sorted(
        _coupons(source, shop, shelves), key=lambda coupon: (-coupon.sold, coupon.upc)
    )
    chosen = dict[str, Coupon]()
    for coupon in best:
        # The best seller of each category comes first and stays.
        chosen.setdefault(coupon.category, coupon)
    return [_offer(coupon) for coupon in list(chosen.values())[:_OFFERS]]


def handed_in(
    source: str, shop: DemoShop, shelves: Mapping[int, DemoProduct]
) -> dict[int, list[dict[str, object]]]:
    """Each household's own coupons of the past as the centre tells them, newest last: only their day is told."""
    sold = frozenset(int(shelf.sku) for shelf in shelves.values())
    past = coupons_until(source, shop.journey, shop.last_past_day)
    households = past.days.keys() | past.redeemed.keys()
    return {household: _told(past, household, sold) for household in sorted(households)}


def _told(
    past: HouseholdCoupons, household: int, sold: frozenset[int]
) -> list[dict[str, object]]:
    """A redeemed coupon names the products that it was good for and that are sold here; a maker's names none."""
    redeemed = past.redeemed.get(household, [])
    told = [(day, [key for key in keys.tolist() if key in sold]) for day, keys in redeemed]
    counted = past.days.get(household, Counter[int]())
    # What the receipts count beyond the named ones are makers' coupons.
    others = counted - Counter(day for day, _ in redeemed)
    told += [(day, list[int]()) for day in others.elements()]
    return [
        {
            # At noon, so that the store's zone cannot move the day.
            "at": rfc3339(utc(day * _DAY_S + _DAY_S // 2)),
            "skus": [str(key) for key in keys[:_NAMED_ITEMS]],
        }
        for day, keys in sorted(told)[-_TOLD:]
    ]


def _coupons(
    source: str, shop: DemoShop, shelves: Mapping[int, DemoProduct]
) -> Iterator[Coupon]:
    folder = data_folder(source)
    if not (folder / _CAMPAIGNS).is_file() or not (folder / _COUPONS).is_file():
        return
    by_sku = {int(shelf.sku): shelf for shelf in shelves.values()}
    table = read_columns(folder / _COUPONS, ("coupon_upc", "product_id", "campaign_id"))
    for campaign, (starts, ends) in _running(folder, shop).items():
        rows = table["campaign_id"] == campaign
        upcs, products = table["coupon_upc"][rows], table["product_id"][rows]
        for upc in np.unique(upcs):
            found = [by_sku[p] for p in products[upcs == upc].tolist() if p in by_sku]
            if found:
                best = sorted(found, key=lambda shelf: (-shelf.sold, shelf.sku))[:_ITEMS]
                yield Coupon(
                    upc=int(upc),
                    campaign=campaign,
                    starts_at=utc(starts),
                    # The last day is a whole one.
                    ends_at=utc(ends + _DAY_S),
                    shelves=tuple(best),
                )


def _running(folder: Path, shop: DemoShop) -> dict[int, tuple[int, int]]:
    """Campaigns that overlap the replay: first and last day, as local seconds at midnight."""
    table = read_columns(folder / _CAMPAIGNS, ("campaign_id", "start_date", "end_date"))
    starts, ends = seconds(table["start_date"]), seconds(table["end_date"])
    first_s, last_s = (shop.last_past_day + 1) * _DAY_S, shop.last_day * _DAY_S
    return {
        int(campaign): (int(start), int(end))
        for campaign, start, end in zip(table["campaign_id"], starts, ends, strict=True)
        if start <= last_s and end >= first_s
    }


def _offer(coupon: Coupon) -> dict[str, object]:
    price = float(np.median([shelf.price_cents for shelf in coupon.of_category]))
    off = round(price * _DISCOUNT / _STEP_CENTS) * _STEP_CENTS
    discount_cents = min(max(off, _LEAST_CENTS), _MOST_CENTS)
    return {
        "id": f"coupon-{coupon.campaign}-{coupon.upc}",
        "headline": headline(discount_cents, coupon.category),
        "skus": [shelf.sku for shelf in coupon.of_category],
        "category": coupon.category,
        "discount_cents": discount_cents,
        "starts_at": rfc3339(coupon.starts_at),
        "ends_at": rfc3339(coupon.ends_at),
        "campaign": f"campaign-{coupon.campaign}",
        "segment": EVERYBODY,
        "offer_type": "discount",
        "channels": list(CHANNELS),
        "placements": list(SCREENS),
        "creatives": [saving(discount_cents, coupon.category)],
    }
