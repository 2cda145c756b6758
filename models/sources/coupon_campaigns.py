"""The source's coupon campaigns: which products, when, for whom, and what was redeemed.

``offers.examples`` reads them to learn who redeems.

Targeting was not random, so nothing about the effect of a campaign follows from these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.items import Keys
from models.sources.parquet import Column, data_folder, has_table
from models.sources.validation import ColumnKind, read_checked
from models.sources.weeks import Ints

_DAY_S = 86_400
_DESCRIBED = "campaign_descriptions.parquet"
_SENT = "campaigns.parquet"
_COUPONS = "coupons.parquet"
_REDEEMED = "coupon_redemptions.parquet"
_COLUMNS: Mapping[str, Mapping[str, ColumnKind]] = {
    _DESCRIBED: {
        "campaign_id": ColumnKind.ID,
        "start_date": ColumnKind.MOMENT,
        "end_date": ColumnKind.MOMENT,
    },
    _SENT: {"campaign_id": ColumnKind.ID, "household_id": ColumnKind.ID},
    _COUPONS: {
        "campaign_id": ColumnKind.ID,
        "coupon_upc": ColumnKind.ID,
        "product_id": ColumnKind.ID,
    },
    _REDEEMED: {
        "household_id": ColumnKind.ID,
        "coupon_upc": ColumnKind.ID,
        "campaign_id": ColumnKind.ID,
        "redemption_date": ColumnKind.MOMENT,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponCampaign:
    """One campaign, ``first_day``..``last_day`` local days since the epoch, both included.

    ``coupons``: (c,) coupon codes, each beside a product key in ``products`` (c,); a coupon may
    name many products. ``households``: whom it was sent to, ascending.
    """

    number: int
    first_day: int
    last_day: int
    coupons: Keys
    products: Keys
    households: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemptions:
    """Coupons handed in, by day: ``household``, ``coupon``, ``campaign`` and ``day``, shapes (r,)."""

    household: Keys
    coupon: Keys
    campaign: Keys
    day: Ints


def read_campaigns(source: str | Path) -> tuple[tuple[CouponCampaign, ...], Redemptions]:
    """All campaigns by first day, and the redemptions; both empty unless all four tables are there.

    A table without rows is a table. Raises ``SourceUnreadable``.
    """
    folder = data_folder(source)
    if not all(has_table(folder / name) for name in _COLUMNS):
        nothing, nowhen = np.empty(0, np.int64), np.empty(0, np.int32)
        return (), Redemptions(household=nothing, coupon=nothing, campaign=nothing, day=nowhen)
    tables = {
        name: read_checked(folder / name, kinds, may_be_empty=True)
        for name, kinds in _COLUMNS.items()
    }
    campaigns = _campaigns(tables[_DESCRIBED], tables[_SENT], tables[_COUPONS])
    return campaigns, _redemptions(tables[_REDEEMED])


def _campaigns(
    described: dict[str, Column], sent: dict[str, Column], coupons: dict[str, Column]
) -> tuple[CouponCampaign, ...]:
    # Campaigns are told by date, and a date is a local day already: no offset.
    first, last = (described[name] // _DAY_S for name in ("start_date", "end_date"))
    found: list[CouponCampaign] = []
    for row in np.lexsort((described["campaign_id"], first)).tolist():
        number = int(described["campaign_id"][row])
        own = coupons["campaign_id"] == number
        found.append(
            CouponCampaign(
                number=number,
                first_day=int(first[row]),
                last_day=int(last[row]),
                coupons=coupons["coupon_upc"][own],
                products=coupons["product_id"][own],
                households=np.unique(sent["household_id"][sent["campaign_id"] == number]),
            )
        )
    return tuple(found)


def _redemptions(redeemed: dict[str, Column]) -> Redemptions:
    day = (redeemed["redemption_date"] // _DAY_S).astype(np.int32)
    order = np.argsort(day, kind="stable")
    return Redemptions(
        household=redeemed["household_id"][order],
        coupon=redeemed["coupon_upc"][order],
        campaign=redeemed["campaign_id"][order],
        day=day[order],
    )
