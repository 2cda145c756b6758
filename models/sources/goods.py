"""The products of a source that are goods: fuel, coupons and the untyped are left out.

``receipts`` and ``row_filter`` keep to these products; out of core they are the first table written.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.items import Items, Keys
from models.sources.parquet import CodedWords, Column, Words, read_columns, read_words
from models.sources.validation import ColumnKind, read_checked

_NOT_GOODS = frozenset(
    {"FUEL", "MISCELLANEOUS", "COUPON", "COUPON/MISC ITEMS", "COUPONS/STORE & MFG"}
)
# The widths of ``Items.category`` and ``Items.department``.
_NAMES_MAX = int(np.iinfo(np.int16).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTable:
    """Products that are goods with a type; ``brand`` and ``size`` (words or "") run parallel.

    ``product_ids`` run parallel too: the ids as the source spells them. ``untyped`` and ``others``
    (fuel, coupons) are the keys left out, ascending; ``repeated`` rows told a known product again.
    """

    items: Items
    brand: Words
    size: Words
    product_ids: Column
    untyped: Keys
    others: Keys
    repeated: int


def read_goods(path: Path) -> ProductTable:
    """The goods of ``products.parquet``, ascending by key; without prices, which receipts tell.

    Of several rows with one product the first counts. Raises ``SourceUnreadable``.
    """
    keys = read_checked(path, {"product_id": ColumnKind.ID})["product_id"]
    words = read_words(
        path, ["department", "product_category", "product_type", "brand", "package_size"]
    )
    known, first = np.unique(keys, return_index=True)
    untyped, other = _untyped(words)[first], _others(words)[first]
    rows = first[~untyped & ~other]
    department, category, kind = (
        _renumbered(words[name], rows)
        for name in ("department", "product_category", "product_type")
    )
    for name, (_, names) in (("department", department), ("product_category", category)):
        _refuse_too_many(path, name, len(names))
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
    return ProductTable(
        items=items,
        brand=brand,
        size=size,
        product_ids=read_columns(path, ["product_id"])["product_id"][rows],
        # Fuel without a type is fuel: each product is left out for one reason.
        untyped=known[untyped & ~other],
        others=known[other],
        repeated=len(keys) - len(known),
    )


def _untyped(words: dict[str, CodedWords]) -> npt.NDArray[np.bool_]:
    """Which rows tell no type: nothing, or nothing but blanks."""
    kind = words["product_type"]
    blank = np.array([not word.strip() for word in kind.words.tolist()], np.bool_)
    # The one more at the end answers for -1, an empty field.
    return np.append(blank, True)[kind.codes]


def _others(words: dict[str, CodedWords]) -> npt.NDArray[np.bool_]:
    """Which rows are fuel, coupons or the till's catch-all, in whatever case it is written."""
    found = np.zeros(len(words["department"].codes), np.bool_)
    for name in ("department", "product_category"):
        refused = [word.strip().upper() in _NOT_GOODS for word in words[name].words.tolist()]
        found |= np.append(np.array(refused, np.bool_), False)[words[name].codes]
    return found


def _refuse_too_many(path: Path, name: str, names: int) -> None:
    if names > _NAMES_MAX:
        raise SourceUnreadable(
            source=str(path),
            missing=f"{name} holds {names:,} different words, {_NAMES_MAX:,} at most",
            mend="give a coarser grouping of the products",
        )


def _spelled(coded: CodedWords, rows: npt.NDArray[np.intp]) -> Words:
    return np.append(coded.words, "")[coded.codes[rows]]


def _renumbered(
    coded: CodedWords, rows: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], Words]:
    """Codes in alphabetical order of their words, so that they do not hang on row order."""
    known, numbers = np.unique(_spelled(coded, rows), return_inverse=True)
    return numbers, known
