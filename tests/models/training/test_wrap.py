"""Models that people trained themselves: valid ONNX as their tools write it is taken, and what is wrong is named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from models.bundle.signature import OWN_WORK
from models.errors import WrapRefused
from models.evaluation.activation import judge_activation
from models.features.features import FEATURES
from models.features.raw_history import HISTORY_TRIPS, RAW_HISTORY, raw_history
from models.features.request import ModelRequest
from models.serving.open_bundle import Bundle, open_bundle
from models.sources.journey import Journey
from models.training.own_graph import OwnContract
from models.training.wrap import TablesOfOwn, WrapReport, tables_counted, tables_of, wrap
from tests.models.town import UNTIL_DAY
from tests.models.training.own_models import (
    classes,
    everything,
    learners,
    logistic,
    model,
    named,
    of_raw_past,
    port,
    trees,
)

THREE = FEATURES[:3]


@pytest.fixture(scope="module")
def own(bundle_dir: Path) -> TablesOfOwn:
    return tables_of(bundle_dir)


class Wrap:
    def __init__(self, own: TablesOfOwn, folder: Path) -> None:
        self.own = own
        self.folder = folder

    def __call__(self, data: bytes, **contract: Any) -> WrapReport:
        (self.folder / "own.onnx").write_bytes(data)
        told = OwnContract(**contract)
        return wrap(self.folder / "own.onnx", self.folder / "out", told, self.own, "own")

    def opened(self) -> Bundle:
        return open_bundle(self.folder / "out", OWN_WORK)


@pytest.fixture
def make(own: TablesOfOwn, tmp_path: Path) -> Wrap:
    return Wrap(own, tmp_path)


@pytest.mark.parametrize("opset", [9, 11, 13, 17, 23, 28])
def test_a_graph_of_any_opset_that_helper_writes_gives_the_same_chances(
    make: Wrap, opset: int
) -> None:
    report = make(logistic(opset=opset, listed=opset < 13), features=THREE)
    assert report.parity <= 1e-5
    assert make.opened().label.startswith("own@")


@pytest.mark.parametrize("flat", [False, True])
def test_inputs_of_the_features_names_are_fed_by_name(make: Wrap, *, flat: bool) -> None:
    assert make(named(flat)).parity <= 1e-5


def test_its_chances_are_those_of_the_numbers_that_a_store_has(
    make: Wrap, arrivals: dict[int, ModelRequest]
) -> None:
    make(logistic(), features=THREE)
    opened = make.opened()
    view = next(iter(arrivals.values()))
    keys = opened.items.keys
    columns = opened.features(view, keys)[:, :3].astype(np.float64)
    sums = columns @ np.array([0.3, 0.1, 0.01]) - 3
    assert opened.score(view, keys) == pytest.approx(1 / (1 + np.exp(-sums)), abs=1e-5)


def test_trees_are_taken_and_rows_of_two_chances_give_the_second(make: Wrap) -> None:
    for data in (trees(), classes(), learners()):
        assert make(data, features=FEATURES[:2]).parity <= 1e-5
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["z"]),
        helper.make_node("Softmax", ["z"], ["p"], axis=1),
        helper.make_node("ArgMax", ["p"], ["label"], axis=1, keepdims=0),
    ]
    outputs = [port("label", TensorProto.INT64, "n"), port("p", TensorProto.FLOAT, "n", 2)]
    weights = {"w": np.array([[0.0, 0.1], [0.2, 0.0], [0.0, -0.1]], "f4")}
    data = model(nodes, [port("x", TensorProto.FLOAT, "n", 3)], outputs, weights)
    assert make(data, features=THREE).parity <= 1e-5


def test_our_own_graph_under_their_names_answers_as_before_and_passes_the_gate(
    make: Wrap, bundle: Bundle, bundle_dir: Path, arrivals: dict[int, ModelRequest]
) -> None:
    report = make(everything((bundle_dir / "model.onnx").read_bytes()))
    opened = make.opened()
    view = next(iter(arrivals.values()))
    keys = bundle.items.keys
    assert opened.score(view, keys) == pytest.approx(bundle.score(view, keys), abs=1e-6)
    assert judge_activation(opened, None, None).fault is None
    # The figures of another model are none of its.
    assert "ndcg_at_10" not in report.manifest.metrics


def test_a_model_of_the_raw_past_is_fed_trip_by_trip(
    make: Wrap, arrivals: dict[int, ModelRequest]
) -> None:
    assert make(of_raw_past(), logits=True).parity <= 1e-5
    opened = make.opened()
    assert opened.manifest.features == (*FEATURES, *RAW_HISTORY)
    view = next(iter(arrivals.values()))
    keys = opened.items.keys
    past = raw_history(view, keys)
    late = np.exp(-0.02 * past[:, HISTORY_TRIPS:])
    sums = (past[:, :HISTORY_TRIPS] * late).sum(axis=1) - 4
    assert opened.score(view, keys) == pytest.approx(1 / (1 + np.exp(-sums)), abs=1e-5)


def test_the_raw_past_says_on_which_trips_an_item_was_bought(
    arrivals: dict[int, ModelRequest],
) -> None:
    view = next(iter(arrivals.values()))
    assert view.profile is not None
    past = raw_history(view, view.profile.keys)
    trips = len(view.profile.days[:HISTORY_TRIPS])
    days = view.moment.day - past[0, HISTORY_TRIPS : HISTORY_TRIPS + trips]
    assert days.tolist() == view.profile.days[:HISTORY_TRIPS]
    assert (past[:, HISTORY_TRIPS + trips :] == -1).all()
    for row, mask in enumerate(view.profile.masks.tolist()):
        bits = [mask >> back & 1 for back in range(HISTORY_TRIPS)]
        assert past[row, :HISTORY_TRIPS].tolist() == bits


def test_tables_are_counted_from_sales_and_the_model_judged_on_later_ones(
    journey: Journey, tmp_path: Path
) -> None:
    counted = tables_counted(journey, UNTIL_DAY, "town")
    (tmp_path / "own.onnx").write_bytes(logistic())
    told = OwnContract(features=THREE)
    report = wrap(tmp_path / "own.onnx", tmp_path / "out", told, counted, "own")
    assert report.manifest.metrics["trips"] > 30
    assert report.manifest.source == "town"


def fixed() -> bytes:
    node = helper.make_node("Sigmoid", ["x"], ["y"])
    return model(
        [node], [port("x", TensorProto.FLOAT, 1, 1)], [port("y", TensorProto.FLOAT, 1, 1)], {}
    )


def looped() -> bytes:
    node = helper.make_node("NonZero", ["x"], ["y"])
    return model(
        [node],
        [port("x", TensorProto.FLOAT, "n", 1)],
        [port("y", TensorProto.FLOAT, None, 1)],
        {},
    )


def across_rows() -> bytes:
    """A chance that depends on who else stands in the batch has no place in a store."""
    nodes = [
        helper.make_node("Softmax", ["x"], ["y"], axis=0),
        helper.make_node("Exp", ["y"], ["z"]),
    ]
    return model(
        nodes,
        [port("x", TensorProto.FLOAT, "n", 1)],
        [port("z", TensorProto.FLOAT, "n", 1)],
        {},
    )


@pytest.mark.parametrize(
    ("data", "contract", "fault"),
    [
        (b"no graph", {}, "not an ONNX file"),
        (logistic(), {}, "takes 3 columns"),
        (logistic(), {"features": ("own_trip", *THREE[1:])}, "'own_trip' is no feature"),
        (logistic(), {"features": THREE, "output": "score"}, "no output 'score'"),
        (fixed(), {"features": THREE[:1]}, "exactly 1 rows"),
        (looped(), {"features": THREE[:1]}, "operator"),
        (across_rows(), {"features": THREE[:1]}, "are no chances"),
        (of_raw_past(), {}, "are no chances"),
        (trees(second=0), {"features": THREE[:2]}, "circle"),
        (trees(nodes_featureids=[9, 0, 0]), {"features": THREE[:2]}, "outside the 2"),
    ],
)
def test_what_is_wrong_with_it_is_named_with_its_mend_and_nothing_is_written(
    make: Wrap, data: bytes, contract: dict[str, Any], fault: str
) -> None:
    with pytest.raises(WrapRefused) as refused:
        make(data, **contract)
    assert fault in str(refused.value)
    assert refused.value.hint
    assert not (make.folder / "out").exists()
