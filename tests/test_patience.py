from __future__ import annotations

import pytest

from tests.patience import patient, stretch, until


@pytest.mark.parametrize(
    ("queued", "times"), [(0.0, 1.0), (2.0, 1.0), (3.0, 2.0), (4.0, 3.0), (8.0, 7.0)]
)
def test_a_limit_grows_with_those_who_want_the_same_cores(queued: float, times: float) -> None:
    assert stretch(queued, cores=2) == times


def test_a_limit_does_not_grow_without_end() -> None:
    assert stretch(1_000.0, cores=2) == stretch(100.0, cores=2) < 20


def test_nobody_waits_less_than_asked() -> None:
    assert patient(3.0) >= 3.0


async def test_a_wait_ends_with_its_event() -> None:
    seen = iter((0, "", False, "there"))
    await until(lambda: next(seen))
    assert next(seen, None) is None


async def test_what_never_comes_is_told() -> None:
    with pytest.raises(TimeoutError):
        await until(lambda: False, within_s=0.01)


def test_a_test_s_own_limit_grows_too(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("timeout")
    assert marker.args[0] >= float(request.config.getini("timeout"))
