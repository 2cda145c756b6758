"""Near-term drivers through the whole shop: each once a person, and only with a yes at that moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from devices.messages import SignIn
from edge.campaigns.kpis.drivers import bounties as brought
from edge.domain.consent import Purpose
from edge.domain.driver_credit import Driver, DriverCredit
from edge.domain.ids import VisitId
from edge.domain.market import RecognitionMethod
from edge.domain.transitions.transition import Transition
from edge.storage.change_set import ChangeSet
from edge.storage.connection import open_connection, transaction
from edge.storage.measurement import driver_credits
from edge.storage.people.identifier_links import IdentifierLink
from edge.storage.people.used_claims import UsedClaim
from tests.edge.builders import ANN, EVERYTHING, NOW, context, visit
from tests.edge.campaigns.kpis.counted import CountedShop, ann, counted_shop
from tests.edge.shop import NOTICE

AGREED = ("recognise", "measure")


async def enrol(
    counted: CountedShop, purposes: Iterable[str] = AGREED, *, method: str = "email"
) -> None:
    said = {"email": "new@example.org", "loyalty": "4100009999"}[method]
    await counted.shop.say(
        SignIn.model_validate(
            {"method": method, "value": said, "purposes": tuple(purposes), "notice_id": NOTICE}
        )
    )


def credited(counted: CountedShop) -> dict[str, tuple[int, int]]:
    rows = counted.shop.rows(
        "SELECT driver, count(*), sum(cents) FROM bounties GROUP BY driver ORDER BY driver"
    )
    return {driver: (n, cents) for driver, n, cents in rows}


def value(path: Path, driver: Driver, cents: int) -> None:
    conn = open_connection(path)
    with transaction(conn):
        driver_credits.put_value(conn, driver, cents)
    conn.close()


async def test_an_enrolment_by_e_mail_brings_three_drivers(tmp_path: Path) -> None:
    value(tmp_path / "store.db", Driver.EMAIL_CAPTURED, 150)
    async with counted_shop(tmp_path / "store.db") as counted:
        await enrol(counted)
        assert credited(counted) == {
            "e-mail-captured": (1, 150),
            "logged-in": (1, 0),
            "signed-up": (1, 0),
        }
        assert counted.figure("drivers-value") == 150


async def test_a_card_number_is_no_e_mail(tmp_path: Path) -> None:
    async with counted_shop(tmp_path / "store.db") as counted:
        await enrol(counted, method="loyalty")
        assert set(credited(counted)) == {"logged-in", "signed-up"}


async def test_coming_again_brings_nothing_again(tmp_path: Path) -> None:
    async with counted_shop(tmp_path / "store.db") as counted:
        for _ in range(5):
            await enrol(counted)
            counted.shop.clock.pass_by(days=1)
        assert {n for n, _ in credited(counted).values()} == {1}


async def test_a_restart_brings_nothing_again(tmp_path: Path) -> None:
    for _ in range(3):
        async with counted_shop(tmp_path / "store.db") as counted:
            await enrol(counted)
            assert {n for n, _ in credited(counted).values()} == {1}


@pytest.mark.parametrize("gone", ["measure", "recognise"])
async def test_without_a_yes_at_that_moment_nothing_is_credited(
    tmp_path: Path, gone: str
) -> None:
    async with counted_shop(tmp_path / "store.db") as counted:
        await enrol(counted, [p for p in AGREED if p != gone])
        assert credited(counted) == {}


async def test_a_yes_given_later_counts_from_then_on(tmp_path: Path) -> None:
    async with counted_shop(tmp_path / "store.db") as counted:
        await enrol(counted, ["recognise"])
        counted.shop.clock.pass_by(3600)
        await enrol(counted, ["measure"])
        assert set(credited(counted)) == {"logged-in"}


async def test_a_repeated_message_is_credited_once(tmp_path: Path) -> None:
    ann(tmp_path / "store.db")
    async with counted_shop(tmp_path / "store.db") as counted:
        said = SignIn.model_validate(
            {"method": "loyalty", "value": "4100000001", "purposes": (), "notice_id": NOTICE}
        )
        for _ in range(3):
            await counted.shop.say(said, name="same")
        assert credited(counted) == {"logged-in": (1, 0)}


def found(
    transition: Transition, change_set: ChangeSet | None = None, *, allowed: bool = True
) -> set[Driver]:
    held = EVERYTHING if allowed else EVERYTHING - {Purpose.MEASURE}
    purposes = {VisitId("v-1"): held}
    return {
        b.driver for b in brought(transition, change_set or ChangeSet(at=NOW), purposes, NOW)
    }


def test_the_app_is_known_by_its_rotating_id_or_its_signed_claim() -> None:
    stay = visit("v-1", ANN)
    seen = Transition(facts=(context().fact("Zone Seen", stay),), visits=(stay,))
    assert found(seen) == {Driver.APP_INSTALLED}
    claimed = ChangeSet(at=NOW, claims=(UsedClaim(jti="j", expires_at=NOW),))
    assert found(Transition(facts=(), visits=(stay,)), claimed) == {Driver.APP_INSTALLED}


def test_a_receipts_code_is_an_e_receipt() -> None:
    stay = replace(visit("v-1", ANN), method=RecognitionMethod.RECEIPT_QR)
    assert found(Transition(facts=(), visits=(stay,))) == {Driver.E_RECEIPT}
    assert found(Transition(facts=(), visits=(stay,)), allowed=False) == set()


def test_what_a_visit_of_nobody_brings_is_nobodys() -> None:
    stay = visit("v-1")
    transition = Transition(facts=(context().fact("Signed In", stay),), visits=(stay,))
    link = IdentifierLink(code="a" * 26, token=ANN, kind="email")
    assert found(transition, ChangeSet(at=NOW, links=(link,))) == set()


def test_a_credit_names_its_person_and_its_moment() -> None:
    stay = visit("v-1", ANN)
    transition = Transition(facts=(context().fact("Signed In", stay),), visits=(stay,))
    assert brought(transition, ChangeSet(at=NOW), {VisitId("v-1"): EVERYTHING}, NOW) == (
        DriverCredit(token=ANN, driver=Driver.LOGGED_IN, at=NOW),
    )
