from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge.domain.decision import ContentKind, InputFreshness, Inputs, Rule
from edge.domain.ids import DecisionId

INPUTS = Inputs(
    id=DecisionId("d-1"),
    at=datetime(2024, 6, 3, tzinfo=UTC),
    day=19877,
    hour=0,
    placement="kiosk-home",
    limit=6,
    visit=None,
    zone=None,
    token=None,
    purposes=(),
    profile=None,
    trend="t",
    catalogue="c",
    model="m",
)


def test_inputs_of_nobody_hold_nothing_of_anybody() -> None:
    assert (INPUTS.token, INPUTS.profile, INPUTS.purposes) == (None, None, ())
    assert (INPUTS.basket, INPUTS.exposures, INPUTS.elsewhere) == ((), {}, ())


def test_two_inputs_never_share_what_can_change() -> None:
    other = Inputs(**{name: getattr(INPUTS, name) for name in _REQUIRED})
    assert other == INPUTS
    assert other.exposures is not INPUTS.exposures


@pytest.mark.parametrize("word", [*ContentKind, *Rule, *InputFreshness])
def test_closed_lists_hold_words_for_the_wire(word: str) -> None:
    assert word == word.casefold()
    assert word.replace("-", "").isalpha()


_REQUIRED = (
    "id", "at", "day", "hour", "placement", "limit", "visit", "zone", "token", "purposes",
    "profile", "trend", "catalogue", "model",
)  # fmt: skip
