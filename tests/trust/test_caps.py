from __future__ import annotations

from tests.trust.caps import KILLS, caps


def test_caps_rights_and_conflicts_hold_through_a_kill_of_the_real_service() -> None:
    ticks = list[int]()
    figures = caps(1 / KILLS, lambda: ticks.append(1))
    assert [figure.name for figure in figures if not figure.holds] == []
    assert len(ticks) == 1
