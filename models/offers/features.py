"""The features of an offer for a shopper, defined once: training and serving call ``describe_offers``.

``redemption`` scores what ``describe_offers`` returns, ``examples`` learns from the same.

Only what lies before the day of the decision counts: trips, coupons handed in and redemptions of
that day or later change nothing. Columns stand in two groups: the graph takes log(1 + x) of the
first ``LOGGED_OFFER_FEATURES``; the others go in as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bundle.manifest import TensorSpec
from models.features.profile import TRIPS_REMEMBERED, Profile
from models.items import Items, Keys, positions_in
from models.offers.facts import OfferHistory, OfferTarget
from models.statistics.tables import Floats

_LOGGED = (
    "coupon_days",
    "coupon_days_60",
    "coupon_days_120",
    "coupons_60",
    "coupons_120",
    "coupon_since",
    "trips",
    "gap_days",
    "known_days",
    "item_trips",
    "item_lines",
    "category_since",
    "redeemed_alike",
    "offer_items",
)
_PLAIN = ("coupon_share_25", "item_rate_3", "type_rate", "type_cover")
OFFER_FEATURES = (*_LOGGED, *_PLAIN)
LOGGED_OFFER_FEATURES = len(_LOGGED)

# What the graph is given and what it answers.
OFFER_INPUTS = (TensorSpec(name="features", shape=("n", len(OFFER_FEATURES))),)
OFFER_OUTPUTS = (TensorSpec(name="chance", shape=("n",)),)

_AT = {name: column for column, name in enumerate(OFFER_FEATURES)}
_COUPON_HALF_LIVES_DAYS = (60, 120)
_TRIP_HALF_LIFE_DAYS = 90
# Beyond the year for which coupons are kept.
_NEVER_DAYS = 400
# What training has seen of anybody at most: a longer past must not carry a chance out of its range.
_YEAR_DAYS = 365
_TRIPS_MAX = 200
_LATEST_TRIPS = 25
_GAP_TRIPS = 10
# The usual gap of a shopper with fewer than two trips.
_GAP_UNKNOWN_DAYS = 60
_BEST_ITEMS = 3


def describe_offers(
    profile: Profile, aims: Sequence[OfferTarget], history: OfferHistory, items: Items, day: int
) -> Floats:
    """Features of each aim on local ``day``. Shape (n, len(OFFER_FEATURES)), float32; order is kept."""
    past = _Past.of(profile, items, day)
    table = np.zeros((len(aims), len(OFFER_FEATURES)), np.float32)
    for name, value in _habits(past, history, day).items():
        table[:, _AT[name]] = value
    redeemed = [_types_of(keys, items) for when, keys in history.redeemed if _counts(when, day)]
    for row, aim in enumerate(aims):
        alike = sum(bool(aim.types[types].any()) for types in redeemed)
        size = {"redeemed_alike": alike, "offer_items": len(aim.items)}
        for name, value in (_affinity(past, aim) | size).items():
            table[row, _AT[name]] = value
    return table


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """A profile before a day. n items; ``ages`` (t,) days ago of each remembered trip, newest first.

    ``type`` and ``category`` (n,): -1 = outside the vocabulary. ``rates`` (n,): share of trips with
    the item, the recent ones counting more; ``weights`` (64,) sum to one.
    """

    keys: Keys
    masks: npt.NDArray[np.uint64]
    type: npt.NDArray[np.int32]
    category: npt.NDArray[np.int32]
    rates: npt.NDArray[np.float64]
    ages: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    trips: int
    known_days: int

    @classmethod
    def of(cls, profile: Profile, items: Items, day: int) -> "_Past":
        fresh = sum(known >= day for known in profile.days)
        masks = (
            profile.masks >> np.uint64(fresh) if fresh < TRIPS_REMEMBERED else profile.masks * 0
        )
        kept = masks > 0
        keys, masks = profile.keys[kept], masks[kept]
        at = items.positions(keys)
        ages = day - np.array(profile.days[fresh:], np.int64)
        weights = np.zeros(TRIPS_REMEMBERED)
        weights[: len(ages)] = np.exp2(-ages / _TRIP_HALF_LIFE_DAYS)
        weights /= max(weights.sum(), 1e-3)
        trips = profile.trips - fresh
        return cls(
            keys=keys,
            masks=masks,
            # One more at the end, so that -1 reads something; what it reads is not used.
            type=np.where(at < 0, -1, np.append(items.type, 0)[at]),
            category=np.where(at < 0, -1, np.append(items.category, 0)[at]).astype(np.int32),
            rates=_bits(masks) @ weights,
            ages=ages,
            weights=weights,
            trips=min(trips, _TRIPS_MAX),
            known_days=min(day - profile.first_day, _YEAR_DAYS) if trips else 0,
        )


def _counts(when: int, day: int) -> bool:
    """Whether a coupon of the day ``when`` is past on ``day``, and no more than a year so."""
    return day - _YEAR_DAYS <= when < day


def _habits(past: _Past, history: OfferHistory, day: int) -> dict[str, float]:
    """What holds for every offer: the habit of using coupons, and of coming at all."""
    handed_in = day - np.array(
        [when for when in history.coupons if _counts(when, day)], np.int64
    )
    ages = np.unique(handed_in)
    latest = past.ages[:_LATEST_TRIPS]
    few = past.ages[:_GAP_TRIPS]
    found = {
        "coupon_days": len(ages),
        "coupon_since": int(ages[0]) if len(ages) else _NEVER_DAYS,
        "coupon_share_25": float(np.isin(latest, ages).mean()) if len(latest) else 0,
        "trips": past.trips,
        "gap_days": (few[-1] - few[0]) / (len(few) - 1) if len(few) > 1 else _GAP_UNKNOWN_DAYS,
        "known_days": past.known_days,
    }
    for life in _COUPON_HALF_LIVES_DAYS:
        found[f"coupon_days_{life}"] = float(np.exp2(-ages / life).sum())
        found[f"coupons_{life}"] = float(np.exp2(-handed_in / life).sum())
    return found


def _affinity(past: _Past, aim: OfferTarget) -> dict[str, float]:
    """How much of the offer the shopper buys anyway: its items, their types, their categories."""
    own = positions_in(aim.items, past.keys) >= 0
    # -1, of what the vocabulary lacks, reads the False at the end.
    kinds = np.append(aim.types, False)[past.type]
    shelves = np.append(aim.categories, False)[past.category]
    item, kind, shelf = (
        _bits(np.bitwise_or.reduce(past.masks[rows], keepdims=True))[0]
        for rows in (own, kinds, shelves)
    )
    rates = np.sort(past.rates[own])[::-1]
    return {
        "item_trips": int(item.sum()),
        "item_lines": int(np.bitwise_count(past.masks[own]).sum()),
        "item_rate_3": float(rates[:_BEST_ITEMS].sum()),
        "type_rate": float(kind @ past.weights),
        "type_cover": len(np.unique(past.type[kinds])) / max(int(aim.types.sum()), 1),
        "category_since": float(past.ages[shelf.argmax()]) if shelf.any() else _NEVER_DAYS,
    }


def _types_of(keys: Keys, items: Items) -> npt.NDArray[np.int32]:
    at = items.positions(keys)
    return items.type[at[at >= 0]]


def _bits(masks: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """One column a remembered trip, newest first. Shape (n, 64)."""
    octets = masks.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, bitorder="little").astype(np.float64)
