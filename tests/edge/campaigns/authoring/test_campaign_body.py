from __future__ import annotations

import pytest
from hypothesis import given
from pydantic import ValidationError

from edge.campaigns.authoring.campaign_body import CampaignBody, campaign_of
from edge.campaigns.authoring.export import campaign_body
from edge.domain.experiment import Arm, Design, Layer
from tests.edge.campaigns.authoring.bodies import NOW, a_campaign, campaigns


@given(campaigns())
def test_a_campaign_that_was_made_is_written_down_as_the_same_again(body: CampaignBody) -> None:
    made = campaign_of(body)
    assert campaign_of(campaign_body(made)) == made


def test_a_campaign_says_little_and_gets_a_tenth_held_out_by_its_own_name() -> None:
    made = campaign_of(CampaignBody.model_validate(a_campaign()))
    assert (made.salt, made.holdout_pct, made.design) == ("june", 10, Design.PERSON)
    assert made.is_live(NOW)
    assert made.arm(None, "store-1", NOW) is Arm.OUTSIDE


def test_a_campaign_says_all_that_an_experiment_needs() -> None:
    told = a_campaign(
        layer={"name": "dairy", "first": 0, "last": 5_000},
        variants=[
            {"name": "a", "strategies": {"kiosk-home": "trending"}},
            {"name": "b", "weight": 3},
        ],
        windows=[{"first_hour": 22, "last_hour": 2, "days": [5, 6]}],
        budget_cents=100_000,
    )
    made = campaign_of(CampaignBody.model_validate(told))
    assert made.layer == Layer(name="dairy", first=0, last=5_000)
    assert made.variants[0].strategies == (("kiosk-home", "trending"),)
    assert made.speaks(6, 1)
    assert not made.speaks(1, 12)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ends_at": "2026-11-20T12:00:00Z"}, "ends after it has started"),
        ({"holdout_pct": 101}, "less than or equal to 100"),
        (
            {"layer": {"name": "dairy", "first": 5_000, "last": 5_000}},
            "ends after it has begun",
        ),
        ({"rota": {"period_minutes": 60, "washout_minutes": 60}}, "whole stretch"),
        ({"windows": [{"first_hour": 9, "last_hour": 9}]}, "at least an hour"),
        ({"variants": [{"name": "a"}, {"name": "a"}]}, "have one name"),
        ({"design": "coin"}, "person"),
        ({"impact": 6}, "less than or equal to 5"),
        ({"id": "a/b"}, "pattern"),
        ({"hold_out": 10}, "Extra inputs"),
    ],
)
def test_what_no_campaign_can_say_is_refused(changed: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        CampaignBody.model_validate({**a_campaign(), **changed})
