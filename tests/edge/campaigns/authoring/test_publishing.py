from __future__ import annotations

import sqlite3

import pytest

from edge.campaigns.authoring.campaign_body import campaign_of
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.errors import NoSuchCampaign, PortfolioInvalid, WrongState
from edge.campaigns.authoring.pending_change import PendingChange, of_campaign, of_offer, whole
from edge.campaigns.authoring.publishing import (
    approve,
    approved,
    draft,
    earlier,
    put,
    with_pause,
)
from edge.domain.ids import OfferId
from edge.storage.catalogue import campaign_versions, campaigns, offers
from edge.storage.catalogue.campaign_versions import Hand, VersionState
from tests.edge.campaigns.authoring.bodies import NOW, a_campaign, a_portfolio, an_offer
from tests.edge.storage import stored

ANNA, BO = Hand("anna", NOW), Hand("bo", NOW)


def publish(conn: sqlite3.Connection, *told: dict[str, object], **changed: object) -> int:
    """The whole way of one version of the campaign; its number."""
    (made,) = draft(conn, a_portfolio(*told, **changed), ANNA)
    approve(conn, "june", None, BO)
    edition, proposal = approved(conn, "june")
    put(conn, proposal, BO, "published", edition)
    return made.version


def ids(conn: sqlite3.Connection) -> list[str]:
    return [one.id for one in offers.every(conn)]


def states(conn: sqlite3.Connection) -> dict[int, str]:
    return {one.version: one.state.value for one in campaign_versions.of(conn, "june")}


def test_a_draft_is_kept_and_changes_nothing(conn: sqlite3.Connection) -> None:
    (made,) = draft(conn, a_portfolio(), ANNA)
    assert (made.version, made.state, made.drafted) == (1, VersionState.DRAFT, ANNA)
    assert whole(conn) == PortfolioBody()


def test_a_draft_is_a_whole_campaign(conn: sqlite3.Connection) -> None:
    with pytest.raises(PortfolioInvalid, match="campaign may"):
        draft(conn, a_portfolio(an_offer(campaign="may")), ANNA)
    assert campaign_versions.newest(conn) == ()


def test_what_was_approved_goes_live_as_it_was_written(conn: sqlite3.Connection) -> None:
    told = a_portfolio(an_offer(skus=["101", "x-9"]), an_offer("o-2", skus=["102"]))
    draft(conn, told, ANNA)
    approve(conn, "june", 1, BO)
    edition, proposal = approved(conn, "june")
    (live,) = put(conn, proposal, BO, "published", edition)
    assert (live.state, live.published) == (VersionState.LIVE, BO)
    assert of_campaign(conn, "june").offers == told.offers
    assert campaigns.every(conn) == (campaign_of(told.campaigns[0]),)


def test_what_is_not_approved_is_not_published(conn: sqlite3.Connection) -> None:
    draft(conn, a_portfolio(), ANNA)
    with pytest.raises(WrongState, match="june is draft"):
        approved(conn, "june")
    with pytest.raises(NoSuchCampaign):
        approved(conn, "july")


def test_approving_twice_is_told(conn: sqlite3.Connection) -> None:
    draft(conn, a_portfolio(), ANNA)
    approve(conn, "june", 1, BO)
    with pytest.raises(WrongState, match="is approved"):
        approve(conn, "june", 1, BO)
    with pytest.raises(NoSuchCampaign, match="june in version 9"):
        approve(conn, "june", 9, BO)


def test_the_next_version_takes_the_place_of_the_one_before(conn: sqlite3.Connection) -> None:
    publish(conn, an_offer(), an_offer("o-2"))
    publish(conn, an_offer("o-3"))
    assert ids(conn) == ["o-3"]
    assert states(conn) == {2: "live", 1: "ended"}


