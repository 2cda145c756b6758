"""The bundle that ships."""

import numpy as np
import pytest

from models.features.profile import Profile
from models.features.request import ModelRequest, no_items
from models.moment import Moment
from models.serving.open_bundle import Bundle, open_bundle
from models.serving.registry import SHIPPED_BUNDLE
from models.statistics.trend import StoreTrend

FOLDER = SHIPPED_BUNDLE


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return open_bundle(FOLDER)


def test_it_is_small_and_stops_before_the_validation_weeks(shipped: Bundle) -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 10_000_000
    assert shipped.label == "grocer@2017.10.29"
    assert len(shipped.items) > 10_000


def test_it_beats_the_strongest_simple_method_beyond_doubt(shipped: Bundle) -> None:
    metrics = shipped.manifest.metrics
    assert metrics["gain_low_95"] > 0
    assert metrics["ndcg_at_10"] > 1.05 * metrics["p_topfreq_25_ndcg_at_10"]
    assert metrics["calibration_error"] < 0.005


def test_it_answers_for_a_shopper_a_basket_and_a_stranger(shipped: Bundle) -> None:
    popular = shipped.items.keys[np.argsort(-shipped.prior.day)[:12]]
    profile = Profile.empty()
    for day in range(17_300, 17_460, 6):
        for key in popular[:6].tolist():
            profile.record(key, day)
    moment = Moment(day=17_470, hour=17)
    for who, basket in ((profile, no_items()), (profile, popular[:3]), (None, popular[:3])):
        view = ModelRequest(
            profile=who, trend=StoreTrend(shipped.prior), moment=moment, basket=basket
        )
        keys = shipped.shortlist(view, 500, no_items()).keys
        chances = shipped.score(view, keys)
        assert len(keys) == 500
        assert ((chances > 0) & (chances < 1)).all()


def test_its_card_and_documents_carry_its_figures(shipped: Bundle) -> None:
    card = (FOLDER / "MODEL_CARD.md").read_text()
    assert shipped.label in card
    assert str(shipped.manifest.metrics["ndcg_at_10"]) in card
