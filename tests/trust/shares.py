"""A million people drawn in two stores: shares as meant, agreement in full, nobody in two parts of a layer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.trials.figure import Figure, Tick
from tests.trust.campaign import Campaign, none
from tests.trust.drawn import CHUNKS, GLOBAL_PCT, HOLDOUTS, WEIGHTS

PEOPLE = 1_000_000
_ROOT = Path(__file__).parents[2]


def shares(scale: float, tick: Tick) -> list[Figure]:
    """Two processes, with other hash seeds and at other places, draw the same people."""
    people = max(CHUNKS, round(PEOPLE * scale)) // CHUNKS * CHUNKS
    one, other = (list(_lines(people, place, tick)) for place in (1, 37))
    apart = sum(a != b for a, b in zip(one[:-1], other[:-1], strict=True)) * (people // CHUNKS)
    counts: Any = json.loads(one[-1])
    alike = one[-1] == other[-1]
    return [
        *_of_holdouts(counts["held"], people),
        *_of_arms(counts["arms"], people),
        none(
            f"{people:,} people",
            "drawn otherwise in another store",
            apart + (not alike),
            people,
        ),
        none(
            f"{people:,} people",
            "in two parts of a layer, or in none",
            people - int(counts["in_parts"].get("1", 0)),
            people,
        ),
    ]


def _of_holdouts(held: dict[str, int], people: int) -> Iterator[Figure]:
    for name, pct in {"global": GLOBAL_PCT, **HOLDOUTS}.items():
        yield _share(f"held out of {name}, {pct} % meant", held[name], pct / 100, people)


def _of_arms(arms: dict[str, int], people: int) -> Iterator[Figure]:
    for name, weight in WEIGHTS.items():
        part = weight / sum(WEIGHTS.values())
        yield _share(f"in variant {name}, {part:.0%} meant", arms[name], part, people)


def _share(name: str, count: int, part: float, people: int) -> Figure:
    # A tenth of a point is promised of a million; of fewer, what chance alone leaves open.
    room = 0.001 * (PEOPLE / people) ** 0.5
    return Figure(
        trial=f"{people:,} people",
        name=name,
        seen=f"{count / people:.3%}",
        goal=f"within {room:.2%}",
        holds=abs(count / people - part) <= room,
    )


def _lines(people: int, place: int, tick: Tick) -> Iterator[str]:
    """What the store at ``place`` says, a line a chunk."""
    command = [sys.executable, "-m", "tests.trust.drawn", str(people), str(place)]
    seed = {**os.environ, "PYTHONHASHSEED": str(place)}
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=_ROOT, env=seed, stdout=subprocess.PIPE, text=True
    ) as store:
        assert store.stdout is not None
        for line in store.stdout:
            tick()
            yield line.strip()
    if store.returncode:
        raise RuntimeError(f"the store at {place} ended with {store.returncode}")


CAMPAIGN = Campaign(steps=2 * (CHUNKS + 1), run=shares)
