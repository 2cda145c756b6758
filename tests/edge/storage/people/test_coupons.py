from __future__ import annotations

import sqlite3

import pytest
from pydantic import ValidationError

from edge.storage import erased_people
from edge.storage.people import coupons
from edge.storage.people.coupons import CouponRow, know_coupons
from models.items import item_key
from models.offers.wallet import Wallet
from tests.edge.storage.samples import ANN, BEN, NOW, WALLET, later

DAY = 19_877


def day_of(at: object) -> int:
    return DAY if at == NOW else DAY + 1


def wallet(conn: sqlite3.Connection) -> Wallet:
    found = coupons.find(conn, ANN)
    assert found is not None
    return Wallet.from_bytes(found)


def test_what_is_kept_is_found_under_its_person(conn: sqlite3.Connection) -> None:
    assert coupons.save(conn, ANN, WALLET, NOW)
    assert coupons.save(conn, BEN, b"{}", NOW)
    assert coupons.save(conn, ANN, b"newer", NOW)
    assert coupons.find(conn, ANN) == b"newer"
    assert coupons.find(conn, BEN) == b"{}"


def test_who_was_erased_has_none_again(conn: sqlite3.Connection) -> None:
    coupons.save(conn, ANN, WALLET, NOW)
    assert (coupons.forget(conn, ANN), coupons.forget(conn, ANN)) == (1, 0)
    erased_people.add(conn, ANN, NOW)
    assert not coupons.save(conn, ANN, WALLET, NOW)
    assert coupons.find(conn, ANN) is None


def test_a_year_after_the_last_coupon_all_go(conn: sqlite3.Connection) -> None:
    coupons.save(conn, ANN, WALLET, later(days=9))
    coupons.save(conn, ANN, WALLET, NOW)
    coupons.save(conn, BEN, WALLET, NOW)
    assert coupons.sweep(conn, later(days=1), 10) == 1
    assert coupons.find(conn, BEN) is None
    assert coupons.sweep(conn, later(days=10), 0) == 0
    assert coupons.sweep(conn, later(days=10), 10) == 1


def test_the_centre_tells_of_earlier_coupons_and_may_repeat_itself(
    conn: sqlite3.Connection,
) -> None:
    told = [
        CouponRow(at=NOW),
        CouponRow(at=NOW, skus=("101", "102")),
        CouponRow.model_validate({"at": later(days=1), "later_field": 1}),
    ]
    for _ in range(2):
        assert know_coupons(conn, ANN, told, day_of)
    items = tuple(sorted((item_key("101"), item_key("102"))))
    assert wallet(conn) == Wallet(counted=((DAY, 2), (DAY + 1, 1)), redeemed=((DAY, items),))


def test_what_the_store_learned_itself_stays(conn: sqlite3.Connection) -> None:
    coupons.save(conn, ANN, Wallet().counting(DAY - 5, 3).to_bytes(), NOW)
    know_coupons(conn, ANN, [CouponRow(at=NOW)], day_of)
    assert wallet(conn).counted == ((DAY - 5, 3), (DAY, 1))


@pytest.mark.parametrize("row", [{}, {"at": "2024-06-03"}, {"at": NOW, "skus": ["a b"]}])
def test_what_is_no_coupon_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CouponRow.model_validate(row)
