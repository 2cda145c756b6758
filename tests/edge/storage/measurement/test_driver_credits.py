from __future__ import annotations

import sqlite3

from edge.domain.driver_credit import Bounty, Driver
from edge.domain.ids import Token
from edge.storage import erased_people as tombstones
from edge.storage.measurement import driver_credits as bounties
from tests.edge.storage.samples import ANN, BEN, NOW, later


def bounty(driver: Driver = Driver.SIGNED_UP, token: Token = ANN) -> Bounty:
    return Bounty(token=token, driver=driver, at=NOW)


def test_a_driver_is_credited_once_a_person(conn: sqlite3.Connection) -> None:
    assert [bounties.credit(conn, bounty()) for _ in range(3)] == [True, False, False]
    assert bounties.credit(conn, bounty(token=BEN))
    assert bounties.credit(conn, bounty(Driver.LOGGED_IN))
    assert bounties.of(conn, ANN) == (Driver.LOGGED_IN, Driver.SIGNED_UP)


def test_a_credit_keeps_the_value_of_its_day(conn: sqlite3.Connection) -> None:
    bounties.put_value(conn, Driver.SIGNED_UP, 150)
    bounties.credit(conn, bounty())
    bounties.put_value(conn, Driver.SIGNED_UP, 300)
    bounties.credit(conn, bounty(token=BEN))
    assert bounties.credited(conn, NOW) == {Driver.SIGNED_UP: (2, 450)}
    assert bounties.values(conn) == {Driver.SIGNED_UP: 300}


def test_a_driver_without_a_value_counts_at_nothing(conn: sqlite3.Connection) -> None:
    bounties.put_value(conn, Driver.SIGNED_UP, 150)
    bounties.drop_value(conn, Driver.SIGNED_UP)
    bounties.credit(conn, bounty())
    assert bounties.credited(conn, NOW) == {Driver.SIGNED_UP: (1, 0)}


def test_only_the_asked_time_is_told(conn: sqlite3.Connection) -> None:
    bounties.credit(conn, bounty())
    assert bounties.credited(conn, later(1)) == {}


def test_an_erased_persons_credits_stay_as_nobodys_and_none_comes_after(
    conn: sqlite3.Connection,
) -> None:
    bounties.credit(conn, bounty())
    bounties.credit(conn, bounty(token=BEN))
    tombstones.add(conn, ANN, NOW)
    assert (bounties.forget(conn, ANN), bounties.forget(conn, ANN)) == (1, 0)
    assert not bounties.credit(conn, bounty())
    assert bounties.credited(conn, NOW) == {Driver.SIGNED_UP: (2, 0)}


def test_a_known_persons_credit_is_kept_so_that_it_is_not_given_again(
    conn: sqlite3.Connection,
) -> None:
    bounties.credit(conn, bounty())
    bounties.credit(conn, bounty(token=BEN))
    bounties.forget(conn, BEN)
    assert bounties.sweep(conn, later(days=1), 10) == 1
    assert not bounties.credit(conn, bounty())
