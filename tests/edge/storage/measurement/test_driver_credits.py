from __future__ import annotations

import sqlite3

import pytest
from pydantic import ValidationError

from edge.domain.driver_credit import Driver, DriverCredit
from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.measurement import driver_credits
from edge.storage.measurement.driver_credits import know_bounty
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, NOW, later


def bounty(driver: Driver = Driver.SIGNED_UP, token: Token = ANN) -> DriverCredit:
    return DriverCredit(token=token, driver=driver, at=NOW)


def test_a_driver_is_credited_once_a_person(conn: sqlite3.Connection) -> None:
    assert [driver_credits.credit(conn, bounty()) for _ in range(3)] == [True, False, False]
    assert driver_credits.credit(conn, bounty(token=BEN))
    assert driver_credits.credit(conn, bounty(Driver.LOGGED_IN))
    assert stored.drivers(conn, ANN) == (Driver.LOGGED_IN, Driver.SIGNED_UP)


def test_a_credit_keeps_the_value_of_its_day(conn: sqlite3.Connection) -> None:
    driver_credits.put_value(conn, Driver.SIGNED_UP, 150)
    driver_credits.credit(conn, bounty())
    driver_credits.put_value(conn, Driver.SIGNED_UP, 300)
    driver_credits.credit(conn, bounty(token=BEN))
    assert driver_credits.credited(conn, NOW) == {Driver.SIGNED_UP: (2, 450)}
    assert driver_credits.values(conn) == {Driver.SIGNED_UP: 300}


def test_a_driver_without_a_value_counts_at_nothing(conn: sqlite3.Connection) -> None:
    driver_credits.put_value(conn, Driver.SIGNED_UP, 150)
    driver_credits.drop_value(conn, Driver.SIGNED_UP)
    driver_credits.credit(conn, bounty())
    assert driver_credits.credited(conn, NOW) == {Driver.SIGNED_UP: (1, 0)}


def test_only_the_asked_time_is_told(conn: sqlite3.Connection) -> None:
    driver_credits.credit(conn, bounty())
    assert driver_credits.credited(conn, later(1)) == {}


def test_an_erased_persons_credits_stay_as_nobodys_and_none_comes_after(
    conn: sqlite3.Connection,
) -> None:
    driver_credits.credit(conn, bounty())
    driver_credits.credit(conn, bounty(token=BEN))
    erased_people.add(conn, ANN, NOW)
    assert (driver_credits.forget(conn, ANN), driver_credits.forget(conn, ANN)) == (1, 0)
    assert not driver_credits.credit(conn, bounty())
    assert driver_credits.credited(conn, NOW) == {Driver.SIGNED_UP: (2, 0)}


def test_a_known_persons_credit_is_kept_so_that_it_is_not_given_again(
    conn: sqlite3.Connection,
) -> None:
    driver_credits.credit(conn, bounty())
    driver_credits.credit(conn, bounty(token=BEN))
    driver_credits.forget(conn, BEN)
    assert driver_credits.sweep(conn, later(days=1), 10) == 1
    assert not driver_credits.credit(conn, bounty())


def test_a_drivers_value_comes_and_goes(conn: sqlite3.Connection) -> None:
    know_bounty(conn, "signed-up", {"cents": 150})
    know_bounty(conn, "of-a-later-version", {"cents": 150})
    assert driver_credits.values(conn) == {Driver.SIGNED_UP: 150}
    know_bounty(conn, "signed-up", None)
    assert driver_credits.values(conn) == {}


@pytest.mark.parametrize("cents", [-1, 1_000_001, "much"])
def test_a_value_out_of_its_limits_is_refused(conn: sqlite3.Connection, cents: object) -> None:
    with pytest.raises(ValidationError):
        know_bounty(conn, "signed-up", {"cents": cents})
