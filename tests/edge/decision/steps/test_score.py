from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.steps.candidates import shortlist
from edge.decision.steps.context import DecisionContext, describe
from edge.decision.steps.score import POINTS, score
from models.features.request import ModelRequest
from models.items import Keys
from tests.edge.builders import catalogue, evidence, inputs
from tests.edge.fakes import Rates


class Wild(Rates):
    """Says whatever the test wants."""

    def __init__(self, says: float) -> None:
        super().__init__({1: 0.5, 2: 0.5})
        self._says = says

    def score(self, view: ModelRequest, keys: Keys) -> npt.NDArray[np.float32]:
        return np.full(len(keys), self._says, np.float32)


def context() -> DecisionContext:
    return describe(inputs(), evidence(), catalogue())


def test_chances_become_ten_thousandths_in_the_order_of_the_shortlist() -> None:
    ranker = Rates({5: 0.25, 2: 0.12344, 9: 0.0})
    found = score(context(), shortlist(context(), ranker), ranker)
    assert found.candidates.keys.tolist() == [2, 5, 9]
    assert found.points.tolist() == [1234, 2500, 0]
    assert found.points.dtype == np.int64


def test_without_candidates_the_model_is_not_asked() -> None:
    broken = Rates({})
    assert score(context(), shortlist(context(), broken), broken).points.tolist() == []


@given(st.floats(-10, 10, width=32))
def test_a_model_out_of_its_range_is_clipped(says: float) -> None:
    ranker = Wild(says)
    points = score(context(), shortlist(context(), ranker), ranker).points
    assert ((points >= 0) & (points <= POINTS)).all()
