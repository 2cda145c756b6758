from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from edge.domain.store_site import StoreSite
from tests.edge.builders import DAY


@pytest.mark.parametrize(
    ("zone", "at", "day", "hour"),
    [
        ("UTC", datetime(2024, 6, 3, 23, 59, tzinfo=UTC), DAY, 23),
        ("Europe/Berlin", datetime(2024, 6, 3, 23, 0, tzinfo=UTC), DAY + 1, 1),
        ("America/New_York", datetime(2024, 6, 4, 3, 59, tzinfo=UTC), DAY, 23),
        ("America/New_York", datetime(2024, 3, 10, 6, 59, tzinfo=UTC), 19_792, 1),
        ("America/New_York", datetime(2024, 3, 10, 7, 0, tzinfo=UTC), 19_792, 3),
    ],
)
def test_days_and_hours_are_those_of_the_stores_wall_clock(
    zone: str, at: datetime, day: int, hour: int
) -> None:
    site = StoreSite(zone=ZoneInfo(zone))
    assert site.moment(at) == (day, hour)
    assert site.moment(site.begins(day)) == (day, 0)
