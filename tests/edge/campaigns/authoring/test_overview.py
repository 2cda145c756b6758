from __future__ import annotations

import sqlite3
from datetime import timedelta

from edge.campaigns.authoring.campaign_body import campaign_of
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.overview import CampaignLine, at_a_glance, listed
from edge.campaigns.authoring.publishing import approve, approved, draft, put, with_pause
from edge.campaigns.checks.portfolio_view import State
from edge.storage.catalogue import campaigns
from edge.storage.catalogue.campaign_versions import Hand
from tests.edge.campaigns.authoring.bodies import NOW, a_campaign, a_portfolio, an_offer

ANNA = Hand("anna", NOW)


def publish(conn: sqlite3.Connection, told: PortfolioBody) -> None:
    id_ = told.campaigns[0].id
    draft(conn, told, ANNA)
    approve(conn, id_, None, ANNA)
    edition, proposal = approved(conn, id_)
    put(conn, proposal, ANNA, "published", edition)


def line(conn: sqlite3.Connection, id_: str = "june") -> CampaignLine:
    return next(one for one in listed(conn, NOW) if one.id == id_)


def test_a_campaign_is_listed_from_its_first_draft_on(conn: sqlite3.Connection) -> None:
    draft(conn, a_portfolio(), ANNA)
    assert (line(conn).state, line(conn).version, line(conn).waiting) == (
        State.DRAFT,
        None,
        1,
    )
    approve(conn, "june", None, ANNA)
    assert (line(conn).state, line(conn).offers) == (State.APPROVED, 1)


def test_what_stands_goes_by_its_dates(conn: sqlite3.Connection) -> None:
    publish(conn, a_portfolio())
    assert line(conn).state is State.LIVE
    (later,) = listed(conn, NOW + timedelta(days=9_999))
    assert later.state is State.ENDED


def test_a_newer_draft_waits_beside_what_is_live(conn: sqlite3.Connection) -> None:
    publish(conn, a_portfolio())
    draft(conn, a_portfolio(an_offer(), an_offer("o-2")), ANNA)
    assert (line(conn).version, line(conn).waiting, line(conn).offers) == (1, 2, 1)


def test_what_the_centre_sent_has_no_version_until_it_is_changed_here(
    conn: sqlite3.Connection,
) -> None:
    campaigns.upsert(conn, map(campaign_of, a_portfolio().campaigns))
    assert (line(conn).state, line(conn).version) == (State.LIVE, None)
    put(conn, with_pause(conn, "june", paused=True), ANNA, "paused")
    assert (line(conn).state, line(conn).version) == (State.PAUSED, 2)


def test_a_campaign_that_the_centre_took_away_is_listed_no_more(
    conn: sqlite3.Connection,
) -> None:
    publish(conn, a_portfolio())
    campaigns.delete(conn, ["june"])
    assert listed(conn, NOW) == ()


def test_the_glance_counts_ranks_and_draws_the_lines(conn: sqlite3.Connection) -> None:
    publish(conn, a_portfolio())
    for id_, impact in (("july", 2), ("august", 5)):
        told = {"campaigns": [a_campaign(id_, impact=impact, parent="june")]}
        draft(conn, PortfolioBody.model_validate(told), ANNA)
    glance = at_a_glance(conn, NOW)
    assert (glance.counts[State.LIVE], glance.counts[State.DRAFT]) == (1, 2)
    assert glance.backlog == ("august", "july")
    assert glance.lines == (("june", "august"), ("june", "july"))
    assert glance.age_days == {"june": 2}
    assert glance.published_a_day > 0
