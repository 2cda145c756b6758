from __future__ import annotations

import sqlite3

from edge.campaigns.authoring.check_change import ChangeVerdict, StoreRules, after, judged
from edge.campaigns.authoring.offer_body import offer_of
from edge.campaigns.authoring.pending_change import PendingChange
from edge.campaigns.checks.findings import Fault, Finding, forbids
from edge.domain.catalogue import Tuning
from edge.storage.catalogue import assets, offers
from tests.edge.campaigns.authoring.bodies import NOW, a_portfolio, an_offer

RULES = StoreRules(tuning=Tuning(), sensitive_categories=frozenset({"Wine"}))


def found(conn: sqlite3.Connection, *told: dict[str, object], **changed: object) -> set[Fault]:
    proposal = PendingChange(coming=a_portfolio(*told, **changed))
    return {one.code for one in judged(conn, RULES, proposal, NOW) if one.grade == "error"}


def test_a_sound_portfolio_may_be_published(conn: sqlite3.Connection) -> None:
    assert found(conn) == set()


def test_the_tower_sees_what_is_sold_and_what_it_costs(conn: sqlite3.Connection) -> None:
    assert found(conn, an_offer(skus=["999"])) == {Fault.UNKNOWN_PRODUCT}
    assert Fault.FREE_PRODUCT in found(conn, an_offer(discount_cents=300))


def test_the_tower_sees_which_pictures_are_here(conn: sqlite3.Connection) -> None:
    kept = assets.put(conn, b"x", "image/png", name="x", tags=(), at=NOW)
    proposal = PendingChange(coming=a_portfolio())
    assert after(conn, RULES, proposal).assets == {kept.sha256}


def test_the_tower_sees_what_is_sensitive_in_this_market(conn: sqlite3.Connection) -> None:
    assert after(conn, RULES, PendingChange(coming=a_portfolio())).sensitive == {130}


def test_a_change_collides_with_what_stands_but_not_with_its_own_older_self(
    conn: sqlite3.Connection,
) -> None:
    offers.upsert(conn, map(offer_of, a_portfolio().offers))
    assert found(conn) == set()
    assert Fault.COLLISION in found(conn, an_offer("o-2"))


def test_an_old_offer_that_ended_stops_nobody(conn: sqlite3.Connection) -> None:
    ended = an_offer("o-9", starts_at="2020-01-01T00:00:00Z", ends_at="2020-02-01T00:00:00Z")
    offers.upsert(conn, map(offer_of, a_portfolio(ended).offers))
    assert found(conn) == set()
    assert found(conn, ended) == {Fault.ENDED}


def test_an_error_forbids_and_a_warning_does_not() -> None:
    warned = Finding(code=Fault.CAP_ZERO, grade="warning", culprits=("a",), says="s", mend="m")
    assert not ChangeVerdict(findings=(warned,)).forbidden
    assert forbids([warned]) is False
