"""A campaign's way from draft to live and back: every step names its hand, and leaves what was there before.

What may be published is decided in `judging`; here it is only made real, in the caller's transaction.
"""

from __future__ import annotations

import hashlib
import sqlite3

from edge.campaigns.authoring.campaign_body import campaign_of
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.errors import NoSuchCampaign, PortfolioInvalid, WrongState
from edge.campaigns.authoring.offer_body import offer_of
from edge.campaigns.authoring.pending_change import PendingChange, of_campaign
from edge.domain.campaign import Campaign
from edge.domain.offer import Offer
from edge.storage.catalogue import campaign_versions, campaigns, offers, products
from edge.storage.catalogue.campaign_versions import Edition, Hand, VersionState
from edge.storage.measurement import audit_log
from edge.storage.measurement.audit_log import AuditEntry


def draft(
    conn: sqlite3.Connection, portfolio: PortfolioBody, hand: Hand
) -> tuple[Edition, ...]:
    """Keep each campaign of ``portfolio`` with its offers as a new draft; nothing of it is live.

    Raises:
        PortfolioInvalid: an offer's campaign is not in it: a draft is a whole campaign.
    """
    named = {one.id for one in portfolio.campaigns}
    stray = next((one for one in portfolio.offers if one.campaign not in named), None)
    if stray is not None:
        raise PortfolioInvalid(
            f"offer {stray.id}: its campaign {stray.campaign} is not in it",
            hint="a draft is a whole campaign; single offers: storeside offers publish FILE",
        )
    return tuple(
        campaign_versions.add(conn, one.id, _json(_only(portfolio, one.id)), "drafted", hand)
        for one in portfolio.campaigns
    )


def approve(
    conn: sqlite3.Connection, campaign: str, version: int | None, hand: Hand
) -> Edition:
    """Approve a draft; without ``version`` the newest there is.

    Raises:
        NoSuchCampaign: there is no such version.
        WrongState: it is no draft.
    """
    found = _found(conn, campaign, version, VersionState.DRAFT)
    campaign_versions.approve(conn, campaign, found.version, hand)
    _note(conn, hand, "approved", campaign, ("", found.body))
    return _found(conn, campaign, found.version, VersionState.APPROVED)


def approved(
    conn: sqlite3.Connection, campaign: str, version: int | None = None
) -> tuple[Edition, PendingChange]:
    """An approved version and what publishing it would change; its campaign's other offers go.

    Raises:
        NoSuchCampaign: there is no such version.
        WrongState: it is not approved.
    """
    found = _found(conn, campaign, version, VersionState.APPROVED)
    return found, _in_place(conn, campaign, found)


def earlier(
    conn: sqlite3.Connection, campaign: str, version: int | None = None
) -> tuple[Edition, PendingChange]:
    """A version that was live and what going back to it would change; without ``version`` the latest of these.

    Raises:
        NoSuchCampaign: there is no such version.
        WrongState: it was never live.
    """
    found = _found(conn, campaign, version, VersionState.ENDED)
    return found, _in_place(conn, campaign, found)


def with_pause(conn: sqlite3.Connection, campaign: str, *, paused: bool) -> PendingChange:
    """What pausing a campaign, or letting it go on, would change.

    Raises:
        NoSuchCampaign: no such campaign stands.
    """
    standing = of_campaign(conn, campaign).campaigns
    if not standing:
        raise NoSuchCampaign(f"no campaign {campaign} stands", hint="storeside campaigns list")
    turned = tuple(one.model_copy(update={"paused": paused}) for one in standing)
    # Without its offers, which stay as they stand.
    return PendingChange(coming=PortfolioBody(campaigns=turned))


