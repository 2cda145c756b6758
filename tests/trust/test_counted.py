"""The count itself is on trial: what is broken must be found."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from devices.errors import Refusal
from devices.messages import Command, Receipt, Show, ShowItem
from edge.domain.decision import Decision
from edge.domain.ids import VisitId
from tests.edge.builders import ANN, campaign, catalogue, decision, later, offer, personal
from tests.trust.cast import Given, Notes
from tests.trust.counted import Counts, Limits, _caps, _conflicts, _Disk, _rights
from tests.trust.watched import Screens, Seen, together

OFFERS = [offer("a", 1, per_person=1, cap=2), offer("b", 2, per_store=1, cap=9)]
LIMITS = Limits(category=9, person=9)


def made(number: int) -> Decision:
    found = decision(personal(), catalogue(offers=OFFERS))
    return replace(found, id=f"d-{number}", visit=f"v-{number}")  # type: ignore[arg-type]  # a name


def disk(
    count: int, redemptions: list[tuple[str, str, str | None, int]] | None = None
) -> _Disk:
    decisions = {f"d-{n}": made(n) for n in range(count)}
    return _Disk(
        decisions=decisions,
        offers={o.id: o for o in OFFERS},
        campaign_caps={"june": campaign(weekly_cap=None).weekly_cap},
        budgets={"june": 100},
        exposures={(d, o) for d in decisions for o in ("a", "b")},
        redemptions=redemptions or [],
    )


def seen(decision: str, device: str = "kiosk-1", *offers: str, at: float = 0.0) -> Seen:
    return Seen(
        device=device,
        channel="sent",
        decision=decision,
        offers=frozenset(offers or ("a", "b")),
        since=at,
        until=at + 10,
    )


@pytest.mark.parametrize(("times", "above"), [(2, 0), (3, 1)])
def test_one_showing_above_a_cap_is_found_on_disk_and_on_devices(
    times: int, above: int
) -> None:
    found = Counts()
    _caps(disk(times), LIMITS, found, [seen(f"d-{n}") for n in range(times)])
    assert (found.broken_on_disk, found.broken_on_devices, found.uncounted) == (above, above, 0)


def test_redraws_in_one_visit_and_an_associates_tablet_are_no_further_touches() -> None:
    several = disk(3)
    redrawn = {n: replace(d, visit=VisitId("v-1")) for n, d in several.decisions.items()}
    staff = {n: replace(d, placement="tablet-card") for n, d in several.decisions.items()}
    for decisions in (redrawn, staff):
        found = Counts()
        _caps(replace(several, decisions=decisions), LIMITS, found, [])
        assert found.broken_on_disk == 0


@pytest.mark.parametrize(
    ("limits", "above"),
    [(Limits(category=3, person=9), 1), (Limits(category=9, person=3), 1), (LIMITS, 0)],
)
def test_a_category_and_a_person_have_their_own_caps(limits: Limits, above: int) -> None:
    found = Counts()
    _caps(disk(2), limits, found, [])
    assert found.broken_on_disk == above


def test_what_a_device_drew_and_nobody_counted_is_found() -> None:
    found = Counts()
    uncounted = replace_exposures(disk(1))
    _caps(uncounted, LIMITS, found, [seen("d-0"), seen("d-unknown")])
    assert found.uncounted == 3


def replace_exposures(of: _Disk) -> _Disk:
    return _Disk(of.decisions, of.offers, of.campaign_caps, of.budgets, set(), of.redemptions)


def test_two_devices_that_contradict_each_other_are_found() -> None:
    found = Counts()
    _conflicts(disk(2), found, [seen("d-0", "kiosk-1", "a"), seen("d-1", "till-1", "b", at=5)])
    assert (found.pairs, found.conflicts) == (1, 1)
    after = Counts()
    _conflicts(
        disk(2), after, [seen("d-0", "kiosk-1", "a"), seen("d-1", "till-1", "b", at=9.5)]
    )
    assert after.conflicts == 0


def given(event: str, reason: Refusal | None = None) -> Given:
    receipt = Receipt(id=event, accepted=reason is None, reason=reason)
    return Given(event=event, basket="b-1", decision="d-0", item="1", receipt=receipt)


def test_a_right_given_twice_is_found_and_a_repeat_is_none() -> None:
    for events, twice in ((["e-1", "e-2"], 1), (["e-1", "e-1"], 0)):
        found = Counts()
        notes = Notes(given=[given(event) for event in events])
        _rights(disk(1), found, notes)
        assert found.twice == twice
    back = Counts()
    put_back = Notes(given=[replace(given("e-1"), undone=True), given("e-2")])
    _rights(disk(1), back, put_back)
    assert back.twice == 0
    refused = Counts()
    _rights(disk(1), refused, Notes(given=[given("e-1", Refusal.OFFER_USED)]))
    assert (refused.twice, refused.refused) == (0, 1)


def test_a_stock_and_a_budget_that_were_overdrawn_are_found() -> None:
    rows: list[tuple[str, str, str | None, int]] = [("b", "june", ANN, 60)]
    for times, overdrawn in ((1, 0), (2, 2)):
        found = Counts()
        _rights(disk(1, rows * times), found, Notes())
        assert found.overdrawn == overdrawn


# What a device notes down.


def show(name: str, *offers: str, until: datetime | None = None) -> Show:
    return Show(
        decision_id=name,
        placement="kiosk-home",
        kind="personal",
        template="tiles",
        items=tuple(ShowItem(item_id="1", offer_id=o, headline="", reason="") for o in offers),
        expires_at=until or later(60),
        config="c",
    )


def test_what_is_sent_ends_what_was_there_and_what_was_asked_for() -> None:
    screens = Screens()
    screens.shows("kiosk-1", show("one", "a"), 0, 60, asked=False)
    screens.shows("kiosk-1", show("asked", "a"), 1, 60, asked=True)
    screens.shows("kiosk-1", show("two", "b"), 2, 60, asked=False)
    past = {s.decision: (s.since, s.until) for s in screens.close(100)}
    assert past == {"one": (0, 2), "asked": (1, 2), "two": (2, 62)}


def test_a_cleared_screen_shows_nothing_any_more() -> None:
    screens = Screens()
    screens.shows("kiosk-1", show("one", "a"), 0, 60, asked=False)
    screens.obeys("kiosk-1", Command(command="clear"), 3)
    assert [s.until for s in screens.close(9)] == [3]


def test_pairs_are_of_two_devices_at_one_time() -> None:
    one, other = seen("d-0"), seen("d-1", "till-1", at=2)
    assert len(list(together([one, other], 0.5))) == 1
    assert list(together([one, replace(other, device="kiosk-1")], 0.5)) == []
    assert list(together([one, replace(other, since=9.8, until=20)], 0.5)) == []
