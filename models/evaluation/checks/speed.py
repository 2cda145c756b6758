"""How long one decision takes, part by part; measured only when asked, and never a condition.

``evaluate.judge`` calls it where ``--latency`` was given; on another machine the figures are others.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from models.bundle.manifest import GRAPH
from models.bundle.scorer import Scorer
from models.evaluation.checks.bundle_lists import BundleLists, OnPart
from models.features.request import ModelRequest, no_items
from models.statistics.tables import Floats

# 317 is the number of candidates that the published latencies were measured with.
CANDIDATES = (200, 317, 500, 1000)
# Below it the 99th percentile is a matter of luck.
_CALLS = 300

Delays = dict[str, float]


def judge_speed(bundle_lists: BundleLists, folder: Path, on_part: OnPart) -> dict[str, object]:
    """p50 and p99 in milliseconds by number of candidates, over a few hundred shoppers.

    ``shortlist``, ``features``, ``graph`` (the scorer), ``decision`` (all three), and ``bare``: one
    call of onnxruntime with the same array. ``first_decision``: the first of a visit, which
    describes the shopper's past.
    """
    scorer = Scorer((folder / GRAPH).read_bytes())
    views = [bundle_lists.cases[row % len(bundle_lists.cases)].view for row in range(_CALLS)]
    speeds: dict[str, object] = {}
    for number, candidates in enumerate(CANDIDATES):
        speeds[str(candidates)] = _at(bundle_lists, views, scorer, candidates)
        on_part(number / len(CANDIDATES))
    return speeds


def _at(
    bundle_lists: BundleLists, views: list[ModelRequest], scorer: Scorer, candidates: int
) -> dict[str, object]:
    bundle = bundle_lists.bundle
    keys = [bundle.shortlist(view, candidates, no_items()).keys for view in views]
    tables = [bundle.features(view, own) for view, own in zip(views, keys, strict=True)]

    def decide(view: ModelRequest) -> None:
        bundle.score(view, bundle.shortlist(view, candidates, no_items()).keys)

    fresh = [_undescribed(view) for view in views]
    bare = _bare(scorer)
    steps: dict[str, Callable[[int], object]] = {
        "first_decision": lambda row: decide(fresh[row]),
        "decision": lambda row: decide(views[row]),
        "shortlist": lambda row: bundle.shortlist(views[row], candidates, no_items()),
        "features": lambda row: bundle.features(views[row], keys[row]),
        "graph": lambda row: scorer.score(tables[row]),
        "bare": lambda row: bare(tables[row]),
    }
    delays = {name: _delays(step, len(views)) for name, step in steps.items()}
    return {"rows": round(float(np.mean([len(own) for own in keys])), 1), **delays}


def _undescribed(view: ModelRequest) -> ModelRequest:
    """The view with a profile from which nothing has been derived yet."""
    return view if view.profile is None else replace(view, profile=view.profile.copy())


def _bare(scorer: Scorer) -> Callable[[Floats], object]:
    """The call that the scorer wraps, without the wrapping."""
    # What the scorer adds is only seen beside the session inside it.
    session: Any = scorer._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    port: str = scorer._input  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return lambda table: session.run(None, {port: table})


def _delays(step: Callable[[int], object], calls: int) -> Delays:
    """The first tenth of the calls warms caches and does not count."""
    spent: list[int] = []
    for row in range(calls):
        started = perf_counter_ns()
        step(row)
        spent.append(perf_counter_ns() - started)
    p50, p99 = np.percentile(spent[calls // 10 :], [50, 99]) / 1e6
    return {"p50_ms": round(float(p50), 4), "p99_ms": round(float(p99), 4)}
