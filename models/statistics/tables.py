"""What the chain knows of items, frozen at the end of the training window: a bundle's arrays.

``tabulate`` makes them, a bundle carries them, and features, strategies and shortlists look everything up in
them.

Nothing here belongs to a person: neighbourhoods hold at least ``crowd`` households each, and an
item is in a neighbourhood's list only if several of its households buy it.
"""

import io
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import BundleRefused
from models.items import UNKNOWN, Items, Keys, Positions
from models.statistics.npz_reader import read_arrays
from models.statistics.promotion_lift import PromotionLifts
from models.statistics.trend import PARTS, TrendPrior

Floats = npt.NDArray[np.float32]

# Columns of Tables.stats, all float32; shares are per thousand trips. The first four range widely:
# the graph takes their log.
LOGGED_STATS = 4
STATS = (
    "item_share",
    "item_gap",
    "item_price_level",
    "type_share",
    "item_recent",
    "item_repeat",
    "item_reach",
    "type_repeat",
)


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Frozen arrays; V items, T types, C categories, K neighbourhoods, D dimensions.

    ``stats`` (V, 8) float32, columns ``STATS``. ``day`` (V,), ``parts`` (5, V): shares of trips.
    ``kin`` (V, m) int32 positions of the items most often in the same basket, -1 = none, and
    ``kin_cosine`` (V, m). ``vectors`` (V, D) and ``centres`` (K, D) unit float32.
    ``lists`` (K, l) int32 positions, -1 = none, and ``list_rates`` (K, l): share of the
    neighbourhood's trips. ``worth`` (V,): how much an item says about its buyer. ``lifts``: what
    promotions did.
    """

    items: Items
    stats: Floats
    day: Floats
    parts: Floats
    worth: Floats
    kin: Positions
    kin_cosine: Floats
    vectors: Floats
    centres: Floats
    lists: Positions
    list_rates: Floats
    lifts: PromotionLifts

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def prior(self) -> TrendPrior:
        """The shares a store's trend leans on."""
        return TrendPrior(keys=self.items.keys, day=self.day, parts=self.parts)

    @cached_property
    def kinds(self) -> npt.NDArray[np.int32]:
        """Type of each position, and of the unknown item, which has a type of its own."""
        return np.append(self.items.type, len(self.items.type_names)).astype(np.int32)

    @cached_property
    def categories(self) -> npt.NDArray[np.int32]:
        """Category of each position, and of the unknown item."""
        return np.append(self.items.category, len(self.items.category_names)).astype(np.int32)

    @cached_property
    def static(self) -> Floats:
        """``stats`` and a row of zeros for the unknown item. Shape (V + 1, 8)."""
        return np.vstack([self.stats, np.zeros((1, len(STATS)), np.float32)])

    @cached_property
    def promoted_share(self) -> Floats:
        """Part of an item's purchases that were made on promotion, 0 for the unknown item. (V + 1,)."""
        return np.append(self.lifts.share, np.float32(0))

    def to_bytes(self) -> bytes:
        """One npz file; equal tables give equal bytes."""
        arrays = {
            f"items_{part.name}": getattr(self.items, part.name) for part in fields(Items)
        }
        arrays |= {
            f"lifts_{part.name}": getattr(self.lifts, part.name)
            for part in fields(PromotionLifts)
        }
        for part in fields(self):
            if part.name not in {"items", "lifts"}:
                array = getattr(self, part.name)
                narrow = part.name in _NARROW
                arrays[part.name] = array.astype(np.float16) if narrow else array
        file = io.BytesIO()
        # numpy gives every entry the same date, so nothing of the clock is in the bytes.
        np.savez_compressed(file, allow_pickle=False, **arrays)
        return file.getvalue()


# Stored as float16: read with three digits at most, and a fifth of the size.
_NARROW = frozenset({"kin_cosine", "vectors", "centres", "list_rates"})
# Unpacked; a hundred thousand items need about half of it.
_BYTES_MAX = 128 * 1024 * 1024
_ITEM_KINDS = {
    "keys": "i8",
    "category": "i2",
    "type": "i4",
    "department": "i2",
    "price_cents": "i4",
}


def rounded(tables: Tables) -> Tables:
    """The tables as a reader of ``to_bytes`` sees them: what training must use too."""
    return read_tables(tables.to_bytes())


