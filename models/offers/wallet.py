"""One shopper's own coupons as a store keeps them: for a year, in few bytes, in one spelling.

``edge.state.customers`` keeps one a customer, ``edge.storage`` its bytes; requests carry its history to
``features``.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np

from models.offers.facts import OfferHistory

# The features look back a year; so long a store remembers.
KEPT_DAYS = 365

# Far above what anybody uses. Of more the newest are kept, and of an offer on more items the lowest keys.
_DAYS_MAX = 366
_REDEEMED_MAX = 64
_ITEMS_MAX = 200

Redeemed = tuple[int, tuple[int, ...]]
"""A local day, and the keys of the items that the offer was good for, ascending."""


class WalletUnreadable(ValueError):
    """The bytes are no wallet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """``counted``: (local day, coupons of any kind that the till counted), ascending by day.

    ``redeemed``: offers known to be redeemed, ascending; the same one twice on a day is one.
    """

    counted: tuple[tuple[int, int], ...] = ()
    redeemed: tuple[Redeemed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.counted or self.redeemed)

    @property
    def history(self) -> OfferHistory:
        """What the features are made from."""
        keys = ((day, np.array(items, np.int64)) for day, items in self.redeemed)
        return OfferHistory.of(dict(self.counted), keys)

    def counting(self, day: int, coupons: int) -> "Wallet":
        """With so many more coupons handed in on local ``day``."""
        return _kept(Counter(dict(self.counted)) + Counter({day: coupons}), self.redeemed, day)

    def redeeming(self, day: int, items: Iterable[int]) -> "Wallet":
        """With an offer on ``items`` redeemed on local ``day``."""
        one = (day, tuple(sorted(set(items))[:_ITEMS_MAX]))
        return _kept(Counter(dict(self.counted)), (*self.redeemed, one), day)

    def returning(self, day: int, items: Iterable[int]) -> "Wallet":
        """Without an offer on ``items`` that was redeemed on local ``day`` and is not any more."""
        gone = (day, tuple(sorted(set(items))[:_ITEMS_MAX]))
        return _kept(
            Counter(dict(self.counted)), (one for one in self.redeemed if one != gone), 0
        )

    def with_all_of(self, other: "Wallet") -> "Wallet":
        """What either knows; of a day that both counted, the larger count."""
        counted = Counter(dict(self.counted)) | Counter(dict(other.counted))
        # No day of its own: the latest that either knows says what is too old.
        return _kept(counted, (*self.redeemed, *other.redeemed), 0)

    def to_bytes(self) -> bytes:
        """JSON; equal wallets give equal bytes."""
        told = {"counted": self.counted, "redeemed": self.redeemed}
        return json.dumps(told, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Wallet":
        """Read ``to_bytes``' form. Raises ``WalletUnreadable``."""
        try:
            told = cast("dict[str, list[list[int]]]", json.loads(data))
            redeemed = cast("list[tuple[int, list[int]]]", told["redeemed"])
            return cls(
                counted=tuple((int(day), int(count)) for day, count in told["counted"]),
                redeemed=tuple((int(day), tuple(map(int, keys))) for day, keys in redeemed),
            )
        except (ValueError, LookupError, TypeError) as error:
            raise WalletUnreadable(f"no wallet: {error}") from error


def _kept(counted: Counter[int], redeemed: Iterable[Redeemed], day: int) -> Wallet:
    """A wallet without what is more than a year before its latest day, or before ``day``."""
    known = sorted(set(redeemed))
    latest = max([day, *counted, *(when for when, _ in known)])
    since = latest - KEPT_DAYS
    days = sorted((when, count) for when, count in counted.items() if when >= since)
    return Wallet(
        counted=tuple(days[-_DAYS_MAX:]),
        redeemed=tuple([one for one in known if one[0] >= since][-_REDEEMED_MAX:]),
    )
