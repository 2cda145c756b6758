"""Shoppers of the made-up town as they come in after the cut."""

from collections.abc import Iterator

import pytest

from models.features.profile_replay import replay, store_trends
from models.features.request import ModelRequest
from models.sources.journey import Journey
from tests.models.town import UNTIL_DAY


def _arrivals(journey: Journey) -> Iterator[tuple[int, ModelRequest]]:
    trends = store_trends(journey, [UNTIL_DAY])[0]
    for household in journey.households.tolist():
        for trip, profile, _ in replay(journey, household, UNTIL_DAY + 14):
            if journey.trips.day[trip] > UNTIL_DAY:
                trend = trends[int(journey.trips.store[trip])]
                moment = journey.trips.moment(trip)
                yield (
                    household,
                    ModelRequest(profile=profile.copy(), trend=trend, moment=moment),
                )
                break


@pytest.fixture(scope="session")
def arrivals(journey: Journey) -> dict[int, ModelRequest]:
    """Each household's first view after the cut."""
    return dict(_arrivals(journey))