def read_tables(data: bytes) -> Tables:
    """Read ``to_bytes``' form. Raises ``BundleRefused``, reason ``tables``."""
    try:
        arrays = read_arrays(data, reason="tables", limit=_BYTES_MAX)
        items = Items(**{part.name: arrays.pop(f"items_{part.name}") for part in fields(Items)})
        lifts = PromotionLifts(
            **{part.name: arrays.pop(f"lifts_{part.name}") for part in fields(PromotionLifts)}
        )
        wide: dict[str, npt.NDArray[Any]] = {
            name: array.astype(np.float32) if array.dtype == np.float16 else array
            for name, array in arrays.items()
        }
        tables = Tables(items=items, lifts=lifts, **wide)
    except (KeyError, TypeError) as broken:
        raise BundleRefused(reason="tables", detail=str(broken)) from broken
    # In this order: the second measures by what the first has found to be sound.
    wrong = _misshapen(tables) or _flaw(tables)
    if wrong:
        raise BundleRefused(reason="tables", detail=wrong)
    return tables


def _misshapen(tables: Tables) -> str:
    """Which of the arrays that the others are measured by is of another kind; empty if none is."""
    measures: dict[str, tuple[npt.NDArray[np.generic], str, int]] = {
        "items.keys": (tables.items.keys, "i", 1),
        "items.type_names": (tables.items.type_names, "U", 1),
        "items.category_names": (tables.items.category_names, "U", 1),
        "items.department_names": (tables.items.department_names, "U", 1),
        "lifts.display_words": (tables.lifts.display_words, "U", 1),
        "lifts.mailer_words": (tables.lifts.mailer_words, "U", 1),
        "kin": (tables.kin, "i", 2),
        "lists": (tables.lists, "i", 2),
        "centres": (tables.centres, "f", 2),
    }
    for name, (array, kind, dimensions) in measures.items():
        if array.dtype.kind != kind or array.ndim != dimensions:
            return f"{name} is not of {dimensions} dimensions and kind {kind!r}"
    return "" if len(tables.kin) == len(tables.items) else "kin is not of every item"


def _flaw(tables: Tables) -> str:
    """What is wrong with the shapes, kinds or values; empty if nothing is."""
    items, size = tables.items, len(tables.items)
    shapes = {
        "stats": (size, len(STATS)),
        "day": (size,),
        "parts": (PARTS, size),
        "worth": (size,),
        "kin_cosine": tables.kin.shape,
        "vectors": (size, tables.centres.shape[-1]),
        "list_rates": tables.lists.shape,
        "lifts.lift": (len(tables.lifts.display_words), len(tables.lifts.mailer_words)),
        "lifts.item_lift": (size,),
        "lifts.share": (size,),
    }
    for name, shape in shapes.items():
        array: npt.NDArray[np.generic] = attrgetter(name)(tables)
        if array.shape != shape or array.dtype != np.float32 or not np.isfinite(array).all():
            return f"{name} is not a finite float32 array of shape {shape}"
    for name, kind in _ITEM_KINDS.items():
        column: npt.NDArray[np.generic] = getattr(items, name)
        if column.shape != (size,) or column.dtype != np.dtype(kind):
            return f"items.{name} is not {kind} of shape ({size},)"
    return _misplaced(tables)


def _misplaced(tables: Tables) -> str:
    items, size = tables.items, len(tables.items)
    if np.any(np.diff(items.keys) <= 0):
        return "items.keys do not ascend"
    if len(tables.centres) != len(tables.lists):
        return "centres and lists differ in number"
    reaches: dict[str, tuple[npt.NDArray[np.integer], int]] = {
        "kin": (tables.kin, size),
        "lists": (tables.lists, size),
        "items.type": (items.type, len(items.type_names)),
        "items.category": (items.category, len(items.category_names)),
    }
    for name, (array, end) in reaches.items():
        if array.size and (int(array.min()) < UNKNOWN or int(array.max()) >= end):
            return f"{name} points outside its table"
    return ""


def scattered(size: int, at: Positions, weights: Floats) -> Floats:
    """Sum ``weights`` by position; positions of -1 are dropped. Shape (size,), float32."""
    # Moved up by one, so that -1 falls into a place that is cut off.
    sums = np.bincount(at.ravel() + 1, weights.ravel(), minlength=size + 1)
    return sums[1 : size + 1].astype(np.float32)


def leading(values: Floats, n: int) -> Positions:
    """The positions of the ``n`` largest positive values, best first; ties by position."""
    at = np.flatnonzero(values > 0)
    # Only what may be among the first is sorted; equals of the last stay in, so that ties go by position.
    if len(at) > n > 0:
        worth = values[at]
        at = at[worth >= np.partition(worth, len(at) - n)[len(at) - n]]
    return at[np.argsort(-values[at], kind="stable")[:n]].astype(np.int32)


def positions_or_unknown(tables: Tables, keys: Keys) -> Positions:
    """Like ``items.positions``, with V instead of -1: the unknown item's row."""
    at = tables.items.positions(keys)
    at[at < 0] = len(tables)
    return at
