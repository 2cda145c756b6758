from __future__ import annotations

import pytest

from edge.domain.consent import Purpose
from edge.domain.errors import SignalRefused
from edge.domain.market import RecognitionMethod
from edge.domain.transitions.beacon import passed, sighted
from edge.domain.transitions.transition import SignalContext
from tests.edge.builders import (
    ANN,
    EVERYTHING,
    GATEWAY,
    NOW,
    context,
    customer,
    later,
    policy,
    visit,
)


def seen(**changed: object) -> SignalContext:
    return context(GATEWAY, **{"zone": "dairy", "found": customer(), **changed})


def test_a_part_of_the_building_stirs_its_zone_and_concerns_nobody() -> None:
    transition = passed(context(GATEWAY, zone="dairy"))
    assert transition.visits == ()
    (fact,) = transition.facts
    assert (fact.name, fact.visit, fact.token, fact.must_keep) == (
        "Zone Passed",
        None,
        None,
        False,
    )
    assert [(w.placement, w.visit, w.zone) for w in transition.wants] == [
        ("display-zone", None, "dairy")
    ]


@pytest.mark.parametrize(
    "scene_",
    [
        seen(found=None),
        seen(found=customer(purposes=EVERYTHING - {Purpose.RECOGNISE})),
        seen(policy=policy(RecognitionMethod.APP_BEACON)),
    ],
    ids=["a stranger", "somebody who has not agreed", "a market that denies it"],
)
def test_strangers_and_people_who_have_not_agreed_read_the_same(scene_: SignalContext) -> None:
    with pytest.raises(SignalRefused) as refused:
        sighted(scene_)
    assert refused.value.reason == "unknown-beacon"


def test_a_first_sighting_opens_a_visit_in_the_zone() -> None:
    transition = sighted(seen())
    (stay,) = transition.visits
    assert (stay.token, stay.zone, stay.zone_since, stay.method) == (
        ANN,
        "dairy",
        NOW,
        RecognitionMethod.APP_BEACON,
    )
    assert [f.name for f in transition.facts] == [
        "Zone Seen",
        "Visit Started",
        "Customer Identified",
        "Zone Entered",
    ]
    assert [(w.placement, w.visit is None, w.zone) for w in transition.wants] == [
        ("arrival", False, None),
        ("tablet-card", False, "dairy"),
        ("display-zone", True, "dairy"),
    ]


def test_a_sighting_where_one_is_already_changes_no_screen() -> None:
    known = visit("v-1", ANN, zone="dairy", zone_since=NOW)
    transition = sighted(seen(known=known, at=later(3)))
    assert transition.visits == (known.seen(later(3)),)
    assert [f.name for f in transition.facts] == ["Zone Seen"]
    assert transition.wants == ()


def test_a_move_is_believed_at_the_second_sighting() -> None:
    known = visit("v-1", ANN, zone="wine", zone_since=NOW)
    first = sighted(seen(known=known))
    assert (first.visits[0].zone, first.wants) == ("wine", ())
    second = sighted(seen(known=first.visits[0], at=later(2)))
    assert second.visits[0].zone == "dairy"
    assert [f.name for f in second.facts] == ["Zone Seen", "Zone Entered"]
    assert {(w.placement, w.zone) for w in second.wants} == {
        ("display-zone", "dairy"),
        ("tablet-card", "dairy"),
    }


def test_a_sighting_without_a_zone_still_recognises() -> None:
    transition = sighted(seen(zone=None))
    assert transition.visits[0].token == ANN
    assert "Zone Entered" not in [f.name for f in transition.facts]
    assert "display-zone" not in [w.placement for w in transition.wants]


def test_a_public_screen_is_wished_for_nobody_in_particular() -> None:
    transition = sighted(seen())
    assert [w.visit for w in transition.wants if w.placement == "display-zone"] == [None]
