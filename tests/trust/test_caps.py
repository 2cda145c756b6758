from __future__ import annotations

import pytest

from tests.trust.caps import KILLS, caps


# The campaign in small. Where other work shares the cores, one run in three finds a pair of screens that contradict
# each other through the kill, in releases before as well: it wants a machine of its own, as `make trust` does.
@pytest.mark.slow
def test_caps_rights_and_conflicts_hold_through_a_kill_of_the_real_service() -> None:
    ticks = list[int]()
    figures = caps(1 / KILLS, lambda: ticks.append(1))
    assert [figure.name for figure in figures if not figure.holds] == []
    assert len(ticks) == 1
