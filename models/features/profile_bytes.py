"""A shopper's counters as bytes: equal states, equal bytes.

``profile`` packs and unpacks itself with it, and ``out_of_core.profiles`` writes a chain's.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# Any: one table of columns of unlike integer kinds.
Columns = Mapping[str, npt.NDArray[Any]]

# What is kept of an item, and in which kind.
COLUMNS = (
    ("key", np.dtype("<i8")),
    ("mask", np.dtype("<u8")),
    ("promoted", np.dtype("<u4")),
    ("trips", np.dtype("<u2")),
    ("first", np.dtype("<u2")),
    ("last", np.dtype("<u2")),
)

# The second form, with places and promotions. Of the first nothing had been released, so it is not read.
_MAGIC = b"SSP2"
_HEADER = struct.Struct("<4sHHIIHH")
_DAY, _PLACE = np.dtype("<u2"), np.dtype("<u4")


class ProfileUnreadable(ValueError):
    """The bytes are not a profile written by ``Profile.to_bytes``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """The remembered trips, newest first: ``days`` since 1970 and ``places``, of equal length."""

    days: Sequence[int]
    places: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCounts:
    """Everything that counters hold: ``columns`` as in ``COLUMNS``, and the totals over all time."""

    columns: Columns
    visits: Visits
    trips: int
    lines: int
    first_day: int


def pack(counts: ProfileCounts) -> bytes:
    """The canonical form: rows ascend by key, so equal counts give equal bytes."""
    keys, visits = counts.columns["key"], counts.visits
    order = np.argsort(keys, kind="stable")
    sizes = (len(keys), len(visits.days), counts.trips, counts.lines, counts.first_day, 0)
    parts: list[npt.NDArray[Any]] = [
        np.array(visits.days, _DAY),
        np.array(visits.places, _PLACE),
    ]
    # Cast here: counters that SQL has made come in wider kinds.
    parts += [counts.columns[name].astype(kind)[order] for name, kind in COLUMNS]
    return _HEADER.pack(_MAGIC, *sizes) + b"".join(part.tobytes() for part in parts)


def unpack(data: bytes) -> ProfileCounts:
    """Read ``pack``'s form. Raises ``ProfileUnreadable``."""
    if len(data) < _HEADER.size:
        raise ProfileUnreadable(f"{len(data)} bytes is shorter than a profile's header")
    magic, size, days, trips, lines, first_day, _ = _HEADER.unpack_from(data)
    wide = size * sum(kind.itemsize for _, kind in COLUMNS)
    visits = days * (_DAY.itemsize + _PLACE.itemsize)
    if magic != _MAGIC or len(data) != _HEADER.size + visits + wide:
        raise ProfileUnreadable(f"{len(data)} bytes do not form a profile")
    at = _HEADER.size + visits
    columns: dict[str, npt.NDArray[Any]] = {}
    for name, kind in COLUMNS:
        columns[name] = np.frombuffer(data, kind, size, at)
        at += size * kind.itemsize
    return ProfileCounts(
        columns=columns,
        visits=Visits(
            days=np.frombuffer(data, _DAY, days, _HEADER.size).tolist(),
            places=np.frombuffer(
                data, _PLACE, days, _HEADER.size + days * _DAY.itemsize
            ).tolist(),
        ),
        trips=trips,
        lines=lines,
        first_day=first_day,
    )
