"""Instants as SQLite keeps them: whole microseconds since 1970 in UTC, so that nothing is lost or rounded.

Every table's file converts at its own border; above it there are aware datetimes only.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@overload
def to_us(at: datetime) -> int: ...
@overload
def to_us(at: None) -> None: ...
@overload
def to_us(at: datetime | None) -> int | None: ...
def to_us(at: datetime | None) -> int | None:
    """Microseconds since 1970; ``at`` must be aware. Nothing stays nothing."""
    # Whole numbers only: seconds as a float would round today's microseconds.
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The instant again, aware, in UTC."""
    return _EPOCH + us * _MICROSECOND


def from_us_or_none(us: int | None) -> datetime | None:
    """The instant again, if there was one."""
    return None if us is None else from_us(us)
