from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge.decision.steps import product_rules
from edge.decision.steps.context import DecisionContext
from edge.domain import headcount
from edge.domain.decision import Rule
from edge.domain.ids import ItemKey
from edge.pipeline.screen_sender import ScreenSender
from tests.trials.figure import Figure
from tests.trust.scenes import scenes

SCALE = 0.004


def broken(figures: Sequence[Figure]) -> list[str]:
    return [figure.name for figure in figures if not figure.holds]


def test_nothing_personal_with_a_bystander_and_something_personal_without() -> None:
    ticks = list[int]()
    assert broken(scenes(SCALE, lambda: ticks.append(1))) == []
    assert len(ticks) == 100


def test_a_screen_that_is_not_asked_about_again_before_it_shows_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ScreenSender, "may_show", lambda *_: True)
    assert "personal with a bystander, or in any doubt of one" in broken(scenes(SCALE, _quiet))


def test_a_floor_that_believes_an_old_word_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headcount, "_is_fresh", lambda *_: True)
    assert len(broken(scenes(SCALE, _quiet))) >= 2


def test_a_screen_that_knows_nothing_of_sensitive_products_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = [rule for rule in Rule if rule is not Rule.SENSITIVE_IN_PUBLIC]
    barred = product_rules._barred_items  # noqa: SLF001 - to be put in wrongly

    def unasked(context: DecisionContext) -> dict[ItemKey, Rule]:
        return {key: rule for key, rule in barred(context).items() if rule in rules}

    monkeypatch.setattr(product_rules, "_barred_items", unasked)
    assert "something sensitive" in broken(scenes(SCALE, _quiet))


def _quiet() -> None:
    """Nobody watches."""
