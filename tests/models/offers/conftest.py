"""One town with campaigns, read and learnt from once."""

from pathlib import Path

import pytest

from models.offers.examples import OfferExamples, collect_offers
from models.offers.learning import OfferModel, learn_from
from models.sources.journey import Journey, read_journey
from tests.models.offers.coupon_town import LAST_DAY, STARTS, build_coupon_town

SPLIT = STARTS[5]


@pytest.fixture(scope="session")
def coupon_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_coupon_town(tmp_path_factory.mktemp("coupons"))


@pytest.fixture(scope="session")
def coupon_journey(coupon_town: Path) -> Journey:
    return read_journey(coupon_town)


@pytest.fixture(scope="session")
def early(coupon_town: Path, coupon_journey: Journey) -> OfferExamples:
    return collect_offers(
        coupon_town, coupon_journey, coupon_journey.items, (0, SPLIT), LAST_DAY
    )


@pytest.fixture(scope="session")
def late(coupon_town: Path, coupon_journey: Journey) -> OfferExamples:
    return collect_offers(
        coupon_town, coupon_journey, coupon_journey.items, (SPLIT, LAST_DAY), LAST_DAY
    )


@pytest.fixture(scope="session")
def model(early: OfferExamples) -> OfferModel:
    learnt = learn_from(early)
    assert learnt.model is not None, learnt.reason
    return learnt.model