def test_rolling_back_makes_an_earlier_version_the_newest(conn: sqlite3.Connection) -> None:
    publish(conn, an_offer(), an_offer("o-2"), name="first")
    publish(conn, an_offer("o-3"), name="second")
    edition, proposal = earlier(conn, "june")
    put(conn, proposal, ANNA, f"back to version {edition.version}")
    assert ids(conn) == ["o-1", "o-2"]
    assert campaigns.every(conn)[0].name == "first"
    assert states(conn) == {3: "live", 2: "ended", 1: "ended"}
    assert campaign_versions.of(conn, "june")[0].why == "back to version 1"


def test_there_is_nothing_to_go_back_to_before_the_second_version(
    conn: sqlite3.Connection,
) -> None:
    publish(conn)
    with pytest.raises(WrongState, match="june is live"):
        earlier(conn, "june")


def test_what_the_centre_sent_is_kept_before_it_is_changed_here(
    conn: sqlite3.Connection,
) -> None:
    sent = a_portfolio().campaigns[0]
    campaigns.upsert(conn, [campaign_of(sent)])
    put(conn, with_pause(conn, "june", paused=True), ANNA, "paused")
    assert campaigns.every(conn)[0].paused
    assert [one.why for one in campaign_versions.of(conn, "june")] == ["paused", "found"]
    _, proposal = earlier(conn, "june")
    put(conn, proposal, ANNA, "back")
    assert campaigns.every(conn) == (campaign_of(sent),)


def test_pausing_leaves_the_offers_alone(conn: sqlite3.Connection) -> None:
    publish(conn, an_offer(), an_offer("o-2"))
    put(conn, with_pause(conn, "june", paused=True), ANNA, "paused")
    assert ids(conn) == ["o-1", "o-2"]
    assert states(conn) == {2: "live", 1: "ended"}
    with pytest.raises(NoSuchCampaign, match="july"):
        with_pause(conn, "july", paused=True)


def test_single_offers_are_put_over_what_stands(conn: sqlite3.Connection) -> None:
    publish(conn, an_offer(), an_offer("o-2"))
    one = PortfolioBody.model_validate({"offers": [an_offer("o-2", discount_cents=99)]})
    put(conn, PendingChange(coming=one), ANNA, "published")
    assert {offer.id: offer.discount_cents for offer in offers.every(conn)} == {
        "o-1": 20,
        "o-2": 99,
    }
    found = offers.find(conn, OfferId("o-2"))
    assert found is not None
    assert of_offer(conn, "o-2").offers[0].discount_cents == 99


def test_writing_the_same_otherwise_is_no_other_version(conn: sqlite3.Connection) -> None:
    publish(conn, an_offer(one_time=True))
    put(conn, with_pause(conn, "june", paused=True), ANNA, "paused")
    assert [one.why for one in campaign_versions.of(conn, "june")] == ["paused", "drafted"]


def test_every_act_is_written_down_with_its_hand(conn: sqlite3.Connection) -> None:
    publish(conn)
    put(conn, with_pause(conn, "june", paused=True), ANNA, "paused")
    acts = stored.acts(conn, "campaign/june")
    assert [(act.who, act.act) for act in acts] == [
        ("bo", "approved"), ("bo", "published"), ("anna", "paused"),
    ]  # fmt: skip
    assert acts[1].after == acts[2].before
    assert acts[2].before != acts[2].after


def test_a_change_says_what_would_stand_after_it(conn: sqlite3.Connection) -> None:
    publish(conn, an_offer(), an_offer("o-2"))
    coming = PortfolioBody.model_validate(
        {"campaigns": [a_campaign("july")], "offers": [an_offer("o-3", campaign="july")]}
    )
    proposal = PendingChange(coming=coming, gone=frozenset({OfferId("o-1")}))
    assert proposal.touched == ("july",)
    assert proposal.ids == {"july", "o-3"}
    assert [one.id for one in proposal.offers_over(offers.every(conn))] == ["o-2", "o-3"]
    assert sorted(proposal.campaigns_over(campaigns.every(conn))) == ["july", "june"]
