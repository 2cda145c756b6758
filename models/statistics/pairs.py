"""Which items belong together in this store: counted basket by basket, from the first one on.

The edge records every paid basket in a ``PairCounts``; decisions read a ``KnownPairs`` of it, from which
``local_tables`` makes the tables of a store that has no bundle. What is looked at together in one sitting at a screen
is counted the same way in another one, for the strategy ``also_viewed``.

Only what at least ``SEEN_IN`` different baskets held together is known of: a rarer pair could point at whoever
bought it. What is rarer waits in a row of bounded length, is read by nobody, and is the first to go.
Every count is a lower bound: what a full row forgets is counted anew, never guessed.
"""

import hashlib
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Self

import numpy as np
import numpy.typing as npt

from models.items import UNKNOWN, Keys, Positions, positions_in
from models.statistics.tables import Floats

Counts = npt.NDArray[np.int64]

# A pair of fewer baskets than this is neither used nor in a snapshot.
SEEN_IN = 3

# Partners that a row keeps when it is full, and with how many it is full.
_KEPT, _FULL = 24, 48
# Of each item so many partners are known of.
_KNOWN = 16
# A cosine from few baskets is mostly luck: so many baskets without the pair are added to it.
_DOUBT = 3.0
# More items than this are not counted: 8,192 rows of 48 partners are some 35 MB.
_ITEMS_MAX = 8_192
# Of a larger basket only so many: the pairs grow with the square.
_BASKET_MAX = 40
# After so many baskets all counts are halved, so that what was usual years ago fades.
_HALVED_AT = 20_000

# Decisions see new counts after ten baskets, and then with each quarter more, or on a new day.
_EDITION_MIN, _GROWTH = 10, 4

_MAGIC = b"SPC1"
_HEADER = struct.Struct("<4sII")
_PAIR = np.dtype([("key", "<i8"), ("partner", "<i8"), ("together", "<u4")])
_STATE = struct.Struct("<IIII")
_PARTNER = "qI"


