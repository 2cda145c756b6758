from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.campaigns.experiments.design import EVERYTHING, design_of
from edge.campaigns.experiments.enrolment import Enrolment, MeasuredPerson, measured
from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue
from edge.domain.consent import Purpose
from edge.domain.decision import Choice, Decision
from edge.domain.experiment import Arm, Design, SwitchbackSchedule, Variant
from edge.domain.ids import OfferId, Sku
from edge.state.customers import Person
from tests.edge.builders import (
    ANN,
    DAY,
    NOW,
    basket,
    campaign,
    catalogue,
    customer,
    decision,
    line,
    offer,
    personal,
    profile,
)

AGREED = MeasuredPerson(
    purposes=frozenset({Purpose.MEASURE, Purpose.PERSONALISE_PRIVATE}),
    segments=("regular",),
    trips=12,
)
JULY = offer("o-2", 2, campaign="july")
SOLD = catalogue(offers=[offer("o-1", 1), JULY], campaigns=[campaign(), campaign("july")])


def decided(*offers: str, ghosts: tuple[str, ...] = (), **changed: object) -> Decision:
    """Ann's decision with these offers on its choices, and those withheld from her."""
    choices = tuple(
        Choice(sku=Sku("1"), points=1, worth=1, sources=(), offer=OfferId(o)) for o in offers
    )
    plain = replace(
        decision(personal()),
        choices=choices,
        ghosts=tuple(map(OfferId, ghosts)),
        arm=Arm.TREATED.value,
        arms={"june": "treated", "july": "held-out"},
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def entered(
    made: Decision, person: MeasuredPerson = AGREED, sold: Catalogue = SOLD
) -> dict[str, str]:
    return {one.campaign: one.arm for one in Enrolment(7).note(made, person, sold)}


def test_a_showing_enters_its_campaign_and_everything_together() -> None:
    assert entered(decided("o-1")) == {EVERYTHING: "treated", "june": "treated"}


def test_a_ghost_showing_enters_the_campaign_that_was_withheld() -> None:
    assert entered(decided(ghosts=("o-2",))) == {EVERYTHING: "treated", "july": "held-out"}


def test_a_campaign_with_nothing_on_the_screen_is_not_entered() -> None:
    assert entered(decided()) == {EVERYTHING: "treated"}


def test_whom_the_global_holdout_keeps_out_is_in_its_test_alone() -> None:
    made = decided(ghosts=("o-1",), arm=Arm.HELD_OUT.value)
    assert entered(made) == {EVERYTHING: "held-out"}


def test_who_did_not_agree_to_be_measured_enters_nothing() -> None:
    others = replace(AGREED, purposes=frozenset(Purpose) - {Purpose.MEASURE})
    assert entered(decided("o-1"), others) == {}


def test_nobody_enters_nothing() -> None:
    assert entered(decided("o-1", token=None)) == {}


def test_a_list_that_has_no_screen_enters_nothing() -> None:
    assert entered(decided("o-1", placement="arrival")) == {}


def test_who_belongs_to_another_test_of_the_layer_is_not_in_this_one() -> None:
    made = decided("o-1", arms={"june": "outside"})
    assert entered(made) == {EVERYTHING: "treated"}


def test_what_is_known_of_the_person_goes_with_them() -> None:
    june = Enrolment(7).note(decided("o-1"), AGREED, SOLD)[1]
    assert (june.segments, june.past_trips, june.token, june.at) == (("regular",), 12, ANN, NOW)
    assert june.design == design_of(campaign())


def test_a_test_of_strategies_is_entered_where_some_arm_orders_the_place() -> None:
    arms = (
        Variant(name="a"),
        Variant(name="b", strategies=(("kiosk-home", "best-selling"),)),
    )
    sold = catalogue(campaigns=[campaign("order", variants=arms)])
    assert entered(decided(), sold=sold)["order"] in {"a", "b"}
    assert "order" not in entered(decided(placement="phone-home"), sold=sold)


def test_a_switchback_takes_in_no_people() -> None:
    sold = catalogue(
        offers=[offer("o-1", 1)],
        campaigns=[campaign(design=Design.SWITCHBACK, rota=SwitchbackSchedule())],
    )
    assert entered(decided("o-1"), sold=sold) == {EVERYTHING: "treated"}


@pytest.mark.parametrize(
    ("person", "test", "expected"),
    [
        (AGREED, campaign(), {EVERYTHING: "treated", "june": "treated"}),
        (AGREED, campaign(holdout_pct=100), {EVERYTHING: "treated", "june": "held-out"}),
        (AGREED, campaign(paused=True), {EVERYTHING: "treated"}),
        (AGREED, campaign(design=Design.SWITCHBACK), {EVERYTHING: "treated"}),
        (replace(AGREED, purposes=frozenset()), campaign(), {}),
    ],
    ids=["sent", "withheld", "paused", "switchback", "not-agreed"],
)
def test_a_message_enters_where_a_showing_would(
    person: MeasuredPerson, test: Campaign, expected: dict[str, str]
) -> None:
    sold = catalogue(campaigns=[test])
    found = Enrolment(7).reached(ANN, person, ["june", "gone"], NOW, sold)
    assert {one.campaign: one.arm for one in found} == expected


def test_a_sale_tells_pieces_by_campaign() -> None:
    paid = Enrolment(7).paid(basket("b", "v", line(1, 3), line(9)), (ANN, AGREED), NOW, SOLD)
    (sale,) = paid.sales
    assert (sale.cents, sale.items) == (3 * 101 + 109, {"june": 3})


def test_a_sale_of_who_did_not_agree_is_nobodys() -> None:
    others = replace(AGREED, purposes=frozenset())
    measuring = Enrolment(7)
    assert measuring.paid(basket("b", "v", line(1)), (ANN, others), NOW, SOLD).sales == ()
    assert measuring.paid(basket("b", "v", line(1)), None, NOW, SOLD).sales == ()


def switchback(**changed: object) -> Catalogue:
    rota = SwitchbackSchedule(period_minutes=60, washout_minutes=10)
    plain = campaign(design=Design.SWITCHBACK, rota=rota)
    test = replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice
    return catalogue(offers=[offer("o-1", 1)], campaigns=[test])


def test_everybodys_basket_counts_for_the_stretch() -> None:
    (found,) = (
        Enrolment(7).paid(basket("b", "v", line(1, 2)), None, NOW, switchback()).stretches
    )
    assert (found.store, found.baskets, found.cents, found.items) == (7, 1, 202, 2)
    test = switchback().campaigns["june"]
    assert found.is_on is (test.arm(None, "7", NOW) is Arm.TREATED)
    assert found.begins_at <= NOW


def test_what_the_stretch_before_has_left_behind_is_not_counted() -> None:
    washed = NOW.replace(minute=9)
    assert not Enrolment(7).paid(basket(), None, washed, switchback()).stretches


@pytest.mark.parametrize("gone", [{"paused": True}, {"ends_at": NOW}])
def test_a_switchback_that_does_not_run_counts_nothing(gone: dict[str, object]) -> None:
    assert not Enrolment(7).paid(basket(), None, NOW, switchback(**gone)).stretches


def test_another_catalogue_is_read_anew() -> None:
    measuring, other = Enrolment(7), catalogue(offers=[offer("o-9", 9)], campaigns=[campaign()])
    for sold, pieces in ((SOLD, {}), (other, {"june": 1})):
        (sale,) = measuring.paid(basket("b", "v", line(9)), (ANN, AGREED), NOW, sold).sales
        assert sale.items == pieces


def test_a_person_is_seen_as_they_were_when_recognised() -> None:
    known = replace(customer(), segments=("regular",))
    person = Person(customer=known, profile=profile(1, 2))
    person.freeze()
    person.profile.record(3, DAY)
    seen = measured(person, frozenset({Purpose.MEASURE}))
    assert (seen.segments, seen.trips, person.profile.trips) == (("regular",), 1, 2)


def entered_when_held_out(pct: int, seed: int) -> set[str]:
    """Tests entered by one decision in a shop of its own, where so many are held out of June."""
    luck = np.random.default_rng(seed)
    habits = profile(*luck.choice(np.arange(1, 13), 5, replace=False).tolist())
    offers = [
        offer(
            f"o-{n}", int(item), category=f"category {n % 4}", campaign=("june", "july")[n % 2]
        )
        for n, item in enumerate(luck.choice(np.arange(1, 13), 6, replace=False))
    ]
    campaigns = [campaign("june", holdout_pct=pct), campaign("july")]
    sold = catalogue(offers=offers, campaigns=campaigns)
    return set(entered(decision(personal(), sold, habits=habits), sold=sold))


def test_who_is_held_out_enters_exactly_where_the_treated_do() -> None:
    treated = [entered_when_held_out(0, seed) for seed in range(12)]
    held_out = [entered_when_held_out(100, seed) for seed in range(12)]
    assert treated == held_out
    assert sum("june" in tests for tests in treated) > 6
