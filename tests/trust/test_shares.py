from __future__ import annotations

from edge.domain.experiment import Arm
from edge.domain.ids import Token
from tests.edge.builders import NOW
from tests.trust.drawn import CHUNKS, HOLDOUTS, Tally, on_trial
from tests.trust.shares import shares


def test_two_processes_with_other_hash_seeds_draw_alike_and_in_the_shares_meant() -> None:
    ticks = list[int]()
    figures = shares(0.005, lambda: ticks.append(1))
    assert all(figure.holds for figure in figures), figures
    assert len(ticks) == 2 * (CHUNKS + 1)


def test_a_person_drawn_otherwise_would_be_seen() -> None:
    sold, one, other = on_trial(), Tally(), Tally()
    words = [tally.take(sold, Token("c-1"), 1) for tally in (one, other)]
    assert words[0] == words[1]
    assert (
        other.take(sold, Token("c-2"), 1) != other.take(sold, Token("c-3"), 1) or one == other
    )
    assert set(one.held) == {"global", *HOLDOUTS}


def test_every_part_of_the_layer_has_somebody() -> None:
    sold = on_trial()
    tokens = [Token(f"c-{n}") for n in range(200)]
    for n in range(3):
        part = sold.campaigns[f"part-{n}"]
        assert any(part.arm(token, "1", NOW) is not Arm.OUTSIDE for token in tokens)
