from __future__ import annotations

from edge.domain.event import StoreEvent
from edge.domain.headcount import FRESH, Headcount
from edge.domain.transitions.beacon import SEEN_ON_AIR
from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason, Visit
from edge.state.in_store import InStore
from tests.edge.builders import ANN, BEN, NOW, later, visit

ANNS = visit("v-ann", ANN, zone="dairy", zone_since=NOW)
BENS = visit("v-ben", BEN, zone="dairy", zone_since=NOW)


def sighted(store: InStore, *visits: Visit, zone: str = "dairy") -> None:
    fact = StoreEvent(id="f", name=SEEN_ON_AIR, at=NOW, source="s", properties={"zone": zone})
    store.apply(Transition(facts=(fact,), visits=visits), NOW)


def counted(people: int, *visits: Visit) -> InStore:
    store = InStore.of()
    for one in visits:
        sighted(store, one)
    store.headcounts.count("dairy", Headcount(people=people, at=NOW))
    return store


def test_one_person_counted_and_one_sighted_is_alone_while_both_words_are_fresh() -> None:
    store = counted(1, ANNS)
    assert store.headcounts.alone_in("dairy", NOW) == ANNS
    assert store.headcounts.alone_in("bakery", NOW) is None
    assert store.headcounts.alone_in(None, NOW) is None
    assert store.headcounts.alone_in("dairy", NOW + 2 * FRESH) is None


def test_two_counted_or_two_sighted_are_nobody_alone() -> None:
    assert counted(2, ANNS).headcounts.alone_in("dairy", NOW) is None
    assert counted(1, ANNS, BENS).headcounts.alone_in("dairy", NOW) is None


def test_who_is_in_the_zone_by_another_word_than_the_radios_is_not_surely_there() -> None:
    store = InStore.of()
    store.apply(Transition(facts=(), visits=(ANNS,)), NOW)
    store.headcounts.count("dairy", Headcount(people=1, at=NOW))
    assert store.headcounts.alone_in("dairy", NOW) is None
    sighted(store, ANNS, zone="bakery")
    assert store.headcounts.alone_in("dairy", NOW) is None


def test_a_transition_changes_all_views_of_the_store_at_once() -> None:
    store = counted(1, ANNS)
    store.apply(Transition(facts=(), visits=(ANNS.closing(EndReason.PAID, NOW),)), NOW)
    assert store.presence.visits == ()
    assert store.headcounts.alone_in("dairy", NOW) is None
    assert store.recent_buyers.is_leaving(ANN, later(1))
