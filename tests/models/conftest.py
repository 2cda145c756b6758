"""The made-up town, a bundle trained on it in seconds, and its shoppers as they come in after the cut."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.features.profile_replay import replay, store_trends
from models.features.request import ModelRequest
from models.serving.open_bundle import Bundle, open_bundle
from models.sources.journey import Journey, read_journey
from models.statistics.tables import Tables, rounded
from models.statistics.tabulate import tabulate
from models.training.train import train
from tests.models.keys import TRUST, signed
from tests.models.town import SMALL, UNTIL, UNTIL_DAY, build_town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def journey(town: Path) -> Journey:
    return read_journey(town)


@pytest.fixture(scope="session")
def tables(journey: Journey) -> Tables:
    return rounded(tabulate(journey, UNTIL_DAY, SMALL.tables, 3))


@pytest.fixture(scope="session")
def bundle_dir(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "town"
    train(town, out, UNTIL, 3, lambda _stage, _done: None, SMALL)
    return signed(out)


@pytest.fixture(scope="session")
def bundle(bundle_dir: Path) -> Bundle:
    return open_bundle(bundle_dir, TRUST)


@pytest.fixture
def nothing() -> np.ndarray:
    return np.empty(0, np.int64)


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
