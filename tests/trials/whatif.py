"""What a recorded day says of a change: coverage of a planted effect, over synthetic days decided by the real flow."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.campaigns.whatif.answers import WhatIfAnswer
from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.outcomes import OutcomeMeasure
from edge.campaigns.whatif.trial import trial
from edge.domain.experiment import Variant
from tests.edge.builders import offer
from tests.edge.campaigns.whatif.day import ANSWER_CENTS, OFFERS, SHELF, TESTED, TWO, Day, Plant
from tests.trials.figure import Figure, Tick, at_least, beside

PEOPLE = 150
"""A day's people; each sees one or two showings, so a day has some 225 decisions."""

# o-b is shown to two fifths of the people, in each creative half of the time.
PLANT: Plant = {("o-b", "plain"): 0.1, ("o-b", "loud"): 0.3}
_MEAN, _SHOWINGS = 0.2, 1.5

_B = Variant(name="b", offers=("o-b",))
ALONE = WhatIfChange(campaigns=(replace(TESTED, holdout_pct=0, variants=(_B,)),))
LOUD = WhatIfChange(offers=tuple(replace(one, creatives=TWO[1:]) for one in OFFERS))
_NEW = offer("o-new", 1, category="c-1", cents=99, cap=99)
UNSEEN = WhatIfChange(
    offers=(_NEW,),
    campaigns=(replace(TESTED, variants=(Variant(name="new", offers=("o-new",)),)),),
)
GAINS = {
    "the better variant for all": (ALONE, 0.6 * _MEAN),
    "the louder creative": (LOUD, 0.4 * 0.1),
}


def recovered(runs: int, tick: Tick) -> list[Figure]:
    """A day a run: does the interval of each change hold what was planted, and is the unseen left untold?"""
    held, widths = dict[str, int](), dict[str, list[float]]()
    refused = 0
    for run in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            path = _day(Path(folder), run + 1)
            for name, (change, gain) in GAINS.items():
                found = _asked(path, change)
                truths = _truths(gain)
                for measure, truth in truths.items():
                    figure, lift = f"{name}: {measure}", found[measure].lift
                    held[figure] = held.get(figure, 0) + (
                        found[measure].told and lift.holds(truth)
                    )
                    widths.setdefault(figure, []).append((lift.high - lift.low) / 2 / truth)
            refused += not any(answer.told for answer in _asked(path, UNSEEN).values())
        tick()
    return [
        *(at_least("what-if", figure, count, runs, 0.93) for figure, count in held.items()),
        at_least("what-if", "what was never shown is not told", refused, runs, 1.0),
        *(
            beside(
                "what-if", f"{figure}: interval beside the effect", f"± {np.median(seen):.0%}"
            )
            for figure, seen in widths.items()
        ),
    ]


def _day(folder: Path, seed: int) -> Path:
    day = Day(path=folder / "storeside.db", seed=seed)
    day.live(PEOPLE, PLANT)
    return day.close()


def _asked(path: Path, change: WhatIfChange) -> Mapping[OutcomeMeasure, WhatIfAnswer]:
    return {answer.measure: answer for answer in trial(path, SHELF, change).answers}


def _truths(gain: float) -> Mapping[OutcomeMeasure, float]:
    """What ``gain`` in the chance of an answer is a showing, and in cents a person."""
    return {
        OutcomeMeasure.ANSWERED: gain,
        OutcomeMeasure.SPENT: gain * _SHOWINGS * ANSWER_CENTS,
    }
