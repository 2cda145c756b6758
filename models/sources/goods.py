"""The products of a source that are goods: fuel and coupons are left out, and what has no type among the typed.

``receipts`` and ``row_filter`` keep to these products; out of core they are the first table written.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.items import Items, Keys
from models.sources.parquet import (
    CodedWords,
    Column,
    Words,
    column_names,
    read_columns,
    read_words,
)
from models.sources.validation import MISSING, ColumnKind, read_checked

_NOT_GOODS = frozenset(
    {"FUEL", "MISCELLANEOUS", "COUPON", "COUPON/MISC ITEMS", "COUPONS/STORE & MFG"}
)
# The widths of ``Items.category`` and ``Items.department``.
_NAMES_MAX = int(np.iinfo(np.int16).max)
_WORDS = ("department", "product_category", "product_type", "brand", "package_size")
# Where fewer products tell a type, the grocer does not sort by types, and one without is no oddity.
_TYPED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTable:
    """Products that are goods; ``brand`` and ``size`` (words or "") run parallel.

    ``product_ids`` run parallel too: the ids as the source spells them. ``untyped`` and ``others``
    (fuel, coupons) are the keys left out, ascending; ``repeated`` rows told a known product again, and
    ``nameless`` rows none.
    """

    items: Items
    brand: Words
    size: Words
    product_ids: Column
    untyped: Keys
    others: Keys
    repeated: int
    nameless: int


def read_goods(path: Path) -> ProductTable:
    """The goods of ``products.parquet``, ascending by key; without prices, which receipts tell.

    Words may be missing, whole columns of them too; where fewer than half of the products tell a type,
    those without share one. Of several rows with one product the first counts. Raises ``SourceUnreadable``.
    """
    keys = read_checked(path, {"product_id": ColumnKind.ID}, may_have_gaps=True)["product_id"]
    words = _words(path, len(keys))
    known, first = np.unique(keys, return_index=True)
    # The least of all numbers, so it comes first.
    nameless = int(np.count_nonzero(keys == MISSING))
    known, first = known[nameless > 0 :], first[nameless > 0 :]
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
        repeated=len(keys) - nameless - len(known),
        nameless=nameless,
    )


def _words(path: Path, rows: int) -> dict[str, CodedWords]:
    told = column_names(path).intersection(_WORDS)
    nothing = CodedWords(codes=np.full(rows, -1, np.int32), words=np.empty(0, np.str_))
    return {**dict.fromkeys(_WORDS, nothing), **read_words(path, sorted(told))}


def _untyped(words: dict[str, CodedWords]) -> npt.NDArray[np.bool_]:
    """Which rows tell no type, nothing or nothing but blanks, in a table where most do."""
    kind = words["product_type"]
    blank = np.array([not word.strip() for word in kind.words.tolist()], np.bool_)
    # The one more at the end answers for -1, an empty field.
    untyped: npt.NDArray[np.bool_] = np.append(blank, True)[kind.codes]
    return untyped if untyped.mean() <= 1 - _TYPED else np.zeros_like(untyped)


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
