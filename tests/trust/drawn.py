"""One store's draws as a process of its own: ``python -m tests.trust.drawn PEOPLE PLACE``, a line a chunk."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from edge.domain.assignment import Assignment
from edge.domain.catalogue import Catalogue
from edge.domain.experiment import POINTS, Arm, Layer, Variant
from edge.domain.ids import Token
from tests.edge.builders import NOW, campaign, catalogue

CHUNKS = 100
GLOBAL_PCT = 10
HOLDOUTS = {"ten": 10, "fifteen": 15, "twenty": 20}
WEIGHTS = {"a": 1, "b": 2, "c": 1}
EDGES = (0, 3_000, 5_500, POINTS)


def on_trial() -> Catalogue:
    """Holdouts of three sizes, an A/B/n test, and a layer cut into three exclusive parts."""
    arms = tuple(Variant(name=name, weight=weight) for name, weight in WEIGHTS.items())
    parts = [
        campaign(f"part-{n}", holdout_pct=10, layer=Layer(name="week", first=first, last=last))
        for n, (first, last) in enumerate(pairwise(EDGES))
    ]
    held = [campaign(name, holdout_pct=pct) for name, pct in HOLDOUTS.items()]
    many = campaign("many", variants=arms)
    return catalogue(campaigns=[*held, many, *parts], holdout_pct=GLOBAL_PCT)


@dataclass(slots=True)
class Tally:
    """What one store drew. ``in_parts``: by how many parts of the layer a person is in."""

    held: Counter[str] = field(default_factory=Counter[str])
    arms: Counter[str] = field(default_factory=Counter[str])
    in_parts: Counter[int] = field(default_factory=Counter[int])

    def take(self, sold: Catalogue, token: Token, place: int) -> str:
        """Draw everything for one person; what was drawn, in one word."""
        drawn = Assignment(sold, token, place, NOW)
        everywhere = drawn.everywhere
        found = {name: drawn.of(name) for name in sold.campaigns}
        self.held["global"] += everywhere is Arm.HELD_OUT
        for name in HOLDOUTS:
            self.held[name] += found[name].arm is Arm.HELD_OUT
        self.arms[found["many"].name] += 1
        parts = sum(found[f"part-{n}"].arm is not Arm.OUTSIDE for n in range(len(EDGES) - 1))
        self.in_parts[parts] += 1
        return f"{everywhere}{[one.name for one in found.values()]}"


def main() -> None:
    """Draw for so many people at a place; a digest of every hundredth part, then the counts."""
    people, place = int(sys.argv[1]), int(sys.argv[2])
    sold, tally, each = on_trial(), Tally(), people // CHUNKS
    for chunk in range(CHUNKS):
        digest = hashlib.sha256()
        for number in range(chunk * each, (chunk + 1) * each):
            digest.update(tally.take(sold, Token(f"c-{number:026}"), place).encode())
        sys.stdout.write(f"{digest.hexdigest()}\n")
        sys.stdout.flush()
    counts = {"held": tally.held, "arms": tally.arms, "in_parts": tally.in_parts}
    sys.stdout.write(json.dumps(counts) + "\n")


if __name__ == "__main__":
    main()
