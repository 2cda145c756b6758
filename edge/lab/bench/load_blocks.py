"""Blocks of load taken in turns, so that a noisy neighbour hits the echo and the service alike.

``suite`` calls ``in_turns`` at every rate; the blocks are played by ``load``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from edge.lab.bench.child_protocol import BlockReport, Kind, LoadBlock
from edge.lab.bench.figures import DelayFigures, delays

Play = Callable[[LoadBlock], Awaitable[BlockReport]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredBlock:
    """One kind at one rate.

    ``cpu_ms``: the service's processor time a signal answered; ``load_cpu``: the share of a core that the
    load itself needed; ``lag_ms``: the most that a signal went out behind its time.
    """

    kind: Kind
    rate: float
    delays: DelayFigures
    cpu_ms: float
    load_cpu: float
    lag_ms: float
    personal: float
    began: datetime

    def as_json(self) -> dict[str, object]:
        """The record as it is reported."""
        return {
            **self.delays.as_json(),
            "cpu_ms_each": self.cpu_ms,
            "load_cpu": self.load_cpu,
            "load_lag_ms": self.lag_ms,
            "personal": self.personal,
        }


@dataclass(slots=True)
class _Sum:
    """The blocks of one kind so far."""

    seen: list[BlockReport] = field(default_factory=list[BlockReport])
    cpu_s: float = 0.0


async def in_turns(
    play: Play,
    cpu_s: Callable[[], float],
    kinds: Sequence[Kind],
    *,
    rate: float,
    seconds: float,
    turns: int,
) -> dict[Kind, MeasuredBlock]:
    """Play a block of each kind, again and again.

    Args:
        play: Plays one block.
        cpu_s: The processor seconds that the service has used so far.
        kinds: What is compared.
        rate: Signals a second.
        seconds: Length of a block.
        turns: How often each kind has its turn.
    """
    began = datetime.now(UTC)
    sums: dict[Kind, _Sum] = {kind: _Sum() for kind in kinds}
    for _ in range(turns):
        for kind in kinds:
            before = cpu_s()
            seen = await play(LoadBlock(kind=kind, rate=rate, seconds=seconds))
            sums[kind].cpu_s += cpu_s() - before
            sums[kind].seen.append(seen)
    return {
        kind: _measured(kind, rate, one, turns * seconds, began) for kind, one in sums.items()
    }


def _measured(
    kind: Kind, rate: float, found: _Sum, seconds: float, began: datetime
) -> MeasuredBlock:
    answered = sum(len(seen.delays_us) for seen in found.seen)
    return MeasuredBlock(
        kind=kind,
        rate=rate,
        delays=delays(
            [seen.delays_us for seen in found.seen], sum(seen.sent for seen in found.seen)
        ),
        # By signal answered: those that got no answer have cost something, too.
        cpu_ms=round(found.cpu_s * 1_000 / max(1, answered), 3),
        load_cpu=round(sum(seen.cpu_s for seen in found.seen) / seconds, 2),
        lag_ms=max(seen.lag_ms for seen in found.seen),
        personal=round(sum(seen.personal for seen in found.seen) / max(1, answered), 3),
        began=began,
    )
