from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from edge.storage.timestamps import from_us, from_us_or_none, to_us


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_to_the_microsecond(at: datetime) -> None:
    assert from_us(to_us(at)) == at


def test_an_instant_comes_back_in_utc() -> None:
    east = datetime(2024, 6, 3, 2, 0, tzinfo=timezone(timedelta(hours=5)))
    assert from_us(to_us(east)).isoformat() == "2024-06-02T21:00:00+00:00"


def test_no_instant_stays_none() -> None:
    assert to_us(None) is None
    assert from_us_or_none(None) is None
    assert from_us_or_none(0) == datetime(1970, 1, 1, tzinfo=UTC)
