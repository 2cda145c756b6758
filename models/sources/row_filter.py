"""Which rows of the till are learnt from, and why the others are not.

``receipts`` calls it on every row; the command prints the counts of what was left out.

A broken table is refused; a broken row is left out and counted under one name of ``LEFT_OUT``. A sale
without a card is not broken: it is counted under the first name, and left out of habits alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from models.items import Keys
from models.sources.goods import ProductTable
from models.sources.validation import MISSING

# Wide enough for any grocer's line; the public data's largest, fuel apart, is 144 pieces.
PIECES_MAX = 10_000
# In the source's currency; in cents it still fits 32 bits.
VALUE_MAX = 20_000_000
# What lies outside was typed wrong, or is a clock that was never set.
_EARLIEST, _LATEST = date(1990, 1, 1), date(2100, 12, 31)

NO_CARD = "household-missing"

# Reasons, in the order in which a row is asked for them; one row counts once, and besides under ``NO_CARD``.
LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        NO_CARD: "a sale without a card: it counts for its store, and in nobody's habits",
        "date-unreadable": "no date, or none that can be read",
        "date-out-of-range": f"the line is from before {_EARLIEST.year} or after {_LATEST.year}",
        "store-missing": "no store, where other rows tell theirs",
        "basket-missing": "neither a card nor a basket tells what was bought together",
        "product-missing": "no product_id",
        "product-unknown": "products.parquet has no such product",
        "product-untyped": "the product has no type",
        "product-not-goods": "fuel, coupons and miscellaneous",
        "quantity-unreadable": "no quantity, or none that is a number",
        "quantity-not-positive": "no piece was bought: returns and corrections",
        "quantity-too-high": f"more than {PIECES_MAX:,} pieces in one line",
        "value-unreadable": "no sales_value, or none that is a number",
        "value-negative": "less than nothing was paid",
        "value-too-high": f"more than {VALUE_MAX:,} was paid for one line",
        "line-repeated": "household, basket, product, time, quantity and value are another line's",
        "product-repeated": "a row of products.parquet whose product_id an earlier row has",
        "product-nameless": "a row of products.parquet without a product_id",
    }
)

_DAY_S = 86_400
_EPOCH = date(1970, 1, 1)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TillRows:
    """Rows as the source has them, shapes (n,): ``second`` since the epoch, ``value`` in money.

    ``at``: the product's position among the goods, -1 = none of them. Gaps are ``MISSING``, in ``value`` NaN.
    """

    household: Keys
    store: Keys
    basket: Keys
    product: Keys
    at: npt.NDArray[np.int32]
    second: Keys
    quantity: Keys
    value: npt.NDArray[np.float64]


def filter_rows(rows: TillRows, goods: ProductTable) -> tuple[Keys, dict[str, int]]:
    """The row numbers kept, ascending, and how many rows were left out for which reason."""
    kept = np.ones(len(rows.at), np.bool_)
    counts: dict[str, int] = {}
    for reason, faulty in _faults(rows, goods):
        struck = kept & faulty
        found = int(np.count_nonzero(struck))
        if found:
            counts[reason] = found
            kept &= ~struck
    return np.flatnonzero(kept), counts


def _faults(rows: TillRows, goods: ProductTable) -> Iterator[tuple[str, Mask]]:
    yield "date-unreadable", rows.second == MISSING
    first, end = ((day - _EPOCH).days * _DAY_S for day in (_EARLIEST, _LATEST))
    yield "date-out-of-range", (rows.second < first) | (rows.second >= end + _DAY_S)
    yield "store-missing", rows.store == MISSING
    yield "basket-missing", (rows.household == MISSING) & (rows.basket == MISSING)
    yield "product-missing", rows.product == MISSING
    size = len(rows.at)
    # Only the rows that are no goods are looked up, and they are few.
    missing = np.flatnonzero(rows.at < 0)
    untyped = np.isin(rows.product[missing], goods.untyped)
    others = np.isin(rows.product[missing], goods.others)
    yield "product-unknown", _only(missing[~untyped & ~others], size)
    yield "product-untyped", _only(missing[untyped], size)
    yield "product-not-goods", _only(missing[others], size)
    yield "quantity-unreadable", rows.quantity == MISSING
    yield "quantity-not-positive", rows.quantity <= 0
    yield "quantity-too-high", rows.quantity > PIECES_MAX
    yield "value-unreadable", np.isnan(rows.value)
    yield "value-negative", rows.value < 0
    yield "value-too-high", rows.value > VALUE_MAX


def _only(rows: npt.NDArray[np.intp], size: int) -> Mask:
    mask = np.zeros(size, np.bool_)
    mask[rows] = True
    return mask
