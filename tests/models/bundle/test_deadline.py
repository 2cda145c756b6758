"""A graph that never ends is stopped."""

import threading
import time
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from models.bundle import deadline
from models.bundle.deadline import TICK_S, DeadlineWatch
from models.bundle.scorer import Scorer
from models.errors import BundleRefused
from models.features.features import FEATURES
from tests.models.bad_graphs import endless
from tests.patience import patient


def endless_graph() -> bytes:
    """Passes its features through a loop of 2^62 trips."""
    ports = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", len(FEATURES)])
        for name in ("features", "chance")
    ]
    last = helper.make_node("Relu", ["features"], ["chance"])
    graph = helper.make_graph([last], "endless", ports[:1], ports[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    endless(model)
    written: bytes = model.SerializeToString()
    return written


ROWS = np.ones((3, len(FEATURES)), np.float32)


class Call:
    terminate = False


@pytest.mark.timeout(10)
def test_a_graph_without_end_is_stopped_at_its_deadline() -> None:
    scorer = Scorer(endless_graph(), 0.05)
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(BundleRefused) as caught:
            scorer.score(ROWS)
        assert caught.value.reason == "deadline"
        assert time.monotonic() - began < patient(2)


def test_a_call_within_its_deadline_is_left_alone() -> None:
    watch, call = DeadlineWatch(), Call()
    watch.begin(call, 60)
    time.sleep(3 * TICK_S)
    watch.end(call)
    assert not call.terminate


def test_an_ended_call_is_not_stopped() -> None:
    watch, ended, late = DeadlineWatch(), Call(), Call()
    watch.begin(ended, TICK_S / 2)
    watch.end(ended)
    watch.begin(late, TICK_S / 2)
    time.sleep(4 * TICK_S)
    assert (ended.terminate, late.terminate) == (False, True)


def test_the_watch_sleeps_without_calls_and_is_roused_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadline, "_IDLE_TICKS", 1)
    watch, call = DeadlineWatch(), Call()
    for _ in range(2):
        watch.begin(call, 60)
        watch.end(call)
        time.sleep(5 * TICK_S)
        assert asleep(watch)
    watch.begin(call, 0)
    time.sleep(4 * TICK_S)
    assert call.terminate


def asleep(watch: Any) -> bool:
    thread: threading.Thread = watch._thread  # noqa: SLF001 - nothing else shows it
    return bool(watch._asleep) and thread.is_alive()  # noqa: SLF001 - the watch tells nobody else
