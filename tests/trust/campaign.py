"""One campaign: so many steps of progress, and figures at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.trials.figure import Figure, Tick


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """``run`` takes the scale (1 = as promised) and is to tick ``steps`` times."""

    steps: int
    run: Callable[[float, Tick], list[Figure]]


def none(trial: str, name: str, seen: int, of: int) -> Figure:
    """A figure that must be nothing, of so many tries."""
    return Figure(trial=trial, name=name, seen=f"{seen} of {of:,}", goal="0", holds=not seen)


def some(trial: str, name: str, seen: int, of: int, least: int = 1) -> Figure:
    """A figure without which the others would prove nothing."""
    return Figure(
        trial=trial,
        name=name,
        seen=f"{seen:,} of {of:,}",
        goal=f"at least {least:,}",
        holds=seen >= least,
    )
