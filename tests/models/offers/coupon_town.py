"""The made-up town with seven coupon campaigns: one household in four uses coupons at all.

A campaign names sixteen items that one third of the households buys; those who use coupons redeem
one if they buy such things anyway.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.sources.journey import seconds
from models.sources.parquet import read_columns, write_columns
from tests.models.town import FIRST_DAY, HOUSEHOLDS, build_town

CAMPAIGNS = 7
STARTS = tuple(FIRST_DAY + 42 + 14 * number for number in range(CAMPAIGNS))
LENGTH_DAYS = 20
LAST_DAY = STARTS[-1] + LENGTH_DAYS
_COLUMNS = (
    "household_id store_id basket_id product_id quantity sales_value week transaction_timestamp"
)
_DAY_S = 86_400
_UTC_S = 5 * 3600


def build_coupon_town(
    folder: Path, *, changed_after: int | None = None, on_receipts: bool = True
) -> Path:
    """Write all six tables. After local day ``changed_after`` items and all coupons are others."""
    build_town(folder, shuffle_after_day=changed_after)
    draw = np.random.default_rng(3)
    lines = read_columns(folder / "transactions.parquet", _COLUMNS.split())
    day = (seconds(lines["transaction_timestamp"]) - _UTC_S) // _DAY_S
    clips: npt.NDArray[np.bool_] = (lines["household_id"] % 4 == 0) & (
        draw.random(len(day)) < 0.15
    )
    if changed_after is not None:
        late = day > changed_after
        clips = np.where(late, ~clips, clips)
    if on_receipts:
        lines["coupon_disc"] = np.where(clips, 0.5, 0.0)
    write_columns(folder / "transactions.parquet", lines)
    _write_campaigns(folder)
    _write_redemptions(folder, changed_after)
    return folder


def _write_campaigns(folder: Path) -> None:
    numbers = np.arange(CAMPAIGNS)
    first = np.array(STARTS, "datetime64[D]").astype("datetime64[s]")
    write_columns(
        folder / "campaign_descriptions.parquet",
        {
            "campaign_id": numbers,
            "start_date": first,
            "end_date": first + np.timedelta64(LENGTH_DAYS, "D"),
        },
    )
    write_columns(
        folder / "campaigns.parquet",
        {
            "campaign_id": np.repeat(numbers, HOUSEHOLDS),
            "household_id": np.tile(np.arange(1, HOUSEHOLDS + 1), CAMPAIGNS),
        },
    )
    group = np.repeat(numbers % 3, 16)
    write_columns(
        folder / "coupons.parquet",
        {
            "coupon_upc": 5000 + group,
            "product_id": 100 + 16 * group + np.tile(np.arange(16), CAMPAIGNS),
            "campaign_id": np.repeat(numbers, 16),
        },
    )


def _write_redemptions(folder: Path, changed_after: int | None) -> None:
    draw = np.random.default_rng(4)
    rows: list[tuple[int, int, int, int]] = []
    for number, start in enumerate(STARTS):
        for household in range(1, HOUSEHOLDS + 1):
            chance = 0.05 + 0.5 * (household % 4 == 0) + 0.35 * (household % 3 == number % 3)
            day = start + int(draw.integers(1, 14))
            took = draw.random() < chance
            if changed_after is not None and day > changed_after:
                took = not took
            if took:
                rows.append((household, 5000 + number % 3, number, day))
    household_id, coupon_upc, campaign_id, days = (
        np.array(part) for part in zip(*rows, strict=True)
    )
    write_columns(
        folder / "coupon_redemptions.parquet",
        {
            "household_id": household_id,
            "coupon_upc": coupon_upc,
            "campaign_id": campaign_id,
            "redemption_date": days.astype("datetime64[D]").astype("datetime64[s]"),
        },
    )
