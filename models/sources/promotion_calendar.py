"""A source's promotions by store and week, and what one store promotes on a day.

``journey`` reads it beside the receipts; features and lifts ask it what was promoted.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.items import Keys, positions_in
from models.promoted import NOT_PROMOTED, Promoted, Words
from models.sources.parquet import CodedWords, has_table, read_words
from models.sources.validation import ColumnKind, read_checked
from models.sources.weeks import Ints

# About 80 bytes a row at the peak, so below 5 GB.
ROWS_MAX = 60_000_000

# A week's number is that of its store times this, plus its own.
_WEEKS = 1 << 20
# Places of a display or mailer are kept in one byte.
_WORDS_MAX = 255

Codes = npt.NDArray[np.uint8]
# Stands in an error instead of a file's name.
_OWN = Path("promotions")
_COLUMNS = {"product_id": ColumnKind.ID, "store_id": ColumnKind.ID, "week": ColumnKind.WEEK}


@dataclass(frozen=True, kw_only=True)
class PromotionCalendar:
    """All promotions, in the order of cell (store and week), then item.

    Of a product told twice for a week the first place by alphabet counts.

    ``stores`` (s,) ascending. ``cells`` (c,) ascending and ``bounds`` (c + 1,): whose rows begin where.
    ``item`` (r,) indexes ``items``; ``display`` and ``mailer`` (r,) index the words, whose first is "0".
    """

    items: Keys
    stores: Keys
    cells: Keys
    bounds: Keys
    item: Ints
    display: Codes
    mailer: Codes
    display_words: Words
    mailer_words: Words

    def __len__(self) -> int:
        return len(self.item)

    def cell(self, store: Keys, week: Keys | Ints) -> Keys:
        """The row in ``cells`` of each store's week; -1 = nothing is told of it. Shapes (n,)."""
        at = positions_in(self.stores, store).astype(np.int64)
        return np.where(at >= 0, positions_in(self.cells, at * _WEEKS + week), -1)

    def codes(self, cell: Keys, item: Keys | Ints) -> tuple[Codes, Codes]:
        """Display and mailer of each item in its cell, 0 = not there. Shapes (n,)."""
        row = positions_in(
            self._numbers, np.where(cell >= 0, cell * len(self.items) + item, -1)
        )
        if not len(self):
            return np.zeros(len(row), np.uint8), np.zeros(len(row), np.uint8)
        return (
            np.where(row >= 0, self.display[row], 0).astype(np.uint8),
            np.where(row >= 0, self.mailer[row], 0).astype(np.uint8),
        )

    def on(self, store: int, week: int) -> Promoted | None:
        """What ``store`` promotes in ``week``; None = nobody told. Asked again, the same object."""
        # One object a store and week: what is derived of it is kept in its memo.
        if (store, week) not in self._opened:
            cell = int(self.cell(np.array([store]), np.array([week]))[0])
            self._opened[store, week] = None if cell < 0 else self._open(cell)
        return self._opened[store, week]

    @cached_property
    def _opened(self) -> dict[tuple[int, int], Promoted | None]:
        return {}

    @cached_property
    def _numbers(self) -> Keys:
        """Cell and item of every row as one ascending number."""
        cells = np.repeat(np.arange(len(self.cells)), np.diff(self.bounds))
        return cells * len(self.items) + self.item

    def _open(self, cell: int) -> Promoted:
        rows = slice(int(self.bounds[cell]), int(self.bounds[cell + 1]))
        return Promoted(
            keys=self.items[self.item[rows]],
            display=self.display_words[self.display[rows]],
            mailer=self.mailer_words[self.mailer[rows]],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRows:
    """One product on promotion in one store for one week, each; shapes (r,)."""

    store: Keys
    week: Keys
    key: Keys


def no_promotions(items: Keys) -> PromotionCalendar:
    """A source that tells nothing of promotions."""
    nothing, codes = np.empty(0, np.int64), np.empty(0, np.uint8)
    words = np.array([NOT_PROMOTED[0]], np.str_)
    return PromotionCalendar(
        items=items,
        stores=nothing,
        cells=nothing,
        bounds=np.zeros(1, np.int64),
        item=np.empty(0, np.int32),
        display=codes,
        mailer=codes,
        display_words=words,
        mailer_words=words,
    )


def read_promotions(folder: Path, items: Keys) -> PromotionCalendar:
    """The promotions of ``items`` (ascending) in ``promotions.parquet``; none if it is not there.

    Raises ``SourceUnreadable``. Some three seconds for 20 million rows.
    """
    path = folder / "promotions.parquet"
    if not has_table(path):
        return no_promotions(items)
    raw = read_checked(path, _COLUMNS, rows_max=ROWS_MAX, may_be_empty=True)
    words = read_words(path, ["display_location", "mailer_location"])
    display, display_words = _numbered(path, words["display_location"])
    mailer, mailer_words = _numbered(path, words["mailer_location"])
    # Gone before the arrays below are made, to keep to what ROWS_MAX promises.
    del words
    rows = PromotionRows(
        store=raw.pop("store_id"), week=raw.pop("week"), key=raw.pop("product_id")
    )
    return _calendar(items, rows, (display, display_words), (mailer, mailer_words))


def promotions_told(
    items: Keys, rows: PromotionRows, display: list[str], mailer: list[str]
) -> PromotionCalendar:
    """The promotions of ``items`` (ascending) that a store's own rows tell; places (r,) as words."""
    told = (_numbered(_OWN, _coded(display)), _numbered(_OWN, _coded(mailer)))
    return _calendar(items, rows, *told)


def _coded(words: list[str]) -> CodedWords:
    known, codes = np.unique(np.array(words, np.str_), return_inverse=True)
    return CodedWords(codes=codes.astype(np.int32), words=known)


def _calendar(
    items: Keys,
    rows: PromotionRows,
    displays: tuple[Codes, Words],
    mailers: tuple[Codes, Words],
) -> PromotionCalendar:
    (display, display_words), (mailer, mailer_words) = displays, mailers
    item = positions_in(items, rows.key)
    # A week without a row is unknown; one with rows is known, also if these items are not in it.
    stores, place = np.unique(rows.store, return_inverse=True)
    cells, cell = np.unique(place * _WEEKS + rows.week % _WEEKS, return_inverse=True)
    told = (item >= 0) & ((display > 0) | (mailer > 0))
    # Cell, item and both words as one number, so that the order of the file's rows does not matter.
    number = (cell[told] * len(items) + item[told]) << 16
    number |= display[told].astype(np.int64) << 8 | mailer[told]
    number = np.unique(number)
    numbers = number >> 16
    # Sorted by place as well, so the first of each is the first by alphabet.
    first = np.append(True, numbers[1:] != numbers[:-1])[: len(numbers)]
    number, numbers = number[first], numbers[first]
    return PromotionCalendar(
        items=items,
        stores=stores,
        cells=cells,
        bounds=np.searchsorted(numbers, np.arange(len(cells) + 1) * len(items)),
        item=(numbers % len(items)).astype(np.int32),
        display=(number >> 8 & _WORDS_MAX).astype(np.uint8),
        mailer=(number & _WORDS_MAX).astype(np.uint8),
        display_words=display_words,
        mailer_words=mailer_words,
    )


def _numbered(path: Path, coded: CodedWords) -> tuple[Codes, Words]:
    """Numbers of the words in alphabetical order, 0 = not promoted."""
    told = np.append(np.char.strip(coded.words), "")
    places = np.setdiff1d(told, np.array(NOT_PROMOTED))
    if len(places) >= _WORDS_MAX:
        raise SourceUnreadable(
            source=str(path),
            missing=f"{len(places):,} different places of promotion, {_WORDS_MAX - 1} at most",
            mend="give a coarser grouping of the places",
        )
    words = np.concatenate([np.array(NOT_PROMOTED[:1]), places])
    numbers = np.where(np.isin(told, NOT_PROMOTED), 0, np.searchsorted(places, told) + 1)
    return numbers.astype(np.uint8)[coded.codes], words
