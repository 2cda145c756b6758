"""The source's coupon campaigns: which products, when, for whom, and what was redeemed.

Targeting was not random, so nothing about the effect of a campaign follows from these tables.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.items import Keys
from models.journey import Ints, seconds
from models.parquet import Column, data_folder, read_columns

_DAY_S = 86_400
_FILES = ("campaign_descriptions", "campaigns", "coupons", "coupon_redemptions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign, ``first_day``..``last_day`` local days since the epoch, both included.

    ``coupons``: (c,) coupon codes, each beside a product key in ``products`` (c,); a coupon may
    name many products. ``households``: whom it was sent to, ascending.
    """

    number: int
    first_day: int
    last_day: int
    coupons: Keys
    products: Keys
    households: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemptions:
    """Coupons handed in, by day: ``household``, ``coupon``, ``campaign`` and ``day``, shapes (r,)."""

    household: Ints
    coupon: Keys
    campaign: Ints
    day: Ints


def read_campaigns(source: str | Path) -> tuple[tuple[Campaign, ...], Redemptions]:
    """All campaigns by first day, and the redemptions; both empty if the source has none."""
    folder = data_folder(source)
    if not all((folder / f"{name}.parquet").is_file() for name in _FILES):
        nobody, nothing = np.empty(0, np.int32), np.empty(0, np.int64)
        return (), Redemptions(household=nobody, coupon=nothing, campaign=nobody, day=nobody)
    described, sent, coupons, redeemed = (
        read_columns(folder / f"{name}.parquet", columns)
        for name, columns in zip(_FILES, _COLUMNS, strict=True)
    )
    return _campaigns(described, sent, coupons), _redemptions(redeemed)


_COLUMNS = (
    ("campaign_id", "start_date", "end_date"),
    ("campaign_id", "household_id"),
    ("campaign_id", "coupon_upc", "product_id"),
    ("household_id", "coupon_upc", "campaign_id", "redemption_date"),
)


def _campaigns(
    described: dict[str, Column], sent: dict[str, Column], coupons: dict[str, Column]
) -> tuple[Campaign, ...]:
    first, last = (seconds(described[name]) // _DAY_S for name in ("start_date", "end_date"))
    found: list[Campaign] = []
    for row in np.lexsort((described["campaign_id"], first)).tolist():
        number = int(described["campaign_id"][row])
        own = coupons["campaign_id"] == number
        found.append(
            Campaign(
                number=number,
                first_day=int(first[row]),
                last_day=int(last[row]),
                coupons=coupons["coupon_upc"][own].astype(np.int64),
                products=coupons["product_id"][own].astype(np.int64),
                households=np.unique(
                    sent["household_id"][sent["campaign_id"] == number]
                ).astype(np.int32),
            )
        )
    return tuple(found)


def _redemptions(redeemed: dict[str, Column]) -> Redemptions:
    day = (seconds(redeemed["redemption_date"]) // _DAY_S).astype(np.int32)
    order = np.argsort(day, kind="stable")
    return Redemptions(
        household=redeemed["household_id"][order].astype(np.int32),
        coupon=redeemed["coupon_upc"][order].astype(np.int64),
        campaign=redeemed["campaign_id"][order].astype(np.int32),
        day=day[order],
    )
