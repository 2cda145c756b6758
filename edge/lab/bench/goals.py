"""The published goals, each with what was seen beside it.

``suite`` ends with it, and ``report`` prints what it found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from edge.lab.bench.figures import ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedGoal:
    """One goal. ``limit`` is the most that meets it, or with ``at_least`` the least; ``seen`` None: not measured."""

    what: str
    limit: float
    seen: float | None
    unit: str = "×"
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether it is met, None where nothing was seen."""
        if self.seen is None:
            return None
        return self.seen >= self.limit if self.at_least else self.seen <= self.limit

    def as_json(self) -> dict[str, object]:
        """The record as it is reported."""
        return {**asdict(self), "met": self.met}


Figures = Mapping[str, float]


def goals(
    rates: Mapping[float, Mapping[str, Figures]],
    core: Mapping[str, Figures],
    machine: Mapping[str, float | None],
) -> Sequence[SpeedGoal]:
    """Hold the figures against the goals.

    Args:
        rates: By rate, then kind: ``best_p50_ms`` and ``best_p99_ms``.
        core: By part: ``p50_ms``.
        machine: Everything else, by name.
    """
    return (*_by_rate(rates), *_of_core(core), *_of_machine(machine))


def _by_rate(rates: Mapping[float, Mapping[str, Figures]]) -> Iterator[SpeedGoal]:
    """Best of the blocks against the best echo of the same turns."""
    # The best blocks: a busy neighbour makes any figure worse and none better.
    for rate, kinds in rates.items():
        for kind in ("ask", "show"):
            found, echo, hop = kinds[kind], kinds["echo"], kinds["hop"]
            yield SpeedGoal(
                what=f"{kind} p50 at {rate:g}/s, to the echo's",
                limit=2,
                seen=ratio(found["best_p50_ms"], echo["best_p50_ms"]),
            )
            yield SpeedGoal(
                what=f"{kind} p99 at {rate:g}/s, to one bare hop's",
                limit=10,
                seen=ratio(found["best_p99_ms"], hop["best_p99_ms"]),
            )


def _of_core(core: Mapping[str, Figures]) -> Iterator[SpeedGoal]:
    decision = core["decision"]["p50_ms"]
    yield SpeedGoal(what="decision core p50", limit=0.2, seen=decision, unit="ms")
    graph = core.get("graph")
    yield SpeedGoal(
        what="decision core p50, to the bare graph's",
        limit=1.5,
        seen=None if graph is None else ratio(decision, graph["p50_ms"]),
    )


def _of_machine(machine: Mapping[str, float | None]) -> Iterator[SpeedGoal]:
    yield SpeedGoal(
        what="receipt p50, to a bare sync's", limit=2, seen=machine["receipt_to_sync"]
    )
    yield SpeedGoal(what="QoS 1 p50, to QoS 0's", limit=3, seen=machine["qos_1_to_0"])
    yield SpeedGoal(
        what="sustained with p99 within 50 ms",
        limit=1_500,
        seen=machine["sustained"],
        unit="/s",
        at_least=True,
    )
    yield SpeedGoal(
        what="tills' deadlines kept, 10 lanes",
        limit=100,
        seen=machine["deadlines_kept_pct"],
        unit="%",
        at_least=True,
    )
    yield SpeedGoal(
        what="ready after a start", limit=3, seen=machine["ready_start_s"], unit="s"
    )
    yield SpeedGoal(what="ready after kill -9", limit=3, seen=machine["ready_kill_s"], unit="s")
    yield SpeedGoal(what="memory after the load", limit=300, seen=machine["rss_mb"], unit="MiB")
