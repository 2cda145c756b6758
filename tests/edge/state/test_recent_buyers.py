from __future__ import annotations

from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason, Visit
from edge.state.recent_buyers import RecentBuyers
from tests.edge.builders import ANN, BEN, NOW, later, visit


def took(*visits: Visit, buyers: RecentBuyers | None = None) -> RecentBuyers:
    buyers = buyers or RecentBuyers()
    buyers.apply(Transition(facts=(), visits=visits))
    return buyers


def test_who_has_paid_is_leaving_for_ten_minutes_and_nobody_else_is() -> None:
    buyers = took(visit("v-1", ANN).closing(EndReason.PAID, NOW))
    took(visit("v-2", BEN).closing(EndReason.IDLE, NOW), buyers=buyers)
    assert buyers.is_leaving(ANN, later(599))
    assert not buyers.is_leaving(ANN, later(600))
    assert not buyers.is_leaving(BEN, NOW)
    assert not buyers.is_leaving(None, NOW)


def test_leavers_are_forgotten_when_the_next_one_pays() -> None:
    buyers = took(visit("v-1", ANN).closing(EndReason.PAID, NOW))
    took(visit("v-2", BEN).closing(EndReason.PAID, later(700)), buyers=buyers)
    assert not buyers.is_leaving(ANN, NOW)
    assert buyers.is_leaving(BEN, later(701))
