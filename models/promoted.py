"""What a store has on display or in its mailer: known before a visit, so fair as context.

The edge's catalogue and ``sources.promotion_calendar`` both make it; features and lifts read it.

A promotion says where a product was shown, not who saw it: nothing causal follows from it.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.items import Keys, positions_in

Words = npt.NDArray[np.str_]

# How sources spell "not on display" and "not in the mailer".
NOT_PROMOTED = ("0", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """The promotions of one store on one day: each key once, ascending.

    Shapes (n,). ``display`` and ``mailer``: where, in the source's words; "0" = not there.
    ``memo`` holds what was derived for one bundle's tables.
    """

    keys: Keys
    display: Words
    mailer: Words
    memo: dict[Hashable, object] = field(default_factory=dict[Hashable, object], compare=False)

    def __len__(self) -> int:
        return len(self.keys)

    def holds(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Which of ``keys`` are promoted. Shape of ``keys``."""
        return positions_in(self.keys, keys) >= 0


def promoted_of(rows: list[tuple[int, str, str]]) -> Promoted:
    """The promotions of (key, display, mailer) rows; of several rows with one key the first counts."""
    found = dict[int, tuple[str, str]]()
    for key, display, mailer in rows:
        if not (display in NOT_PROMOTED and mailer in NOT_PROMOTED):
            found.setdefault(key, (display, mailer))
    keys = sorted(found)
    return Promoted(
        keys=np.array(keys, np.int64),
        display=np.array([found[key][0] for key in keys], np.str_),
        mailer=np.array([found[key][1] for key in keys], np.str_),
    )