class PairsUnreadable(ValueError):
    """The bytes are no counts of pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPairs:
    """Pairs that enough baskets held, both ways round; n items, p pairs.

    ``keys`` (n,) ascending and ``counts`` (n,): in how many of ``baskets`` each was. ``one`` and ``other`` (p,):
    positions in ``keys``; ``together`` (p,): in how many baskets both were. ``digest`` names it all; ``memo`` holds
    what was derived from it.
    """

    digest: str
    baskets: int
    keys: Keys
    counts: Counts
    one: Positions
    other: Positions
    together: Counts
    memo: dict[object, object] = field(default_factory=dict[object, object], compare=False)

    def cosines(self) -> Floats:
        """How near each pair is, 0..1, less where few baskets tell it. Shape (p,)."""
        mine, theirs = self.counts[self.one], self.counts[self.other]
        near: Floats = (self.together / np.sqrt((mine + _DOUBT) * (theirs + _DOUBT))).astype(
            np.float32
        )
        return near


def known_pairs(data: bytes) -> KnownPairs:
    """Read what ``PairCounts.to_bytes`` wrote. Raises ``PairsUnreadable``."""
    if len(data) < _HEADER.size:
        raise PairsUnreadable(f"{len(data)} bytes is shorter than a header")
    magic, baskets, size = _HEADER.unpack_from(data)
    if magic != _MAGIC or len(data) != _HEADER.size + size * _PAIR.itemsize:
        raise PairsUnreadable(f"{len(data)} bytes are no counts of pairs")
    rows = np.frombuffer(data, _PAIR, size, _HEADER.size)
    single = rows["key"] == rows["partner"]
    keys = rows["key"][single].astype(np.int64)
    if np.any(np.diff(keys) <= 0):
        raise PairsUnreadable("its items do not ascend")
    one = positions_in(keys, rows["key"][~single])
    other = positions_in(keys, rows["partner"][~single])
    told = (one >= 0) & (other >= 0)
    one, other, together = one[told], other[told], rows["together"][~single][told]
    # Each row is a lower bound of its own: of the two of a pair the higher one is nearer.
    low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other)
    pair, at = np.unique(low * max(len(keys), 1) + high, return_inverse=True)
    most = np.zeros(len(pair), np.int64)
    np.maximum.at(most, at, together)
    low, high = pair // max(len(keys), 1), pair % max(len(keys), 1)
    return KnownPairs(
        digest=hashlib.sha256(data).hexdigest(),
        baskets=baskets,
        keys=keys,
        counts=rows["together"][single].astype(np.int64),
        one=np.concatenate([low, high]).astype(np.int32),
        other=np.concatenate([high, low]).astype(np.int32),
        together=np.concatenate([most, most]),
    )


class PairCounts:
    """The counts of one store. ``edition`` grows when decisions are to see new ones."""

    def __init__(self) -> None:
        """No basket is counted yet."""
        self.edition = 0
        self.day = 0
        self.baskets = 0
        self._waiting = 0
        self._items: dict[int, int] = {}
        self._partners: dict[int, dict[int, int]] = {}
        # What ``to_bytes`` says of each item, made anew where its row has changed since.
        self._told: dict[int, bytes] = {}
        self._touched: set[int] = set()
        self._unsaved: set[int] = set()

    def record(self, keys: Keys, day: int) -> None:
        """Count a paid basket of a local day; each item counts once."""
        self._add(_chosen(keys.tolist()))
        self.baskets += 1
        self._waiting += 1
        if self.baskets >= _HALVED_AT:
            self._halve()
        if self._waiting >= _EDITION_MIN and (
            day > self.day or self._waiting * _GROWTH >= self.baskets
        ):
            self.publish(day)

    def correct(self, before: Collection[int], after: Collection[int]) -> None:
        """A counted basket turned out to hold ``after``, not ``before``; empty = it is none (any more).

        Exact while its pairs are remembered: of what has been forgotten since nothing is taken.
        """
        self._take(_chosen(before))
        self._add(_chosen(after))
        self.baskets = max(0, self.baskets + bool(after) - bool(before))
        # Numbers that decisions have read change with a new edition.
        self.publish(self.day)

    def publish(self, day: int) -> None:
        """Let decisions see all that is counted; ``day``: of the latest basket."""
        self.day = max(self.day, day)
        self._waiting = 0
        self.edition += 1

    def to_bytes(self) -> bytes:
        """What may be known, in canonical form: equal counts give equal bytes."""
        for key in self._touched:
            row = self._told_of(key)
            if row:
                self._told[key] = row
            else:
                self._told.pop(key, None)
        self._touched.clear()
        body = b"".join(self._told[key] for key in sorted(self._told))
        return _HEADER.pack(_MAGIC, self.baskets, len(body) // _PAIR.itemsize) + body

    def changed(self) -> dict[int, bytes]:
        """Rows to be stored since this was last asked, by item; an empty one is to be let go.

        Under ``UNKNOWN`` stands the state of the whole.
        """
        rows = {key: self._row(key) for key in self._unsaved}
        self._unsaved.clear()
        rows[UNKNOWN] = _STATE.pack(self.edition, self.day, self.baskets, self._waiting)
        return rows

    @classmethod
    def from_rows(cls, rows: Mapping[int, bytes]) -> Self:
        """The counts that ``changed`` told of. Raises ``PairsUnreadable``."""
        found = cls()
        try:
            for key, body in rows.items():
                if key == UNKNOWN:
                    state = _STATE.unpack(body)
                    found.edition, found.day, found.baskets, found._waiting = state
                else:
                    count, *pairs = struct.unpack(f"<I{(len(body) - 4) // 12 * _PARTNER}", body)
                    found._items[key] = count
                    found._partners[key] = dict(zip(pairs[::2], pairs[1::2], strict=True))
        except struct.error as broken:
            raise PairsUnreadable(str(broken)) from broken
        found._touched = set(found._items)
        return found

    def _add(self, keys: Iterable[int]) -> None:
        items, partners = self._items, self._partners
        held = list[int]()
        for key in keys:
            # A new item finds no room in a full store until some have faded.
            if key in items or len(items) < _ITEMS_MAX:
                items[key] = items.get(key, 0) + 1
                held.append(key)
        for key in held:
            row = partners.setdefault(key, {})
            for other in held:
                if other != key:
                    row[other] = row.get(other, 0) + 1
            if len(row) > _FULL:
                partners[key] = _strongest(row)
        self._note(held)

    def _take(self, keys: Iterable[int]) -> None:
        held = [key for key in keys if key in self._items]
        for key in held:
            self._items[key] -= 1
            row = self._partners[key]
            for other in held:
                if other in row:
                    row[other] -= 1
                    if not row[other]:
                        del row[other]
            self._drop_if_gone(key)
        self._note(held)

    def _halve(self) -> None:
        self.baskets //= 2
        for key in list(self._items):
            self._items[key] //= 2
            halved = {other: n // 2 for other, n in self._partners[key].items()}
            self._partners[key] = {other: n for other, n in halved.items() if n}
            self._note((key,))
            self._drop_if_gone(key)

    def _drop_if_gone(self, key: int) -> None:
        if self._items[key] <= 0:
            del self._items[key], self._partners[key]

    def _note(self, keys: Iterable[int]) -> None:
        self._touched.update(keys)
        self._unsaved.update(keys)

    def _row(self, key: int) -> bytes:
        if key not in self._items:
            return b""
        row = self._partners[key]
        flat = [number for pair in row.items() for number in pair]
        return struct.pack(f"<I{len(row) * _PARTNER}", self._items[key], *flat)

    def _told_of(self, key: int) -> bytes:
        """The item and its strongest partners, as far as enough baskets held both."""
        row = self._partners.get(key, {})
        known = sorted((-n, other) for other, n in row.items() if n >= SEEN_IN)[:_KNOWN]
        if self._items.get(key, 0) < SEEN_IN:
            return b""
        rows = [(key, key, self._items[key]), *((key, other, -n) for n, other in known)]
        return np.array(rows, _PAIR).tobytes()


def _chosen(keys: Collection[int]) -> list[int]:
    """Each item once; of a huge basket the same forty each time, whatever their numbers mean."""
    found = sorted(set(keys))
    if len(found) > _BASKET_MAX:
        found = sorted(found, key=_shuffled)[:_BASKET_MAX]
    return found


def _shuffled(key: int) -> bytes:
    return hashlib.blake2b(key.to_bytes(8, "little", signed=True), digest_size=8).digest()


def _strongest(row: dict[int, int]) -> dict[int, int]:
    """The partners of most baskets, of equals the latest met; in the order in which they were met."""
    place = {other: number for number, other in enumerate(row)}
    first = sorted(row, key=lambda other: (-row[other], -place[other]))
    kept = set(islice(first, _KEPT))
    return {other: n for other, n in row.items() if other in kept}


NO_PAIRS = known_pairs(PairCounts().to_bytes())
"""Of a store that has sold nothing yet."""
