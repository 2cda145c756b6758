"""What can be bought: one 64-bit key a product, and the vocabulary a bundle knows.

Whatever names a product here holds its key; the edge makes keys of SKUs with ``item_key``.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Keys: TypeAlias = npt.NDArray[np.int64]
Positions: TypeAlias = npt.NDArray[np.int32]

# 18 digits stay below 2**60, so a number and a hash (bit 62 set) never meet.
_DIGITS_MAX = 18
_HASHED = 1 << 62

# Places are kept in 32 bits, and 0 is nowhere.
_PLACES = (1 << 32) - 2

UNKNOWN = -1


def item_key(sku: str) -> int:
    """The key of ``sku``: its number when it is up to 18 digits, else a stable 63-bit hash.

    Leading zeros do not count, so a GTIN padded to 14 digits keeps its key.
    """
    # isdigit alone also takes digits of other scripts, some of which int() refuses.
    if len(sku) <= _DIGITS_MAX and sku.isascii() and sku.isdigit():
        return int(sku)
    # Any text has a key, also half a character out of broken JSON.
    digest = hashlib.blake2b(sku.encode(errors="surrogatepass"), digest_size=8).digest()
    # Bit 63 stays clear: keys are kept as signed 64-bit numbers.
    return (int.from_bytes(digest) & (_HASHED - 1)) | _HASHED


def place_number(store: int) -> int:
    """The number of a store in a shopper's counters, from 1; ``store`` is its number or ``item_key``."""
    return store % _PLACES + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """The products a bundle was trained on, as parallel arrays sorted by key.

    Shapes: all ``(n,)``. ``category``, ``type`` and ``department`` index the name arrays
    (``<U`` strings); ``price_cents`` is the median price paid for one piece, in cents.
    """

    keys: Keys
    category: npt.NDArray[np.int16]
    type: npt.NDArray[np.int32]
    department: npt.NDArray[np.int16]
    price_cents: npt.NDArray[np.int32]
    category_names: npt.NDArray[np.str_]
    type_names: npt.NDArray[np.str_]
    department_names: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.keys)

    def only(self, rows: npt.NDArray[np.integer]) -> "Items":
        """The items of the ascending ``rows``, under the same names."""
        columns = ("keys", "category", "type", "department", "price_cents")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})

    def positions(self, keys: Keys) -> Positions:
        """Where each key stands in these arrays. Shape ``(len(keys),)``, int32, -1 = unknown."""
        return positions_in(self.keys, keys)


def positions_in(known: Keys, keys: Keys) -> Positions:
    """Positions of ``keys`` in the ascending array ``known``; -1 where a key is not in it."""
    if not len(known):
        return np.full(len(keys), UNKNOWN, np.int32)
    found = np.searchsorted(known, keys)
    # Past the end any row will do: the comparison below refuses it.
    found[found == len(known)] = 0
    return np.where(known[found] == keys, found, UNKNOWN).astype(np.int32)
