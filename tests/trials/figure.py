"""One figure of the campaign: what was promised, what was seen, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

Tick = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """``goal`` None: nothing is promised, the figure stands beside one that is."""

    trial: str
    name: str
    seen: str
    goal: str | None = None
    holds: bool = True

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def at_least(trial: str, name: str, seen: int, of: int, share: float) -> Figure:
    """``seen`` of ``of`` runs, promised for a share of them."""
    return Figure(
        trial=trial,
        name=name,
        seen=f"{seen} of {of}",
        goal=f">= {share:.0%} of runs",
        holds=seen >= share * of,
    )


def at_most(trial: str, name: str, seen: int, of: int, share: float) -> Figure:
    return Figure(
        trial=trial,
        name=name,
        seen=f"{seen} of {of} ({seen / of:.1%})",
        goal=f"<= {share:.1%}",
        holds=seen <= share * of,
    )


def beside(trial: str, name: str, seen: object) -> Figure:
    return Figure(trial=trial, name=name, seen=str(seen))
