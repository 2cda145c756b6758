from __future__ import annotations

from edge.decision.steps.candidates import shortlist
from edge.decision.steps.context import describe
from edge.decision.steps.experiment import Arms, assign
from edge.decision.steps.score import score
from edge.domain.campaign import Campaign
from edge.domain.experiment import Arm, Variant
from edge.domain.ids import Token
from edge.domain.offer import Offer
from tests.edge.builders import ANN, campaign, catalogue, evidence, inputs, offer, personal
from tests.edge.fakes import Rates

RANKER = Rates.falling(6)


def arms(
    *campaigns: Campaign,
    offers: tuple[Offer, ...] = (offer(),),
    token: Token | None = ANN,
    **tuning: object,
) -> Arms:
    sold = catalogue(offers=offers, campaigns=campaigns, **tuning)  # type: ignore[arg-type]  # numbers of the test's choice
    given = inputs() if token is None else personal(token=token)
    context = describe(given, evidence(), sold)
    return assign(context, score(context, shortlist(context, RANKER), RANKER))


def test_a_campaign_without_an_offer_on_a_candidate_is_not_drawn() -> None:
    two = (campaign(), campaign("silent"))
    found = arms(*two, offers=(offer("a", 1), offer("b", 12, campaign="silent")))
    assert list(found.campaigns) == ["june", "silent"]  # offers put their items on the list
    assert list(arms(*two).campaigns) == ["june"]


def test_a_campaign_that_nobody_knows_is_given_and_not_told() -> None:
    found = arms()
    assert found.of("june").arm is Arm.TREATED
    assert found.of("never-asked").arm is Arm.TREATED
    assert found.named() == {}


def test_arms_are_told_by_campaign_and_the_variant_by_its_name() -> None:
    tested = campaign(variants=(Variant(name="loud"),))
    assert arms(tested).named() == {"june": "loud"}
    assert arms(campaign(holdout_pct=100)).named() == {"june": "held-out"}
    assert arms(campaign(), token=None).named() == {"june": "outside"}


def test_the_global_arm_stands_beside_those_of_campaigns() -> None:
    assert arms(campaign(), holdout_pct=100).everywhere is Arm.HELD_OUT
    assert arms(campaign(holdout_pct=100)).everywhere is Arm.TREATED
    assert arms(token=None, holdout_pct=100).everywhere is Arm.OUTSIDE
