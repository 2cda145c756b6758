"""The what-if's trial in small: it runs, and what the log never showed is told in no run."""

from __future__ import annotations

import pytest

from tests.trials import whatif


@pytest.mark.slow  # in small: edge/campaigns/whatif/test_trial.py
def test_planted_gains_lie_in_the_intervals_and_the_unseen_is_left_untold() -> None:
    ticks = list[int]()
    figures = whatif.recovered(2, lambda: ticks.append(1))
    promised = {figure.name: figure for figure in figures if figure.goal is not None}
    assert len(ticks) == 2
    assert promised["what was never shown is not told"].holds
    assert promised["the better variant for all: answered"].holds