def put(
    conn: sqlite3.Connection,
    proposal: PendingChange,
    hand: Hand,
    why: str,
    edition: Edition | None = None,
) -> tuple[Edition, ...]:
    """Make the change real; each campaign that it touches gets a live version, the one before ends.

    ``edition``: the approved version that goes live by it. What stood there without a version, because the
    centre sent it, is kept as one first, so that every change can be taken back.

    Returns:
        The live versions.
    """
    skus = products.skus(conn)
    before = {name: of_campaign(conn, name, skus) for name in proposal.touched}
    for name, standing in before.items():
        _keep_found(conn, name, standing, hand)
    campaigns.upsert(conn, map(campaign_of, proposal.coming.campaigns))
    # Gone before new ones are put, in the order by which the tower reckoned the change.
    offers.delete(conn, sorted(proposal.gone))
    offers.upsert(conn, map(offer_of, proposal.coming.offers))
    live = list[Edition]()
    for name in proposal.touched:
        # Read back: a version keeps what really stands, not what was asked for.
        body = _json(of_campaign(conn, name, skus))
        made = edition or _approved_now(conn, name, body, why, hand)
        campaign_versions.go_live(conn, name, made.version, hand)
        _note(conn, hand, why, name, (_json(before[name]), body))
        live.append(_found(conn, name, made.version, VersionState.LIVE))
    return tuple(live)


def _in_place(conn: sqlite3.Connection, campaign: str, edition: Edition) -> PendingChange:
    coming = PortfolioBody.model_validate_json(edition.body)
    kept = {one.id for one in coming.offers}
    stand = {one.id for one in offers.of_campaign(conn, campaign)}
    return PendingChange(coming=coming, gone=frozenset(stand - kept))


def _keep_found(
    conn: sqlite3.Connection, name: str, standing: PortfolioBody, hand: Hand
) -> None:
    """Keep what stands as a version, where the live one is another or there is none."""
    if standing == PortfolioBody():
        return
    live = next(
        (one for one in campaign_versions.of(conn, name) if one.state is VersionState.LIVE),
        None,
    )
    if live is None or not _same(PortfolioBody.model_validate_json(live.body), standing):
        found = _approved_now(conn, name, _json(standing), "found", hand)
        campaign_versions.go_live(conn, name, found.version, hand)


def _same(one: PortfolioBody, other: PortfolioBody) -> bool:
    """Whether both mean the same campaign and offers, however they are written."""
    return _meant(one) == _meant(other)


def _meant(portfolio: PortfolioBody) -> tuple[list[Campaign], list[Offer]]:
    offered = sorted(map(offer_of, portfolio.offers), key=lambda offer: offer.id)
    return list(map(campaign_of, portfolio.campaigns)), offered


def _approved_now(
    conn: sqlite3.Connection, name: str, body: str, why: str, hand: Hand
) -> Edition:
    made = campaign_versions.add(conn, name, body, why, hand)
    campaign_versions.approve(conn, name, made.version, hand)
    return made


def _found(
    conn: sqlite3.Connection, campaign: str, version: int | None, state: VersionState
) -> Edition:
    """The version asked for, or the newest one in ``state``."""
    every = campaign_versions.of(conn, campaign)
    asked = [one for one in every if version is None or one.version == version]
    if not asked:
        what = campaign if version is None else f"{campaign} in version {version}"
        raise NoSuchCampaign(
            f"there is no campaign {what}", hint=f"storeside campaigns versions {campaign}"
        )
    # Newest first: where none is in that state, the newest is the one to speak of.
    found = next((one for one in asked if one.state is state), None)
    if found is None:
        raise WrongState(
            f"version {asked[0].version} of {campaign} is {asked[0].state.value},"
            f" not {state.value}",
            hint=f"storeside campaigns versions {campaign}",
        )
    return found


def _only(portfolio: PortfolioBody, campaign: str) -> PortfolioBody:
    return PortfolioBody(
        campaigns=tuple(one for one in portfolio.campaigns if one.id == campaign),
        offers=tuple(one for one in portfolio.offers if one.campaign == campaign),
    )


def _json(portfolio: PortfolioBody) -> str:
    return portfolio.model_dump_json(exclude_defaults=True)


def _note(
    conn: sqlite3.Connection, hand: Hand, act: str, campaign: str, bodies: tuple[str, str]
) -> None:
    """Write the act down with the digests of what was there before and is after."""
    before, after = (hashlib.sha256(b.encode()).hexdigest() if b else "" for b in bodies)
    audit_log.add(
        conn,
        AuditEntry(
            at=hand.at,
            who=hand.by,
            act=act,
            object=f"campaign/{campaign}",
            before=before,
            after=after,
        ),
    )
