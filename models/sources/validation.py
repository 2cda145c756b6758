"""What must hold of a column before anybody computes with it; what does not is refused by name.

Every reader of ``sources`` takes its columns through it before computing anything.

Files of other grocers hold the same things in other types: ids as text, whole numbers as floats,
times as text, decimals for money. Each is read as what it means, or refused in one sentence.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.items import Keys, item_key
from models.sources.parquet import Column, coded, open_columns, spelled

# From here on a number is keyed like text, as ``item_key`` does: 18 digits never meet a hash.
_PLAIN_IDS = 10**18
# Floats hold whole numbers exactly up to here.
_FLOAT_EXACT = 2**53
# Nineteen thousand years: beyond it a week is some other number.
_WEEKS_MAX = 1_000_000
# What ISO text may say: with or without a zone, to a microsecond or a nanosecond.
_STAMPS = (("us", None), ("us", "UTC"), ("ns", None), ("ns", "UTC"))


class ColumnKind(Enum):
    """What a column holds, and what it comes out as.

    ID: whole numbers from 0, or text, which gets the key of ``item_key``; int64.
    PIECES: numbers, parts of a piece (weighed goods) counted as a whole one; int64.
    MONEY: numbers; float64. WEEK: whole numbers; int64.
    MOMENT: dates, or times of any unit and zone, or either as ISO text; int64 seconds since the epoch.
    """

    ID = auto()
    PIECES = auto()
    MONEY = auto()
    WEEK = auto()
    MOMENT = auto()


def read_checked(
    path: Path,
    kinds: Mapping[str, ColumnKind],
    *,
    rows_max: int | None = None,
    may_be_empty: bool = False,
) -> dict[str, Column]:
    """The named columns, each as its kind says, without a gap. Raises ``SourceUnreadable``."""
    table = open_columns(path, list(kinds), rows_max=rows_max)
    if not table.num_rows and not may_be_empty:
        raise SourceUnreadable(source=str(path), missing="the table has no rows")
    found: dict[str, Column] = {}
    for name, kind in kinds.items():
        raw = table.column(name)
        # Given up column by column: the table and all its arrays at once would be twice the memory.
        table = table.remove_column(table.schema.get_field_index(name))
        found[name] = _Field(path, name, raw).read(kind)
    return found


class _Field:
    """One column on its way to be sound."""

    def __init__(self, path: Path, name: str, raw: Any) -> None:  # noqa: ANN401  # pyarrow is untyped
        self._path = path
        self._name = name
        self._type = str(raw.type)
        self._raw = spelled(raw)

    def read(self, kind: ColumnKind) -> Column:
        """The values as ``kind``."""
        self._refuse_rows(int(self._raw.null_count), "is empty")
        readers: Mapping[ColumnKind, Callable[[], Column]] = {
            ColumnKind.ID: self._ids,
            ColumnKind.PIECES: self._pieces,
            ColumnKind.MONEY: self._money,
            ColumnKind.WEEK: self._weeks,
            ColumnKind.MOMENT: self._moments,
        }
        return readers[kind]()

    def _ids(self) -> Keys:
        if self._is("string", "large_string"):
            found = coded(self._path, self._name, self._raw)
            self._refuse_rows(int((found.words[found.codes] == "").sum()), "is empty")
            keys = np.array([item_key(word) for word in found.words.tolist()], np.int64)
            return keys[found.codes]
        ids = self._whole("ids (whole numbers or text)")
        self._refuse_rows(int((ids < 0).sum()), "is below zero")
        long = np.flatnonzero(ids >= _PLAIN_IDS)
        if not len(long):
            return ids.astype(np.int64, copy=False)
        known, at = np.unique(ids[long], return_inverse=True)
        ids = np.where(ids >= _PLAIN_IDS, 0, ids).astype(np.int64)
        ids[long] = np.array([item_key(str(number)) for number in known.tolist()])[at]
        return ids

    def _pieces(self) -> Keys:
        if self._is("integer"):
            return self._whole("numbers")
        pieces = np.ceil(self._money())
        # Beyond any limit of pieces, and within int64.
        return np.clip(pieces, -_FLOAT_EXACT, _FLOAT_EXACT).astype(np.int64)

    def _money(self) -> npt.NDArray[np.float64]:
        if not self._is("integer", "floating", "decimal"):
            raise self._refused(f"holds {self._type} where numbers are needed")
        amounts: npt.NDArray[np.float64] = self._cast("float64", "numbers").to_numpy()
        self._refuse_rows(int((~np.isfinite(amounts)).sum()), "is not a finite number")
        return amounts

    def _weeks(self) -> Keys:
        weeks = self._whole("whole numbers")
        wrong = (weeks < 0) | (weeks > _WEEKS_MAX)
        self._refuse_rows(int(wrong.sum()), "is not a week number")
        return weeks

    def _moments(self) -> Keys:
        if self._is("string", "large_string"):
            return self._moments_of_text()
        if not self._is("timestamp", "date"):
            raise self._refused(f"holds {self._type} where dates or times are needed")
        return _seconds(self._raw.to_numpy())

    def _moments_of_text(self) -> Keys:
        arrow: Any = import_module("pyarrow")
        text = coded(self._path, self._name, self._raw)
        words = arrow.array(text.words.tolist(), arrow.string())
        for unit, zone in _STAMPS:
            try:
                stamps = words.cast(arrow.timestamp(unit, zone))
            except arrow.ArrowInvalid:
                continue
            return _seconds(stamps.to_numpy(zero_copy_only=False))[text.codes]
        raise self._refused(
            "holds text that is not all ISO dates or times, like 2017-03-01 or 2017-03-01T18:30:00Z"
        )

    def _whole(self, needed: str) -> Column:
        """Whole numbers as int64, or uint64 where the file has them so."""
        if self._is("uint64"):
            long: Column = self._raw.to_numpy()
            return long
        if self._is("floating"):
            amounts = self._money()
            wrong = (amounts != np.floor(amounts)) | (np.abs(amounts) > _FLOAT_EXACT)
            self._refuse_rows(int(wrong.sum()), "is not a whole number")
            return amounts.astype(np.int64)
        if not self._is("integer", "decimal"):
            raise self._refused(f"holds {self._type} where {needed} are needed")
        numbers: Keys = self._cast("int64", needed).to_numpy()
        return numbers

    def _cast(self, target: str, needed: str) -> Any:  # noqa: ANN401  # pyarrow is untyped
        arrow: Any = import_module("pyarrow")
        try:
            return self._raw.cast(target)
        except arrow.ArrowException as misfit:
            raise self._refused(
                f"holds {self._type} values that are no {needed} of 63 bits"
            ) from misfit

    def _is(self, *families: str) -> bool:
        arrow: Any = import_module("pyarrow")
        return any(getattr(arrow.types, f"is_{family}")(self._raw.type) for family in families)

    def _refuse_rows(self, rows: int, fault: str) -> None:
        if rows:
            raise self._refused(f"{fault} in {rows:,} of {len(self._raw):,} rows")

    def _refused(self, fault: str) -> SourceUnreadable:
        return SourceUnreadable(
            source=str(self._path),
            missing=f"{self._name} {fault}",
            mend="mend the column or leave those rows out",
        )


def _seconds(stamps: Column) -> Keys:
    return stamps.astype("datetime64[s]").astype(np.int64)
