"""What must hold of a column before anybody computes with it; what does not is refused by name.

Every reader of ``sources`` takes its columns through it before computing anything.

Files of other grocers hold the same things in other types: ids as text, whole numbers as floats,
times as text, decimals for money. Each is read as what it means, or refused in one sentence.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.items import Keys, item_key
from models.sources.parquet import CodedWords, Column, coded, open_columns, spelled

# From here on a number is keyed like text, as ``item_key`` does: 18 digits never meet a hash.
_PLAIN_IDS = 10**18
# Floats hold whole numbers exactly up to here.
_FLOAT_EXACT = 2**53
# Stands for a gap in a column of whole numbers; one of money has NaN.
MISSING = int(np.iinfo(np.int64).min)
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
    may_have_gaps: bool = False,
) -> dict[str, Column]:
    """The named columns, each as its kind says, without a gap. Raises ``SourceUnreadable``.

    Where it ``may_have_gaps``, an empty field, and one that is not what its column holds, come out as
    ``MISSING``, in money as NaN.
    """
    table = open_columns(path, list(kinds), rows_max=rows_max)
    if not table.num_rows and not may_be_empty:
        raise SourceUnreadable(source=str(path), missing="the table has no rows")
    found: dict[str, Column] = {}
    for name, kind in kinds.items():
        raw = table.column(name)
        # Given up column by column: the table and all its arrays at once would be twice the memory.
        table = table.remove_column(table.schema.get_field_index(name))
        field = _Field(path, name, raw, may_have_gaps=may_have_gaps)
        found[name] = field.read(kind)
    return found


class _Field:
    """One column on its way to be sound."""

    def __init__(self, path: Path, name: str, raw: Any, *, may_have_gaps: bool) -> None:  # noqa: ANN401  # pyarrow is untyped
        self._path = path
        self._name = name
        self._type = str(raw.type)
        self._raw = spelled(raw)
        self._may_have_gaps = may_have_gaps
        self._gaps = np.zeros(len(raw), np.bool_)

    def read(self, kind: ColumnKind) -> Column:
        """The values as ``kind``."""
        readers: Mapping[ColumnKind, Callable[[], Column]] = {
            ColumnKind.ID: self._ids,
            ColumnKind.PIECES: self._pieces,
            ColumnKind.MONEY: self._money,
            ColumnKind.WEEK: self._weeks,
            ColumnKind.MOMENT: self._moments,
        }
        self._strike(self._raw.is_null().to_numpy(), "is empty")
        if self._gaps.all() and len(self._gaps):
            # A column without any value has no type of its own.
            values: Column = np.zeros(len(self._gaps), np.int64)
        else:
            if self._raw.null_count and self._is("integer", "floating", "decimal"):
                self._raw = self._raw.fill_null(0)
            values = readers[kind]()
        if not self._gaps.any():
            return values
        if kind is ColumnKind.MONEY:
            return np.where(self._gaps, np.nan, values)
        return np.where(self._gaps, MISSING, values)

    def _ids(self) -> Keys:
        if self._is("string", "large_string"):
            found = coded(self._path, self._name, self._raw)
            # The one more at the end answers for -1, an empty field.
            words = [*found.words.tolist(), ""]
            blank = np.array([not word.strip() for word in words], np.bool_)
            self._strike(blank[found.codes], "is empty")
            return np.array([item_key(word) for word in words], np.int64)[found.codes]
        ids = self._whole("ids (whole numbers or text)")
        self._strike(ids < 0, "is below zero")
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
        pieces = np.ceil(np.nan_to_num(self._money()))
        # Beyond any limit of pieces, and within int64.
        return np.clip(pieces, -_FLOAT_EXACT, _FLOAT_EXACT).astype(np.int64)

    def _money(self) -> npt.NDArray[np.float64]:
        if not self._is("integer", "floating", "decimal"):
            raise self._refused(f"holds {self._type} where numbers are needed")
        amounts: npt.NDArray[np.float64] = self._cast("float64", "numbers").to_numpy()
        self._strike(~np.isfinite(amounts), "is not a finite number")
        return amounts

    def _weeks(self) -> Keys:
        weeks = self._whole("whole numbers")
        self._strike((weeks < 0) | (weeks > _WEEKS_MAX), "is not a week number")
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
        return self._moments_word_by_word(text)

    def _moments_word_by_word(self, text: CodedWords) -> Keys:
        """Where one word is no time: which are."""
        found = [_second_of(word) for word in text.words.tolist()]
        known = np.array([second is not None for second in found], np.bool_)
        fault = "holds text that is not all ISO dates or times, like 2017-03-01 or 2017-03-01T18:30:00Z"
        if not self._may_have_gaps or not known.any():
            raise self._refused(fault)
        self._strike(~known[text.codes], fault)
        return np.array([second or 0 for second in found], np.int64)[text.codes]

    def _whole(self, needed: str) -> Column:
        """Whole numbers as int64, or uint64 where the file has them so."""
        if self._is("uint64"):
            long: Column = self._raw.to_numpy()
            return long
        if self._is("floating"):
            amounts = self._money()
            wrong = (amounts != np.floor(amounts)) | (np.abs(amounts) > _FLOAT_EXACT)
            self._strike(wrong, "is not a whole number")
            return np.where(wrong, 0, amounts).astype(np.int64)
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

    def _strike(self, faulty: npt.NDArray[np.bool_], fault: str) -> None:
        """Where fields are at fault: gaps, if there may be any."""
        rows = int(np.count_nonzero(faulty))
        if rows and not self._may_have_gaps:
            raise self._refused(f"{fault} in {rows:,} of {len(faulty):,} rows")
        self._gaps |= faulty

    def _refused(self, fault: str) -> SourceUnreadable:
        return SourceUnreadable(
            source=str(self._path),
            missing=f"{self._name} {fault}",
            mend="mend the column or leave those rows out",
        )


def _seconds(stamps: Column) -> Keys:
    return stamps.astype("datetime64[s]").astype(np.int64)


def _second_of(word: str) -> int | None:
    try:
        when = datetime.fromisoformat(word.strip())
    except ValueError:
        return None
    # Without a zone it is as the other times of the table are: counted as if it were UTC.
    return math.floor((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
