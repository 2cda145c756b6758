"""Proof of play through a whole shop: what cannot have been played is no proof, and nothing of it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.messages import Play, Receipt
from edge.domain.ids import dated, made_at
from edge.domain.placement import BOARDS
from edge.domain.transitions.transition import ContentRequest
from tests.edge.builders import DISPLAY, NOW
from tests.edge.fakes import HandClock
from tests.edge.shop import Shop, open_shop
from tests.patience import until

HOUR_S, DAY_S = 3600, 86_400
SINCE_S = 60
"""So long the poster hangs there."""

CASES = [
    # The shared case F17.
    (datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC), 8_000, "started_at"),
    (DAY_S, 8_000, "started_at"),
    (-9, 86_400_000, "duration_ms"),
    (-1, 80_000, "duration_ms"),
    # A minute before there was anything to play; a little ahead of its own word; of the year 1 and 9999.
    (-2 * SINCE_S, 8_000, "started_at"),
    (10, 1_000, "started_at"),
    (datetime(1, 1, 1, tzinfo=UTC), 0, "started_at"),
    (datetime(9999, 12, 31, tzinfo=UTC), 0, "started_at"),
    (-20, 24_000, "duration_ms"),
]


async def hung(shop: Shop) -> str:
    """A decision that is on the poster since a minute ago."""
    shop.up(DISPLAY)
    await shop.takedown.executor.request_content(
        (ContentRequest(placement=BOARDS["display"].name, visit=None, device=DISPLAY),)
    )
    await until(lambda: bool(shop.shown(DISPLAY)))
    shop.clock.pass_by(SINCE_S)
    return str(shop.shown(DISPLAY)[-1]["decision_id"])


async def tell(
    shop: Shop,
    decision: str,
    started: float | datetime,
    duration_ms: int,
    *,
    ahead_s: float = 0,
) -> Receipt:
    """The proof, by a display whose clock is ahead; ``started``: seconds from now, or what it says."""
    told = shop.clock.now() + timedelta(seconds=ahead_s)
    at = started if isinstance(started, datetime) else told + timedelta(seconds=started)
    play = Play(
        decision_id=decision,
        creative_id="c-1",
        started_at=at,
        duration_ms=duration_ms,
        completed=True,
    )
    return await shop.pipeline.intake.accept(shop.event(play, DISPLAY, at=told))


@pytest.mark.parametrize(("started", "duration_ms", "field"), CASES)
@pytest.mark.parametrize("replayed", [False, True])
async def test_what_cannot_have_been_played_is_no_proof(
    file: Path, started: float | datetime, duration_ms: int, field: str, *, replayed: bool
) -> None:
    clock = HandClock(NOW, business=NOW - timedelta(days=900) if replayed else None)
    async with open_shop(file, clock=clock) as shop:
        receipt = await tell(shop, await hung(shop), started, duration_ms)
        assert (receipt.accepted, receipt.reason, receipt.field) == (False, "play-time", field)
        assert shop.rows("SELECT count(*) FROM plays") == [(0,)]
        assert "storeside.play-completed.v1" not in dict(shop.facts())
        assert shop.counters.refusals == {"play-time": 1}


@pytest.mark.parametrize("ahead_s", [0, 121, HOUR_S, DAY_S, 365 * DAY_S])
@pytest.mark.parametrize(("started", "duration_ms"), [(-9, 8_000), (-8, 8_040), (-50, 50_000)])
async def test_a_true_play_is_proof_whatever_the_clock_of_its_display_says(
    file: Path, ahead_s: int, started: int, duration_ms: int
) -> None:
    async with open_shop(file) as shop:
        receipt = await tell(shop, await hung(shop), started, duration_ms, ahead_s=ahead_s)
        assert (receipt.accepted, receipt.field) == (True, None)
        assert shop.rows("SELECT duration_ms FROM plays") == [(duration_ms,)]


@pytest.mark.parametrize("ahead_s", [-2 * HOUR_S, -365 * DAY_S])
async def test_a_slow_clock_that_nothing_is_known_of_loses_no_proof(
    file: Path, ahead_s: int
) -> None:
    async with open_shop(file) as shop:
        decision = await hung(shop)
        assert (await tell(shop, decision, -9, 8_000, ahead_s=ahead_s)).accepted
        refused = await tell(shop, decision, -2 * SINCE_S, 8_000, ahead_s=ahead_s)
        assert refused.field == "started_at"


async def test_a_forged_play_of_a_clock_that_is_ahead_is_seen_through(file: Path) -> None:
    async with open_shop(file) as shop:
        decision = await hung(shop)
        for started, duration_ms in ((1, 80_000), (-1, 80_000), (60, 8_000), (-120, 8_000)):
            receipt = await tell(shop, decision, started, duration_ms, ahead_s=HOUR_S)
            assert receipt.reason == "play-time"


async def test_a_proof_that_waited_three_days_is_proof(file: Path) -> None:
    async with open_shop(file) as shop:
        decision, told = await hung(shop), shop.clock.now()
        shop.clock.pass_by(days=3)
        play = Play(
            decision_id=decision,
            creative_id="c-1",
            started_at=told - timedelta(seconds=9),
            duration_ms=8_000,
            completed=True,
        )
        late = shop.event(play, DISPLAY, at=told)
        assert (await shop.pipeline.intake.accept(late)).accepted


def test_a_name_tells_when_it_was_made() -> None:
    at = datetime(2026, 11, 30, 12, 0, 0, 250_000, tzinfo=UTC)
    name = dated("d", at)
    assert name.startswith("d-")
    assert name == name.lower()
    assert made_at(name) == at
    assert dated("d", at) != name
    for plain in ("d-000001", "d", "", "d-01kbj2cf6p0s8y4n1k7v3b5w2!"):
        assert made_at(plain) is None
