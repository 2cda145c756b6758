"""A winning arm becomes the rule: one act, a new version of the campaign, and a line in the audit.

Console and ``storeside experiments promote`` call it; `authoring.publishing` puts the new version in force.
"""

from __future__ import annotations

import sqlite3

from edge.campaigns.authoring import publishing
from edge.campaigns.authoring.campaign_body import CampaignBody
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.pending_change import PendingChange, of_campaign
from edge.campaigns.experiments.errors import NoSuchArm, NoSuchTest, NotWon
from edge.campaigns.experiments.randomised import ArmComparison, Metric, PeopleResult
from edge.campaigns.experiments.results import Result
from edge.domain.experiment import Arm
from edge.storage.catalogue.campaign_versions import Edition, Hand
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification

_FIRST = Metric.VISIT_SPEND


def promote(
    conn: sqlite3.Connection, result: Result, arm: str, hand: Hand, *, anyway: bool = False
) -> Edition:
    """Let ``arm`` be all that the campaign does; whom it holds out stays held out, to measure the rule by.

    ``held-out`` as the winner pauses the campaign: doing nothing was better. In the caller's transaction.

    Args:
        conn: The store's database.
        result: What was measured.
        arm: A variant, or ``held-out``.
        hand: Who does it, and the real instant.
        anyway: Also where the figures do not say so.

    Raises:
        NoSuchTest: no campaign stands under that name.
        NoSuchArm: it has no such arm.
        NotWon: the figures do not say that the arm is better.
    """
    id_ = result.evidence.id
    standing = of_campaign(conn, id_).campaigns
    if not standing:
        raise NoSuchTest(f"no campaign {id_} stands", hint="storeside experiments results")
    ruled = _ruled(standing[0], arm)
    if not anyway:
        _need_won(result.people, arm)
    change = PendingChange(coming=PortfolioBody(campaigns=(ruled,)))
    (edition,) = publishing.put(conn, change, hand, f"promoted {arm}")
    # The running service listens for this bell and takes the new version up without a restart.
    command_notifications.notify(conn, CommandNotification.SHELVES)
    return edition


def is_ahead(result: PeopleResult, arm: str) -> bool:
    """Whether the arm beats some other, and none beats it, by intervals without nought."""
    signs = [
        _sign(c, arm)
        for c in result.compared
        if c.metric is _FIRST and arm in {c.arm, c.against}
    ]
    return 1 in signs and -1 not in signs


def _sign(one: ArmComparison, arm: str) -> int:
    """1 where ``arm`` is the better of the two compared, -1 where it is the worse, 0 where it cannot be told."""
    if not one.lift.stands:
        return 0
    better = one.lift.difference.low > 0
    return 1 if better is (one.arm == arm) else -1


def _ruled(campaign: CampaignBody, arm: str) -> CampaignBody:
    if arm == Arm.HELD_OUT.value:
        return campaign.model_copy(update={"paused": True})
    winner = tuple(variant for variant in campaign.variants if variant.name == arm)
    # A single arm is the rule already.
    if not winner or len(campaign.variants) == 1:
        others = ", ".join(v.name for v in campaign.variants if len(campaign.variants) > 1)
        raise NoSuchArm(
            f"{campaign.id} has no arm {arm} that could become its rule",
            hint=f"its arms are {others or 'none'}; held-out pauses it",
        )
    return campaign.model_copy(update={"variants": winner})


def _need_won(result: PeopleResult | None, arm: str) -> None:
    if result is None:
        raise NotWon(
            "a switchback compares no people", hint="read its figures, then promote --anyway"
        )
    # Before any figure: of people who were lost no comparison can be believed.
    if result.ratio.alarm:
        raise NotWon(
            "people did not fall into the arms as they were meant to: no figure can be believed",
            hint="find out where people are lost, and draw anew with another salt",
        )
    if not is_ahead(result, arm):
        raise NotWon(
            f"the figures do not say that {arm} is better",
            hint="let it run on, or promote --anyway",
        )
