"""Waits between tries, and what a Retry-After header may ask for."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync.errors import CentralAway
from cloud_sync.retry_delay import RETRY_AFTER_LIMIT_S, RetryDelay, attempts, parse_retry_after
from tests.cloud_sync.builders import NOW


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1000000000", RETRY_AFTER_LIMIT_S),
        ("9" * 5000, RETRY_AFTER_LIMIT_S),
        ("Mon, 02 Mar 2026 10:01:30 GMT", 90.0),
        ("Mon, 02 Mar 2026 10:01:30 -0000", 90.0),
        ("Mon, 02 Mar 2026 11:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 10:00:00 GMT", 0.0),
        ("Mon, 02 Mar 2099 10:00:00 GMT", RETRY_AFTER_LIMIT_S),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_up_to_an_hour(
    value: str | None, seconds: float | None
) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text())
def test_no_header_breaks_the_reading(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or 0.0 <= seconds <= RETRY_AFTER_LIMIT_S


async def _count_tries(patience: RetryDelay, failures: list[Exception]) -> int:
    tries = 0
    async for attempt in attempts(patience):
        with attempt:
            tries += 1
            if failures:
                raise failures.pop(0)
    return tries


async def test_tries_go_on_for_as_long_as_the_centre_is_away() -> None:
    failures: list[Exception] = [CentralAway("cut") for _ in range(60)]
    assert await _count_tries(RetryDelay(first_s=0.0, longest_s=0.0), failures) == 61


async def test_another_error_passes_through_at_once() -> None:
    with pytest.raises(KeyError):
        await _count_tries(RetryDelay(), [KeyError("x")])


async def test_waits_are_bounded_by_a_ceiling_that_doubles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ceilings: list[float] = []

    def draw(low: float, high: float) -> float:
        ceilings.append(high)
        return low

    monkeypatch.setattr("random.uniform", draw)
    await _count_tries(RetryDelay(first_s=0.5, longest_s=4.0), [CentralAway("cut")] * 6)
    assert ceilings == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


async def test_the_centres_own_wish_is_a_lower_bound() -> None:
    start = asyncio.get_running_loop().time()
    await _count_tries(RetryDelay(first_s=0.0), [CentralAway("busy", retry_after_s=0.1)])
    assert asyncio.get_running_loop().time() - start >= 0.1
