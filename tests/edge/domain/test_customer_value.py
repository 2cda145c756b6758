from __future__ import annotations

import pytest

from edge.decision.conditions import Expression
from edge.domain.audience import FACTS, SOMEBODY
from edge.domain.customer_value import NO_OUTLOOK, outlook_facts
from edge.domain.ids import ItemKey
from models.features.customer_value import CustomerBase
from models.features.profile import Profile
from tests.edge.builders import DAY, product, profile

SOLD = {ItemKey(1): product(1)}
BASE = CustomerBase()


def weekly(trips: int, last: int) -> Profile:
    found = Profile.empty()
    for back in range(trips):
        found.record(1, last - 7 * back)
    return found


def test_a_regular_is_here_to_stay_and_one_who_stayed_away_is_not() -> None:
    regular = outlook_facts(BASE, weekly(30, DAY - 5), DAY, SOLD)
    gone = outlook_facts(BASE, weekly(30, DAY - 150), DAY, SOLD)
    assert regular["churn_risk_pct"] == 0
    assert regular["expected_trips"] == 4
    assert gone["churn_risk_pct"] == 99
    assert (gone["expected_trips"], gone["value_cents"]) == (0, 0)
    assert Expression("churn_risk_pct >= 50").holds({**SOMEBODY, **gone})
    assert not Expression("churn_risk_pct >= 50").holds({**SOMEBODY, **regular})


def test_what_is_no_longer_sold_is_worth_nothing() -> None:
    habits = weekly(30, DAY - 5)
    assert outlook_facts(BASE, habits, DAY, SOLD)["value_cents"] != 0
    assert outlook_facts(BASE, habits, DAY, {})["value_cents"] == 0


@pytest.mark.parametrize("habits", [Profile.empty(), profile(1, day=DAY)])
def test_nothing_is_foretold_of_who_never_came_before(habits: Profile) -> None:
    assert outlook_facts(BASE, habits, DAY, SOLD) == NO_OUTLOOK
    assert {name: FACTS[name][0] for name in NO_OUTLOOK} == NO_OUTLOOK
