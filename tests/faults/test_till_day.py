"""A day at the tills in short: the whole of it is ``make faults ARGS="--only 'day at the tills'"``."""

from __future__ import annotations

from tests.faults.till_day import till_day


async def test_a_short_day_with_a_kill_comes_to_what_was_sold_to_the_cent() -> None:
    kills = list[int]()
    found = await till_day(7, 1, lambda: kills.append(1), receipts_a_kill=150)
    assert found.violations == ()
    assert len(kills) == 1
    assert found.figures["net_cents"] == found.figures["net_cents_of_the_generator"]
    assert found.figures["sales"] == 150
