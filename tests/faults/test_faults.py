"""The fault campaign in short: the whole of it is ``make faults``."""

from __future__ import annotations

import pytest

from tests.faults.clocks import jump_clock
from tests.faults.kills import kill_nine
from tests.faults.weak import ACKS_FIRST, STALLS


@pytest.mark.parametrize("times", [2, pytest.param(4, marks=pytest.mark.slow)])
async def test_nothing_receipted_is_lost_or_doubled_by_kills(times: int) -> None:
    kills = list[int]()
    found = await kill_nine(7, times, lambda: kills.append(1))
    # How soon it is ready depends on who else uses the machine; the campaign judges that.
    assert [words for words in found.violations if "starts took" not in words] == []
    assert len(kills) == times
    receipts = found.figures["receipts"]
    assert isinstance(receipts, int)
    assert receipts > 20


@pytest.mark.slow
async def test_a_store_whose_clock_jumps_works_on_and_says_so() -> None:
    found = await jump_clock(7, 1, lambda: None)
    assert found.violations == ()
    assert found.tries == 6


@pytest.mark.slow
async def test_what_is_repeated_while_the_disk_stalls_is_not_promised_before_it_is_written() -> (
    None
):
    found = await kill_nine(7, 3, lambda: None, STALLS)
    assert found.figures["losses"] == found.figures["duplicates"] == 0


@pytest.mark.slow
async def test_a_service_that_answers_before_the_disk_is_caught() -> None:
    for seed in range(4):
        found = await kill_nine(seed, 4, lambda: None, ACKS_FIRST)
        if found.figures["losses"]:
            return
    pytest.fail("the campaign does not see a broken service lose")
