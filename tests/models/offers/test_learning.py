"""From rows to a calibrated chance, its graph, and its figures."""

from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.bundle.scorer import Scorer
from models.evaluation.metrics import reliability
from models.evaluation.offers import (
    area_under_roc,
    area_within_campaigns,
    average_precision,
    judge_offers,
    judge_split,
    judge_test,
)
from models.offers.examples import OfferExamples
from models.offers.features import OFFER_FEATURES, OFFER_INPUTS, OFFER_OUTPUTS
from models.offers.graph import write_offer_graph
from models.offers.learning import OfferModel, learn_from, learn_offers
from models.serving.verify import OPERATORS
from models.sources.journey import Journey, read_journey
from models.training.graph import OPSET
from tests.models.offers.conftest import SPLIT
from tests.models.offers.coupon_town import LAST_DAY, STARTS
from tests.models.town import FIRST_DAY, HOUSEHOLDS, build_town


def test_redeemers_are_told_apart_in_campaigns_not_yet_seen(
    model: OfferModel, late: OfferExamples
) -> None:
    figures = judge_offers(model, late)
    assert figures["auc"] > 0.75
    assert figures["pr_auc"] > 1.5 * figures["base_rate"]
    assert figures["auc_low"] < figures["auc"] < figures["auc_high"]


def test_a_promise_is_about_kept(model: OfferModel, early: OfferExamples) -> None:
    assert reliability(model.chances(early.features), early.redeemed).error < 0.1


def test_the_same_rows_give_the_same_bytes(early: OfferExamples, model: OfferModel) -> None:
    again = learn_from(early).model
    assert again is not None
    assert write_offer_graph(again, OPSET) == write_offer_graph(model, OPSET)


def test_the_graph_answers_what_numpy_answers(model: OfferModel, early: OfferExamples) -> None:
    draw = np.random.default_rng(0)
    picked = draw.integers(0, len(early), (10_000, len(OFFER_FEATURES)))
    rows = np.take_along_axis(early.features, picked, axis=0)
    scored = Scorer(write_offer_graph(model, OPSET)).score(rows)
    assert np.abs(scored - model.chances(rows)).max() <= 1e-5


def test_the_graph_has_only_allowed_operators_and_its_ports(model: OfferModel) -> None:
    onnx: Any = import_module("onnx")
    graph: Any = onnx.load_model_from_string(write_offer_graph(model, OPSET)).graph
    assert {node.op_type for node in graph.node} <= OPERATORS
    assert [port.name for port in graph.input] == [port.name for port in OFFER_INPUTS]
    assert [port.name for port in graph.output] == [port.name for port in OFFER_OUTPUTS]


def test_a_whole_source_is_learnt_from_at_once(
    coupon_town: Path, coupon_journey: Journey
) -> None:
    learnt = learn_offers(coupon_town, coupon_journey, coupon_journey.items, LAST_DAY)
    assert learnt.model is not None
    assert learnt.reason == ""
    assert 0 < learnt.redeemed < learnt.rows


def test_without_campaigns_there_is_a_reason_and_no_model(tmp_path: Path) -> None:
    journey = read_journey(build_town(tmp_path))
    learnt = learn_offers(tmp_path, journey, journey.items, FIRST_DAY + 160)
    assert learnt.model is None
    assert "no campaign" in learnt.reason


def chosen(rows: OfferExamples, which: npt.NDArray[np.bool_]) -> OfferExamples:
    return OfferExamples(**{one.name: getattr(rows, one.name)[which] for one in fields(rows)})


def test_few_redemptions_are_not_enough(early: OfferExamples) -> None:
    few = chosen(early, early.campaign < 2)
    learnt = learn_from(few)
    assert learnt.model is None
    assert "are needed" in learnt.reason


def test_what_turns_around_between_campaigns_is_not_learnt(early: OfferExamples) -> None:
    clips = early.household % 4 == 0
    turned = replace(early, redeemed=np.where(early.campaign % 2, clips, ~clips))
    learnt = learn_from(turned)
    assert learnt.model is None
    assert "does not tell" in learnt.reason


def test_without_both_outcomes_nothing_is_judged(
    model: OfferModel, late: OfferExamples
) -> None:
    assert judge_offers(model, chosen(late, late.redeemed)) == {}
    assert judge_offers(model, chosen(late, ~late.redeemed)) == {}


def test_a_split_learns_from_before_and_judges_after(
    coupon_town: Path, coupon_journey: Journey
) -> None:
    figures = judge_split(coupon_town, coupon_journey, coupon_journey.items, SPLIT, LAST_DAY)
    assert figures["rows"] == 2 * HOUSEHOLDS
    assert figures["auc"] > 0.7


def test_only_the_public_datas_end_is_judged_by_the_test_report(
    coupon_town: Path, coupon_journey: Journey
) -> None:
    items, last = coupon_journey.items, coupon_journey.last_day
    assert judge_test(coupon_town, coupon_journey, items, last) == {}
    assert judge_test("completejourney", coupon_journey, items, last - 1) == {}


def test_a_split_too_early_has_no_figures(coupon_town: Path, coupon_journey: Journey) -> None:
    items = coupon_journey.items
    assert judge_split(coupon_town, coupon_journey, items, STARTS[1], LAST_DAY) == {}


def test_ties_count_half_and_order_the_rest() -> None:
    chances = np.array([0.9, 0.5, 0.5, 0.1], np.float32)
    redeemed = np.array([True, True, False, False])
    assert area_under_roc(chances, redeemed) == pytest.approx(3.5 / 4)
    assert average_precision(chances, redeemed) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_within_campaigns_a_good_campaign_is_no_merit() -> None:
    chances = np.array([0.9, 0.9, 0.1, 0.1], np.float32)
    redeemed = np.array([True, False, True, False])
    campaign = np.array([1, 1, 2, 2])
    assert area_within_campaigns(chances, redeemed, campaign) == pytest.approx(0.5)
    assert np.isnan(area_within_campaigns(chances, redeemed, np.arange(4)))
