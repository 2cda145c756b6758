"""A judge that finds nothing proves nothing: every kind of broken promise is broken here once on purpose."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from edge.domain.ids import OfferId
from edge.lab.simulate.audit import AuditedShowing
from edge.lab.simulate.invariants import InvariantJudge
from edge.lab.simulate.options import OPENS
from edge.lab.simulate.population import invent
from edge.lab.simulate.portfolio import ONCE, SUMMER, TILL, SimulatedPortfolio, build_portfolio
from edge.lab.simulate.record import PassedMessage
from edge.storage.connection import open_connection
from edge.storage.timestamps import to_us

POPULATION = invent(1, 5)
PORTFOLIO = build_portfolio(POPULATION, OPENS, OPENS + timedelta(days=3))
ZONES = {"display-entrance": "entrance", "camera-entrance": "entrance", "kiosk-1": "entrance"}
ANN = "c-ann"
PIZZA, OTHER_PIZZA = (
    o.id for o in PORTFOLIO.offers if o.campaign == ONCE and o.category == "frozen pizza"
)


def later(seconds: float = 0) -> datetime:
    return OPENS + timedelta(seconds=seconds)


def judge(people: int = 1, portfolio: SimulatedPortfolio = PORTFOLIO) -> InvariantJudge:
    return InvariantJudge.over(
        portfolio, POPULATION, frozenset({"Domestic Wine"}), ZONES, lambda _zone: people
    )


def shown(
    device: str = "kiosk/kiosk-1",
    *offers: str,
    decision: str = "d-1",
    personal: bool = False,
    items: tuple[str, ...] = (),
    at: float = 0,
) -> PassedMessage:
    body: dict[str, Any] = {
        "decision_id": decision,
        "kind": "personal" if personal else "context",
        "expires_at": later(at + 60).isoformat(),
        "items": [{"item_id": "1", "offer_id": o} for o in offers]
        + [{"item_id": sku} for sku in items],
    }
    topic = f"storeside/1/sim-1/{device}/show"
    return PassedMessage(at=later(at), way="down", topic=topic, body=body)


def counted(people: int, at: float) -> PassedMessage:
    topic = "storeside/1/sim-1/camera/camera-entrance/telemetry"
    return PassedMessage(
        at=later(at), way="up", topic=topic, body={"values": {"people": people}}
    )


@pytest.fixture
def conn(file: Any) -> Iterator[sqlite3.Connection]:
    with closing(open_connection(file)) as found:
        yield found


def decided(
    conn: sqlite3.Connection,
    name: str,
    *,
    token: str | None = None,
    placement: str = "kiosk-home",
) -> None:
    conn.execute(
        "INSERT INTO decisions (id, at_us, visit, token, placement, kind, inputs, output, core_us,"
        " total_us) VALUES (?, ?, 'v-1', ?, ?, 'personal', x'', x'', 0, 0)",
        (name, to_us(OPENS), token, placement),
    )


_visits = count(1)


def exposed(
    conn: sqlite3.Connection,
    offer: str,
    at: datetime,
    *,
    ghost: int = 0,
    visit: str = "",
    surface: str = "kiosk",
) -> None:
    """A showing, in a visit of its own where nothing else is said."""
    conn.execute(
        "INSERT INTO exposures (token, offer, surface, at_us, decision, ghost, visit)"
        " VALUES (?, ?, ?, ?, 'd-1', ?, ?)",
        (ANN, offer, surface, to_us(at), ghost, visit or f"v-{next(_visits)}"),
    )


def agreed(conn: sqlite3.Connection, state: str, at: datetime) -> None:
    conn.execute(
        "INSERT INTO consents (token, person, purpose, state, market, notice_id, given_us,"
        " channel, hash) VALUES (?, '', 'personalise-private', ?, 'US', 'n', ?, 'k', '')",
        (ANN, state, to_us(at)),
    )


def broken(one: InvariantJudge, conn: sqlite3.Connection) -> dict[str, int]:
    return {kind: n for kind, n in one.verdict(conn).violations.items() if n}


def test_nothing_is_broken_where_nothing_happened(conn: sqlite3.Connection) -> None:
    assert broken(judge(), conn) == {}


def test_a_sensitive_product_on_a_screen_is_seen(conn: sqlite3.Connection) -> None:
    one = judge()
    wine = next(g.sku for g in POPULATION.goods.values() if g.category == "domestic wine")
    one.heard(shown(items=(wine,)))
    assert broken(one, conn) == {"sensitive": 1}


def test_an_offer_of_a_summer_long_gone_is_seen(conn: sqlite3.Connection) -> None:
    one = judge()
    one.heard(shown("kiosk/kiosk-1", f"{SUMMER}-1000"))
    assert broken(one, conn) == {"out-of-season": 1}


class TestOnAPublicScreen:
    def test_something_personal_before_two_is_seen(self, conn: sqlite3.Connection) -> None:
        one = judge(people=2)
        one.heard(shown("display/display-entrance", personal=True))
        assert broken(one, conn) == {"personal-in-public": 1}

    def test_before_one_alone_it_may_be(self, conn: sqlite3.Connection) -> None:
        one = judge(people=1)
        one.heard(shown("display/display-entrance", personal=True))
        assert broken(one, conn) == {}

    def test_what_stays_when_a_second_comes_is_seen(self, conn: sqlite3.Connection) -> None:
        one = judge()
        one.heard(shown("display/display-entrance", personal=True))
        one.heard(counted(2, at=5))
        one.heard(counted(2, at=10))
        assert broken(one, conn) == {"personal-in-public": 1}

    def test_what_is_gone_within_a_second_is_none(self, conn: sqlite3.Connection) -> None:
        one = judge()
        one.heard(shown("display/display-entrance", personal=True))
        one.heard(counted(2, at=5))
        one.heard(shown("display/display-entrance", at=5))
        one.heard(counted(2, at=10))
        assert broken(one, conn) == {}


class TestCaps:
    CAP = next(o for o in PORTFOLIO.offers if o.campaign == TILL).weekly_cap

    def offer(self) -> OfferId:
        return next(o.id for o in PORTFOLIO.offers if o.campaign == TILL)

    def test_one_showing_too_many_in_a_week_is_seen(self, conn: sqlite3.Connection) -> None:
        for day in range(self.CAP + 1):
            exposed(conn, self.offer(), later(day * 86_400))
        assert broken(judge(), conn) == {"cap": 1}

    def test_a_visit_is_one_touch_and_an_associates_tablet_none(
        self, conn: sqlite3.Connection
    ) -> None:
        for n in range(self.CAP):
            exposed(conn, self.offer(), later(n))
            exposed(conn, self.offer(), later(n), visit="v-same")
        assert broken(judge(), conn) == {"cap": 1}
        conn.execute("DELETE FROM exposures WHERE visit <> 'v-same'")
        for n in range(self.CAP):
            exposed(conn, self.offer(), later(n), surface="tablet")
        assert broken(judge(), conn) == {}

    def test_what_a_holdout_withheld_does_not_count(self, conn: sqlite3.Connection) -> None:
        for _ in range(self.CAP):
            exposed(conn, self.offer(), later())
        exposed(conn, self.offer(), later(), ghost=1)
        assert broken(judge(), conn) == {}

    def test_the_eighth_day_begins_anew(self, conn: sqlite3.Connection) -> None:
        for _ in range(self.CAP):
            exposed(conn, self.offer(), later())
        exposed(conn, self.offer(), later(7 * 86_400))
        assert broken(judge(), conn) == {}

    def test_the_campaigns_own_cap_counts_all_its_offers(
        self, conn: sqlite3.Connection
    ) -> None:
        names = [o.id for o in PORTFOLIO.offers if o.campaign == TILL]
        for n in range(7):
            exposed(conn, names[n % len(names)], later(n))
        assert broken(judge(), conn) == {"cap": 1}


def test_a_one_time_offer_given_twice_is_seen(conn: sqlite3.Connection) -> None:
    for nth in (1, 2):
        conn.execute(
            "INSERT INTO redemptions (offer, campaign, token, nth, cents, decision, at_us)"
            " VALUES (?, ?, ?, ?, 1, 'd', 0)",
            (PIZZA, ONCE, ANN, nth),
        )
    assert broken(judge(), conn) == {"one-time": 1}


class TestConflicts:
    def seen(self, conn: sqlite3.Connection, *two: tuple[str, str, float]) -> dict[str, int]:
        one = judge()
        for n, (device, offer, at) in enumerate(two):
            decided(conn, f"d-{n}")
            one.heard(shown(device, offer, decision=f"d-{n}", at=at))
        return broken(one, conn)

    def test_two_rivals_on_two_screens_at_once_are_seen(self, conn: sqlite3.Connection) -> None:
        two = (("kiosk/kiosk-1", PIZZA, 0.0), ("pos/till-1", OTHER_PIZZA, 10.0))
        assert self.seen(conn, *two) == {"conflict": 1}

    def test_one_after_the_other_is_none(self, conn: sqlite3.Connection) -> None:
        two = (("kiosk/kiosk-1", PIZZA, 0.0), ("pos/till-1", OTHER_PIZZA, 61.0))
        assert self.seen(conn, *two) == {}

    def test_the_same_offer_twice_is_none(self, conn: sqlite3.Connection) -> None:
        two = (("kiosk/kiosk-1", PIZZA, 0.0), ("pos/till-1", PIZZA, 10.0))
        assert self.seen(conn, *two) == {}


class TestConsent:
    def test_a_decision_without_a_yes_is_seen(self, conn: sqlite3.Connection) -> None:
        decided(conn, "d-1", token=ANN)
        assert broken(judge(), conn) == {"consent": 1}

    def test_with_a_yes_it_is_none(self, conn: sqlite3.Connection) -> None:
        decided(conn, "d-1", token=ANN)
        agreed(conn, "given", later(-60))
        assert broken(judge(), conn) == {}

    def test_what_is_shown_after_a_withdrawal_is_seen(self, conn: sqlite3.Connection) -> None:
        decided(conn, "d-1", token=ANN)
        agreed(conn, "given", later(-60))
        agreed(conn, "withdrawn", later(1))
        one = judge()
        one.heard(shown(personal=True, at=2))
        assert broken(one, conn) == {"consent": 1}


def test_an_offer_that_no_cap_counts_is_seen(conn: sqlite3.Connection) -> None:
    one = judge()
    one.heard(shown("kiosk/kiosk-1", PIZZA, personal=True))
    assert broken(one, conn) == {"uncounted": 1}


def test_an_event_that_was_promised_and_is_nowhere_is_seen(conn: sqlite3.Connection) -> None:
    one = judge()
    topic = "storeside/1/sim-1/pos/till-1/receipt"
    body = {"id": "e-1", "accepted": True}
    one.heard(PassedMessage(at=OPENS, way="down", topic=topic, body=body))
    assert broken(one, conn) == {"lost": 1}


def test_content_that_was_replaced_ends_there() -> None:
    showing = AuditedShowing(
        device="k",
        surface="kiosk",
        decision="d",
        personal=False,
        offers=(),
        at=OPENS,
        until=later(60),
    )
    assert showing.ending(later(5)) == replace(showing, until=later(5))
    assert showing.ending(later(90)) == showing
