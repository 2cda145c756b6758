from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from edge.domain.consent import ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.exposure_memory import ExposureMemory
from edge.domain.ids import Token
from edge.state.customers import CustomerCache, just_bought
from models.features.profile import Profile
from tests.edge.builders import ANN, BEN, DAY, NOW, customer, profile, said, shown, touch


class Drawer:
    """What the disk knows of people, and how often it was asked."""

    def __init__(self, *known: Customer) -> None:
        self.known = {c.token: c for c in known}
        self.profiles: dict[Token, bytes] = {}
        self.wallets: dict[Token, bytes] = {}
        self.seen = ExposureMemory()
        self.asked = 0

    def customer(self, token: Token) -> Customer | None:
        self.asked += 1
        return self.known.get(token)

    def profile(self, token: Token) -> bytes | None:
        return self.profiles.get(token)

    def coupons(self, token: Token) -> bytes | None:
        return self.wallets.get(token)

    def memory(self, token: Token, since: datetime) -> ExposureMemory:
        return replace(self.seen, touches=[t for t in self.seen.touches if t.at >= since])


def test_nobody_and_strangers_are_nobody() -> None:
    drawer = Drawer()
    people = CustomerCache(drawer)
    assert people.find(None, NOW) is people.find(ANN, NOW) is None
    assert drawer.asked == 1


def test_a_person_is_read_once_while_they_are_in_mind() -> None:
    drawer = Drawer(customer())
    drawer.profiles[ANN] = profile(3).to_bytes()
    people = CustomerCache(drawer)
    person = people.find(ANN, NOW)
    assert person is not None
    assert person is people.find(ANN, NOW)
    assert (drawer.asked, person.profile.keys.tolist()) == (1, [3])


def test_only_so_many_are_kept_in_mind_the_latest_met() -> None:
    many = [Token(f"c-{n:04}") for n in range(2_002)]
    drawer = Drawer(*(Customer(token=t) for t in many))
    people = CustomerCache(drawer)
    for token in many[:2_000]:
        people.find(token, NOW)
    people.find(many[0], NOW)
    people.find(many[2_000], NOW)
    before = drawer.asked
    people.find(many[0], NOW)
    assert drawer.asked == before
    people.find(many[1], NOW)
    assert drawer.asked == before + 1


def test_a_new_line_in_the_ledger_holds_at_once_and_concerns_one_person() -> None:
    people = CustomerCache(Drawer(customer(), customer(BEN)))
    people.find(ANN, NOW)
    people.add_consents(ANN, (said(state=ConsentState.WITHDRAWN, at=NOW),))
    people.add_consents(Token("c-unknown"), (said(),))
    ann, ben = people.find(ANN, NOW), people.find(BEN, NOW)
    assert ann is not None
    assert ben is not None
    assert not ann.customer.consents.covers(Purpose.RECOGNISE, NOW)
    assert ben.customer.consents.covers(Purpose.RECOGNISE, NOW)


def test_a_person_is_read_with_what_they_were_shown_in_the_last_five_weeks() -> None:
    drawer = Drawer(customer())
    drawer.seen = shown(a=(-1, -34), old=(-36,))
    person = CustomerCache(drawer).find(ANN, NOW)
    assert person is not None
    assert [t.offer for t in person.memory.touches] == ["a", "a"]


def test_habits_are_frozen_until_the_visit_is_over() -> None:
    people = CustomerCache(Drawer(customer()))
    person = people.find(ANN, NOW)
    assert person is not None
    frozen = person.freeze()
    person.profile.record(5, DAY)
    assert person.freeze() is frozen
    assert len(frozen.profile) == 0
    people.visit_ended(ANN)
    people.visit_ended(None)
    assert len(person.freeze().profile) == 1


def test_somebody_who_enrolled_is_known_before_the_disk_knows() -> None:
    people = CustomerCache(Drawer())
    assert people.enrol(customer()) is people.find(ANN, NOW)


def test_who_is_forgotten_is_read_anew() -> None:
    drawer = Drawer(customer())
    people = CustomerCache(drawer)
    people.find(ANN, NOW)
    drawer.known.clear()
    people.forget(ANN)
    assert people.find(ANN, NOW) is None


def test_a_refresh_reads_what_the_centre_changed_and_keeps_what_is_still_being_written() -> (
    None
):
    drawer = Drawer(customer(purposes={Purpose.RECOGNISE}))
    people = CustomerCache(drawer)
    person = people.find(ANN, NOW)
    assert person is not None
    habits = person.freeze()
    person.profile.record(5, DAY)
    person.memory.touches.append(touch("o"))
    people.add_consents(ANN, (said(state=ConsentState.WITHDRAWN, at=NOW),))

    drawer.known[ANN] = replace(customer(purposes={Purpose.RECOGNISE, Purpose.SHARE}))
    drawer.profiles[ANN] = profile(3).to_bytes()
    drawer.seen = shown(o=(-1,))
    people.refresh(ANN, NOW)
    fresh = people.find(ANN, NOW)
    assert fresh is not None
    assert fresh.habits is habits
    assert sorted(fresh.profile.keys.tolist()) == [3, 5]
    assert len(fresh.memory.touches) == 2
    assert fresh.customer.consents.allowed(NOW) == {Purpose.SHARE}


def test_a_refresh_keeps_where_the_latest_trip_was_made_and_what_was_promoted() -> None:
    drawer = Drawer(customer())
    people = CustomerCache(drawer)
    person = people.find(ANN, NOW)
    assert person is not None
    person.profile.record(5, DAY, place=368, promoted=True)
    person.profile.record(6, DAY, place=368)
    people.refresh(ANN, NOW)
    fresh = people.find(ANN, NOW)
    assert fresh is not None
    assert fresh.profile == person.profile


def test_a_refresh_of_somebody_erased_keeps_nothing() -> None:
    drawer = Drawer(customer())
    people = CustomerCache(drawer)
    people.find(ANN, NOW)
    drawer.known.clear()
    people.refresh(ANN, NOW)
    assert people.find(ANN, NOW) is None


def test_a_refresh_of_somebody_not_in_mind_reads_the_disk_alone() -> None:
    drawer = Drawer(customer())
    people = CustomerCache(drawer)
    people.refresh(ANN, NOW)
    assert people.find(ANN, NOW) is not None


def test_what_was_just_bought_includes_today_and_the_days_before() -> None:
    habits, live = Profile.empty(), Profile.empty()
    habits.record(1, DAY - 2)
    habits.record(2, DAY - 1)
    live.record(3, DAY)
    assert just_bought(habits, live, DAY, 1) == (2, 3)
    assert just_bought(habits, live, DAY, 0) == (3,)
    assert just_bought(habits, live, DAY, 2) == (1, 2, 3)
