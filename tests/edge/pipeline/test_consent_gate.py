"""Consent and the pause before anything is decided: without either there is no card for the associate at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.domain.clock import Clock
from edge.domain.consent import ConsentEntry, Consents, Purpose
from edge.domain.customer import Customer
from edge.domain.market import RecognitionMethod
from edge.pipeline.consent_gate import ConsentGate, PersonalContentSwitch
from edge.state.customers import CustomerCache
from tests.edge.builders import (
    ANN,
    EVERYTHING,
    KIOSK,
    NOW,
    TABLET,
    customer,
    policy,
    said,
    visit,
)
from tests.edge.fakes import HandClock
from tests.edge.shop import Shop, know, note, open_shop
from tests.edge.state.test_customers import Drawer

STAY = visit("v-1", ANN, method=RecognitionMethod.KIOSK_LOGIN)


def gate(
    purposes: frozenset[Purpose] = EVERYTHING,
    *,
    paused: bool = False,
    clock: Clock | None = None,
) -> ConsentGate:
    people = CustomerCache(Drawer(customer(ANN, purposes)))
    return ConsentGate(
        people=people,
        policy=policy(),
        pause=PersonalContentSwitch(on=paused),
        clock=clock or HandClock(NOW),
    )


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("agreed", [False, True])
def test_it_takes_an_agreement_and_no_pause(*, agreed: bool, paused: bool) -> None:
    purposes = EVERYTHING if agreed else EVERYTHING - {Purpose.ASSOCIATE_ASSIST}
    found = gate(purposes, paused=paused).allows(
        Purpose.ASSOCIATE_ASSIST, ANN, STAY, at=NOW, now=NOW
    )
    assert found == (agreed and not paused)


def test_a_pause_knows_nobody_but_changes_nobodys_consents() -> None:
    paused = gate(paused=True)
    assert paused.recognised(STAY, NOW) is None
    assert paused.purposes(ANN, STAY, NOW, NOW) == gate().purposes(ANN, STAY, NOW, NOW) != set()


def test_nobody_agreed_to_anything() -> None:
    assert gate().agreed(ANN, NOW, NOW) == EVERYTHING
    assert gate(frozenset()).agreed(ANN, NOW, NOW) == frozenset()
    assert not gate().allows(Purpose.ASSOCIATE_ASSIST, None, None, NOW, NOW)


class LeapingClock(HandClock):
    """A shop's clock that does not follow what the machine's says."""

    leap = timedelta()

    def latest(self) -> datetime:
        return max(self.at, self.wall())

    def wall(self) -> datetime:
        return self.at + self.leap


def short(days: float) -> tuple[ConsentEntry, ...]:
    """Ann's agreement to everything, which ends after so many days."""
    return tuple(said(purpose, until=NOW + timedelta(days=days)) for purpose in Purpose)


@pytest.mark.parametrize("leap_days", [-365, 365])
def test_while_the_clock_is_doubted_nothing_is_used_that_may_have_ended(leap_days: int) -> None:
    clock = LeapingClock(NOW)
    ann = Customer(token=ANN, consents=Consents(entries=short(30)))
    asked = ConsentGate(
        people=CustomerCache(Drawer(ann)),
        policy=policy(),
        pause=PersonalContentSwitch(),
        clock=clock,
    )
    assert asked.purposes(ANN, STAY, NOW, NOW) == EVERYTHING
    clock.leap = timedelta(days=leap_days)
    assert bool(asked.purposes(ANN, STAY, NOW, NOW)) == (leap_days < 0)
    assert bool(asked.agreed(ANN, NOW, NOW)) == (leap_days < 0)
    clock.leap = timedelta()
    assert asked.agreed(ANN, NOW, NOW) == EVERYTHING


async def test_a_leap_of_a_year_and_back_recognises_nobody_too_long_and_forgets_nothing(
    file: Path,
) -> None:
    know(file, purposes=())
    note(file, *short(30))
    clock = LeapingClock(NOW)
    async with open_shop(file, clock=clock) as shop:
        await shop.sign_in()
        assert shop.shown(KIOSK)[-1]["kind"] == "personal"
        clock.leap = timedelta(days=365)
        await shop.sign_in()
        assert shop.shown(KIOSK)[-1]["kind"] == "context"
        assert (await shop.till("complete", 1)).accepted
        clock.leap = timedelta()
        await shop.sign_in()
        assert shop.shown(KIOSK)[-1]["kind"] == "personal"
        assert (await shop.till("complete", 2, basket="b-2")).accepted
        assert shop.counters.refusals == {}


def decided(shop: Shop) -> set[str]:
    return {one.placement for one in shop.stored()}


async def test_who_refused_the_associates_help_has_no_card_not_even_an_anonymous_one(
    file: Path,
) -> None:
    know(file, purposes=EVERYTHING - {Purpose.ASSOCIATE_ASSIST})
    async with open_shop(file) as shop:
        await shop.sign_in()
        assert shop.shown(KIOSK)[-1]["kind"] == "personal"
        assert shop.shown(TABLET) == []
        assert "tablet-card" not in decided(shop)


async def test_during_a_pause_there_is_nothing_personal_and_no_card(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        shop.takedown.pause(on=True)
        await shop.sign_in()
        assert shop.shown(KIOSK)[-1]["kind"] != "personal"
        assert shop.shown(TABLET) == []
        assert decided(shop) == {"kiosk-home"}


async def test_who_agreed_has_a_card_on_the_tablet(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        assert shop.shown(TABLET)[-1]["kind"] == "personal"
