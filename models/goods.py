"""The products of a source that are goods: fuel, coupons and the untyped are left out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.items import Items
from models.parquet import Coded, Words, read_columns, read_words

_NOT_GOODS = frozenset(
    {"FUEL", "MISCELLANEOUS", "COUPON", "COUPON/MISC ITEMS", "COUPONS/STORE & MFG"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Products that are goods with a type; ``brand`` and ``size`` (words or "") run parallel."""

    items: Items
    brand: Words
    size: Words


def read_goods(path: Path) -> Goods:
    """The goods of ``products.parquet``, ascending by key; without prices, which receipts tell."""
    keys = read_columns(path, ["product_id"])["product_id"].astype(np.int64)
    words = read_words(
        path, ["department", "product_category", "product_type", "brand", "package_size"]
    )
    goods = words["product_type"].codes >= 0
    for name in ("department", "product_category"):
        refused = np.flatnonzero(np.isin(words[name].words, list(_NOT_GOODS)))
        goods &= ~np.isin(words[name].codes, refused)
    rows = np.flatnonzero(goods)
    rows = rows[np.argsort(keys[rows], kind="stable")]
    department, category, kind = (
        _renumbered(words[name], rows)
        for name in ("department", "product_category", "product_type")
    )
    items = Items(
        keys=keys[rows],
        category=category[0].astype(np.int16),
        type=kind[0].astype(np.int32),
        department=department[0].astype(np.int16),
        price_cents=np.zeros(len(rows), np.int32),
        category_names=category[1],
        type_names=kind[1],
        department_names=department[1],
    )
    brand, size = (_spelled(words[name], rows) for name in ("brand", "package_size"))
    return Goods(items=items, brand=brand, size=size)


def _spelled(coded: Coded, rows: npt.NDArray[np.intp]) -> Words:
    return np.append(coded.words, "")[coded.codes[rows]]


def _renumbered(coded: Coded, rows: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], Words]:
    """Codes in alphabetical order of their words, so that they do not hang on row order."""
    known, numbers = np.unique(_spelled(coded, rows), return_inverse=True)
    return numbers, known
