"""Features of a few views, written down once: what a bundle in the field was taught them to be.

``frozen_features.json`` holds them. To renew it, after a change that was meant:

    python -m tests.models.frozen

A change of what a feature means makes every bundle already made wrong, silently, as long as its name
stays: give the feature another name (a bundle made for other names is refused), and train anew.
"""

import json
from pathlib import Path

import numpy as np

from models.features.features import FEATURES, build, shared_features
from models.features.profile import Profile
from models.features.request import ModelRequest, no_items
from models.items import Items
from models.moment import Moment
from models.promoted import promoted_of
from models.statistics.promotion_lift import PromotionLifts
from models.statistics.tables import STATS, Tables
from models.statistics.trend import PARTS, StoreTrend

FILE = Path(__file__).with_name("frozen_features.json")
TODAY = 17_303
KEYS = np.arange(10, 22, dtype=np.int64)
ASKED = np.array([10, 11, 14, 21, 99], np.int64)
_SIZE = len(KEYS)

Rows = dict[str, dict[str, float]]


def tables() -> Tables:
    """A chain of twelve items in four types and two categories, every number plain arithmetic."""
    at = np.arange(_SIZE)
    day = ((at % 5 + 1) / 50).astype(np.float32)
    stats = np.outer(at + 1, np.arange(1, len(STATS) + 1)) / 64
    angles = np.pi * at / _SIZE
    lists = np.stack([at[:6], at[6:]]).astype(np.int32)
    return Tables(
        items=_items(at),
        stats=stats.astype(np.float32),
        day=day,
        parts=np.stack([day * (part + 1) / 3 for part in range(PARTS)]).astype(np.float32),
        worth=(1 + at / 8).astype(np.float32),
        kin=np.stack([(at + 1) % _SIZE, (at + 5) % _SIZE], axis=1).astype(np.int32),
        kin_cosine=np.tile(np.array([0.5, 0.25], np.float32), (_SIZE, 1)),
        vectors=np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32),
        centres=np.array([[1, 0], [0, 1]], np.float32),
        lists=lists,
        list_rates=((lists + 1) / 32).astype(np.float32),
        lifts=_lifts(at),
    )


def _items(at: np.ndarray) -> Items:
    return Items(
        keys=KEYS,
        category=(at % 2).astype(np.int16),
        type=(at % 4).astype(np.int32),
        department=np.zeros(_SIZE, np.int16),
        price_cents=np.full(_SIZE, 250, np.int32),
        category_names=np.array(["A", "B"]),
        type_names=np.array(["K", "L", "M", "N"]),
        department_names=np.array(["D"]),
    )


def _lifts(at: np.ndarray) -> PromotionLifts:
    return PromotionLifts(
        display_words=np.array(["0", "2"]),
        mailer_words=np.array(["0", "A"]),
        lift=np.array([[0, 0.25], [0.5, 1]], np.float32),
        item_lift=(at / 16 - 0.25).astype(np.float32),
        share=(at / 32).astype(np.float32),
    )


def shopper() -> Profile:
    """Forty trips to two stores, one in four of unknown place; the last line is today's."""
    profile = Profile.empty()
    for trip in range(40):
        day = TODAY - 3 - 4 * trip - trip % 3
        for key in (10, 11 + trip % 2, 14 + 4 * (trip % 5 == 0), 99 if trip % 7 == 0 else 10):
            profile.record(key, day, place=trip % 4 % 3, promoted=(key + trip) % 3 == 0)
    profile.record(11, TODAY, place=1, promoted=True)
    return profile


def views() -> dict[str, ModelRequest]:
    """A view of every kind."""
    trend = StoreTrend.empty()
    for basket in range(60):
        trend.record(
            KEYS[basket % 7 :: 5], Moment(day=TODAY - 30 + basket // 2, hour=basket % 24)
        )
    told = promoted_of([(10, "2", "0"), (14, "2", "A"), (21, "new", "A"), (99, "2", "0")])
    known = ModelRequest(
        profile=shopper(),
        trend=trend,
        moment=Moment(day=TODAY, hour=18),
        basket=np.array([13, 98], np.int64),
        place=1,
        promoted=told,
    )
    saturday, sunday = (Moment(day=TODAY + days, hour=7) for days in (3, 4))
    return {
        "known, basket, promotions": known,
        "known, elsewhere, untold": ModelRequest(
            profile=shopper(), trend=trend, moment=sunday, basket=no_items(), place=2
        ),
        "stranger, basket": ModelRequest(
            profile=None, trend=trend, moment=sunday, basket=KEYS[:3], promoted=told
        ),
        "stranger": ModelRequest(profile=None, trend=StoreTrend.empty(), moment=sunday),
        "newcomer": ModelRequest(profile=Profile.empty(), trend=trend, moment=saturday),
    }


def features() -> dict[str, Rows]:
    """What is not nought, by view, key and feature."""
    chain = tables()
    found: dict[str, Rows] = {}
    for name, view in views().items():
        table = build(view, ASKED, chain, shared_features(view, chain, "frozen"))
        found[name] = {
            str(key): {
                feature: float(f"{value:.6g}")
                for feature, value in zip(FEATURES, row, strict=True)
                if value
            }
            for key, row in zip(ASKED.tolist(), table.tolist(), strict=True)
        }
    return found


if __name__ == "__main__":
    frozen = {"features": FEATURES, "views": features()}
    FILE.write_text(json.dumps(frozen, indent=1) + "\n")
