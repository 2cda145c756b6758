from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from devices.messages import till, up
from devices.messages.fields import Purpose
from devices.simulator.badges import Badges
from devices.simulator.script import Mark, ScriptedMessage, script
from devices.simulator.trip import ShopperMethod, Trip
from tests.devices.simulator.builders import BADGES, NOON, carried, floor, trip

T = TypeVar("T")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def acts(one: Trip) -> tuple[ScriptedMessage, ...]:
    return script(one, floor(), BADGES)


def said(one: Trip, kind: type[T]) -> list[T]:
    made = (act.data(NOW) if callable(act.data) else act.data for act in acts(one))
    return [data for data in made if isinstance(data, kind)]


def steps(one: Trip) -> list[str]:
    own = f"b-{said(one, till.Basket)[-1].basket_id[2:]}"
    return [str(b.action) for b in said(one, till.Basket) if b.basket_id == own]


@pytest.mark.parametrize("method", ShopperMethod)
def test_a_script_is_in_order_and_ends_with_leaving(method: ShopperMethod) -> None:
    times = [act.at for act in acts(trip(method))]
    assert times == sorted(times)
    assert times[0] >= NOON
    assert acts(trip(method))[-1].mark is Mark.LEAVES


@pytest.mark.parametrize("method", ShopperMethod)
def test_a_script_is_the_same_every_time(method: ShopperMethod) -> None:
    first, again = acts(trip(method)), acts(trip(method))
    assert [(a.at, a.device, a.mark) for a in first] == [
        (a.at, a.device, a.mark) for a in again
    ]


@pytest.mark.parametrize("method", ShopperMethod)
def test_every_basket_is_scanned_line_by_line_and_paid(method: ShopperMethod) -> None:
    added = [b.lines[0] for b in said(trip(method), till.Basket) if b.action == "add"]
    voided = [b for b in said(trip(method), till.Basket) if b.action == "remove"]
    assert len(added) - len(voided) == 3
    assert steps(trip(method))[0] == "open"
    assert steps(trip(method))[-2:] == ["total", "complete"]


def test_an_app_is_heard_twice_in_every_zone_under_a_rotating_id() -> None:
    own = [s for s in said(trip(ShopperMethod.BEACON), up.Sighting) if s.beacon.id == _own_id()]
    assert [s.zone for s in own] == ["entrance"] * 2 + ["fresh"] * 2 + ["checkout"] * 2
    assert {s.beacon.kind for s in own} == {"app"}


def _own_id() -> str:
    return BADGES.rotating(carried(), NOW)


def test_claims_are_signed_anew_each_time_they_are_sent() -> None:
    claims = [s.claim for s in said(trip(ShopperMethod.CLAIM), up.Sighting) if s.claim]
    assert len(claims) == len(set(claims)) == 6


def test_a_person_without_an_app_is_never_heard_as_themselves() -> None:
    for method in (ShopperMethod.KIOSK, ShopperMethod.TILL, ShopperMethod.NONE):
        assert all(
            s.claim is None and s.beacon.id != _own_id()
            for s in said(trip(method), up.Sighting)
        )


def test_who_has_no_card_is_not_asked_at_the_till() -> None:
    assert "identify" not in steps(trip(ShopperMethod.NONE))


def test_the_card_comes_before_the_first_line_or_after_the_last() -> None:
    places = {
        steps(trip(ShopperMethod.TILL, number=n)).index("identify") > 1 for n in range(1, 40)
    }
    assert places == {True, False}


def test_a_kiosk_visit_signs_in_and_out() -> None:
    one = trip(ShopperMethod.KIOSK)
    assert len(said(one, up.SignIn)) == len(said(one, up.SignOut)) == 1
    assert said(one, up.SignIn)[0].purposes == ()


def test_who_enrols_does_it_by_the_card_that_the_till_will_see() -> None:
    for number in range(1, 20):
        one = trip(ShopperMethod.KIOSK, number=number, enrols=(Purpose.RECOGNISE,))
        assert said(one, up.SignIn)[0].method == "loyalty"
        assert said(one, up.SignIn)[0].purposes == (Purpose.RECOGNISE,)


def test_people_sign_in_by_mail_phone_or_card() -> None:
    methods = {
        said(trip(ShopperMethod.KIOSK, number=number), up.SignIn)[0].method
        for number in range(1, 40)
    }
    assert methods == {"email", "phone", "loyalty"}


def test_withdrawing_takes_everything_back_in_mid_visit() -> None:
    one = trip(ShopperMethod.BEACON, withdraws=True)
    (consent,) = said(one, up.Consent)
    assert consent.action == "withdraw"
    assert set(consent.purposes) == set(Purpose)
    at = next(act.at for act in acts(one) if act.data == consent)
    assert NOON < at < one.leaves_at


def test_the_till_asks_in_mid_basket_for_that_basket() -> None:
    one = trip(ShopperMethod.TILL)
    (ask,) = said(one, up.Ask)
    assert ask.placement == "till-addon"
    assert ask.basket_id == said(one, till.Basket)[-1].basket_id


@pytest.mark.parametrize(("lines", "after"), [(2, [1]), (4, [1]), (5, [1, 4]), (8, [1, 4, 7])])
def test_the_till_asks_after_the_first_line_and_every_third(
    lines: int, after: list[int]
) -> None:
    (line, *_) = trip().lines
    long = tuple(replace(line, at_offset_s=60 + 4 * n) for n in range(lines))
    plain = (
        trip(ShopperMethod.TILL, number=n, lines=long, duration_s=300) for n in range(1, 50)
    )
    one = next(t for t in plain if all(b.action != "remove" for b in said(t, till.Basket)))
    asked_s = [
        (act.at - one.arrives_at).seconds for act in acts(one) if isinstance(act.data, up.Ask)
    ]
    assert [sum(piece.at_offset_s < at for piece in long) for at in asked_s] == after


def test_a_single_line_is_not_worth_a_question() -> None:
    assert said(trip(lines=trip().lines[:1]), up.Ask) == []


def test_somebody_who_buys_nothing_has_no_basket() -> None:
    assert said(trip(lines=()), till.Basket) == []


def test_rare_paths_are_walked_by_somebody() -> None:
    many = [trip(ShopperMethod.TILL, number=n) for n in range(1, 200)]
    baskets = [b for one in many for b in said(one, till.Basket)]
    assert {str(b.action) for b in baskets} == {
        "open", "add", "remove", "identify", "total", "complete", "abandon",
    }  # fmt: skip
    kinds = {s.beacon.kind for one in many for s in said(one, up.Sighting)}
    assert kinds == {"app", "ibeacon"}


def test_a_basket_id_does_not_tell_whose_baskets_belong_together() -> None:
    one, other = trip(number=1935), trip(number=1935, arrives_at=NOON.replace(hour=13))
    ids = {said(t, till.Basket)[0].basket_id for t in (one, other)}
    assert len(ids) == 2
    assert not any("1935" in basket_id for basket_id in ids)


def test_badges_are_of_the_form_that_the_contract_asks() -> None:
    badges = Badges(store="store-7", notice_id="n")
    up.Beacon(kind="ibeacon", id=badges.plain("fresh"))
    up.Beacon(kind="app", id=badges.stranger("k"))
    assert badges.plain("fresh") != badges.plain("entrance")
