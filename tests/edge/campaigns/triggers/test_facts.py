from __future__ import annotations

from datetime import timedelta

from edge.campaigns.triggers.facts import past
from edge.domain.trigger import TRIGGER_FACTS
from models.features.customer_value import CustomerBase
from models.features.profile import Profile
from tests.edge.builders import ANN, DAY, NOW, customer

BASE = CustomerBase()


def weekly(last: int) -> Profile:
    found = Profile.empty()
    for back in range(26):
        found.record(1, last - 7 * back)
    return found


def test_a_trigger_may_ask_who_is_leaving() -> None:
    here, gone = (
        past(customer(ANN), weekly(DAY - away), {}, NOW, BASE)["churn_risk_pct"]
        for away in (3, 150)
    )
    assert (here, gone) == (0, 99)


def test_todays_basket_wins_nobody_back_before_it_is_paid() -> None:
    profile = weekly(DAY - 150)
    before = past(customer(ANN), profile, {}, NOW, BASE)
    profile.record(1, DAY)
    assert past(customer(ANN), profile, {}, NOW, BASE) == before
    after = past(customer(ANN), profile, {}, NOW + timedelta(days=1), BASE)
    assert isinstance(risk := after["churn_risk_pct"], int)
    assert risk < 5


def test_every_fact_of_a_past_is_one_that_conditions_know() -> None:
    assert past(customer(ANN), Profile.empty(), {}, NOW, BASE).keys() <= TRIGGER_FACTS.keys()
