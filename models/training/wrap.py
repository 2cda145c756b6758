"""A model that somebody else trained becomes a bundle: its graph in our form, our tables, golden rows, manifest.

``edge.cli.model_wrap`` calls it and signs what comes out; from there on it is a bundle like any other.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from models.bundle.manifest import (
    BYTES_MAX,
    CARD,
    GOLDEN,
    GRAPH,
    OFFERS,
    OFFERS_GOLDEN,
    TABLES,
    Manifest,
    digest_of,
    read_plain,
    seal,
)
from models.bundle.onnx_check import check_graph
from models.bundle.scorer import Scorer
from models.bundle.signature import OWN_WORK
from models.errors import BundleRefused, WrapRefused
from models.evaluation.evaluate import validation
from models.evaluation.probe import probe_trips
from models.features.features import FEATURES, build, shared_features
from models.features.raw_history import raw_history
from models.features.request import no_items
from models.offers.features import OFFER_FEATURES
from models.serving.candidates import shortlist
from models.serving.open_bundle import Bundle
from models.serving.registry import DEADLINE_S
from models.serving.verify import (
    CANARY_S,
    OPERATORS,
    OUTPUTS,
    TOLERANCE,
    check_sealed,
    inputs_of,
    read_sealed,
    write_golden,
)
from models.sources.journey import Journey
from models.statistics.tables import Floats, Tables, read_tables, rounded
from models.statistics.tabulate import TablePlan, tabulate
from models.training.own_graph import (
    OwnContract,
    OwnGraph,
    feeds,
    operators_of,
    read_graph,
    runnable,
    wrapped,
)
from models.training.train import EPOCH, write_sealed

# The rows of a decision in the shipped settings, on average over the public data.
CANDIDATES = 317
_CALLS = 300
_SAMPLE = 256
_JUDGED_DAYS = 28
# The analyst's own machine and own model: long enough for any that could be of use.
_ORIGINAL_S = 20.0
# Beyond it a score is no chance that rounding has moved.
_OUTSIDE = 0.05
_CHANCES_OF_TWO = 2
_SEED = 7
_MENDS = {
    "operator": f"a graph may be made of {', '.join(sorted(OPERATORS))}",
    "graph": "all sizes must follow from the number of rows, and weights be float32, float64 or whole numbers",
    "not-finite": "weights must be finite: train it anew",
}
# Names these tables in the memos of made-up shoppers.
_SAMPLED = "wrap"

_CARD = """# {label}

A model of somebody's own, wrapped by `storeside models wrap`.

| | |
|---|---|
| Made from | `{model}`; tables {source}, {trained_from} to {trained_until} |
| Vocabulary | {items} items |
| Takes | {columns} of a store's {features} features a candidate |
| Gives | chance 0..1 |
| Graph | ONNX opset {opset}: {operators} |
| Parity | {parity:.2g} at most between the chances of the graph as it came and as it is here, on {rows} rows |

What it was learnt from, and what it is good for, whoever trained it knows. {judged}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesOfOwn:
    """The tables that features are built from, and what a manifest says of them.

    ``offers``: graph and golden rows of chances of redemption, kept from a bundle that has them.
    """

    tables: Tables
    source: str
    first_day: int
    until_day: int
    figures: Mapping[str, float]
    offers: Mapping[str, bytes]
    journey: Journey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapReport:
    """What came out, and how true and quick it is.

    ``parity``: largest difference of a chance on ``rows`` sample rows. ``p50_ms``, ``p99_ms``: of a decision's
    features and scores at ``candidates`` candidates.
    """

    manifest: Manifest
    rows: int
    parity: float
    candidates: int
    p50_ms: float
    p99_ms: float


def tables_counted(journey: Journey, until_day: int, source: str) -> TablesOfOwn:
    """Tables of all trips up to a local day. Raises ``TooLittleData``."""
    return TablesOfOwn(
        tables=rounded(tabulate(journey, until_day, TablePlan(), _SEED)),
        source=source,
        first_day=int(journey.lines.day.min()),
        until_day=until_day,
        figures={},
        offers={},
        journey=journey,
    )


def tables_of(bundle: Path) -> TablesOfOwn:
    """Those of a bundle, with its chances of redemption. Raises ``BundleRefused``."""
    sealed = read_sealed(bundle, OWN_WORK)
    check_sealed(sealed)
    manifest = sealed.manifest
    return TablesOfOwn(
        tables=read_tables(sealed.files[TABLES]),
        source=manifest.source,
        first_day=(manifest.trained_from - EPOCH).days,
        until_day=(manifest.trained_until - EPOCH).days,
        figures={n: v for n, v in manifest.metrics.items() if n.startswith("offers_")},
        offers={
            name: sealed.files[name] for name in (OFFERS, OFFERS_GOLDEN) if name in sealed.files
        },
    )


def wrap(
    model: Path, out: Path, contract: OwnContract, own: TablesOfOwn, name: str
) -> WrapReport:
    """Write the bundle into ``out``, unsigned. Raises ``WrapRefused``, and ``BundleRefused`` for its graph.

    Nothing is written before all checks have passed.
    """
    graph = read_graph(read_plain(model, limit=BYTES_MAX), contract)
    sample = _sample(own.tables, graph.fed)
    # Before anything of it runs: a tree in a circle would never end.
    _check_form(wrapped(graph, 1), graph)
    original = _original(graph, sample)
    made = wrapped(graph, 1 if original.ndim == 1 else original.shape[1])
    # What never ends is stopped; whether it is quick enough the usual call says, whatever else the machine does.
    scorer = Scorer(made, CANARY_S)
    chances = _scored(scorer, sample)
    parity = float(np.abs(chances - _chances(original, logits=contract.logits)).max())
    if not parity <= TOLERANCE:
        raise WrapRefused(
            f"its chances differ by {parity:.2g} from those of the graph as it came",
            "export it with its preprocessing inside, in float32; rows must not depend on each other",
        )
    bare = _manifest(own, graph, name)
    bundle = Bundle(
        manifest=bare, digest=digest_of(bare.to_bytes()), tables=own.tables, scorer=scorer
    )
    candidates, times = _timed(bundle)
    _check_speed(times)
    judged = _judged(bundle, own)
    described = bare.model_copy(update={"metrics": {**own.figures, **judged}})
    card = _card(described, model.name, graph, parity, len(sample))
    files = {
        GRAPH: made,
        GOLDEN: write_golden(sample, chances),
        **own.offers,
        TABLES: own.tables.to_bytes(),
        CARD: card.encode(),
    }
    p50, p99 = (float(np.percentile(times, part)) * 1000 for part in (50, 99))
    return WrapReport(
        manifest=write_sealed(described, files, out),
        rows=len(sample),
        parity=parity,
        candidates=candidates,
        p50_ms=p50,
        p99_ms=p99,
    )


def _sample(tables: Tables, fed: tuple[str, ...]) -> Floats:
    """Rows of features as a store would give them: candidates of made-up shoppers and strangers."""
    rows = list[Floats]()
    for trip in probe_trips(tables):
        shared = shared_features(trip.view, tables, _SAMPLED)
        keys = shortlist(shared, CANDIDATES, no_items(), tables).keys
        table = build(trip.view, keys, tables, shared)
        if fed != FEATURES:
            table = np.concatenate([table, raw_history(trip.view, keys)], axis=1)
        rows.append(table)
    table = np.concatenate(rows)
    return table[np.linspace(0, len(table) - 1, min(_SAMPLE, len(table))).astype(np.int64)]


def _original(graph: OwnGraph, sample: Floats) -> Floats:
    """What the graph as it came answers; shape (n,) or (n, 2). Raises ``WrapRefused``."""
    try:
        found = Scorer(runnable(graph)).output(feeds(graph, sample), graph.answer, _ORIGINAL_S)
    except BundleRefused as broken:
        raise WrapRefused(
            f"the runtime cannot run it: {broken.detail}",
            "check it with onnx.checker.check_model and onnxruntime",
        ) from broken
    if found.ndim == _CHANCES_OF_TWO and found.shape[1] == 1:
        found = found[:, 0]
    if found.shape not in {(len(sample),), (len(sample), _CHANCES_OF_TWO)}:
        raise WrapRefused(
            f"its answer to {len(sample)} rows has the shape {found.shape}",
            "one chance a row: (n,) or (n, 1), or (n, 2) with the chance of a purchase second",
        )
    values = found.astype(np.float32)
    if not np.isfinite(values).all():
        raise WrapRefused(
            "some of its answers are not finite", "look for logarithms and divisions of nought"
        )
    outside = max(float(values.max()) - 1, -float(values.min()))
    if not graph.logits and outside > _OUTSIDE:
        raise WrapRefused(
            f"its answers lie between {values.min():.3g} and {values.max():.3g}, which are no chances",
            "--logits if they are logits; else calibrate it and export the chance",
        )
    return values


def _chances(original: Floats, *, logits: bool) -> Floats:
    values = original if original.ndim == 1 else original[:, 1]
    if logits:
        # In double precision: the graph's own step must agree to a hundred-thousandth.
        return (1 / (1 + np.exp(-values.astype(np.float64)))).astype(np.float32)
    return np.clip(values, 0, 1)


def _check_form(made: bytes, graph: OwnGraph) -> None:
    """What a store asks of every graph, asked now. Raises ``WrapRefused``."""
    try:
        check_graph(
            made, opset=graph.opset, ports=(inputs_of(graph.fed), OUTPUTS), operators=OPERATORS
        )
    except BundleRefused as refused:
        raise WrapRefused(
            f"no store would run its graph ({refused.reason}): {refused.detail}",
            _MENDS.get(
                refused.reason, "look at this part of the graph with a viewer such as Netron"
            ),
        ) from refused


def _scored(scorer: Scorer, sample: Floats) -> Floats:
    try:
        return scorer.score(sample)
    except BundleRefused as late:
        raise WrapRefused(
            f"{len(sample)} rows got no chances: {late.detail}", "give it fewer trees or layers"
        ) from late


def _timed(bundle: Bundle) -> tuple[int, Floats]:
    """Candidates, and the seconds that features and scores of each of some hundred decisions took."""
    trips = [trip for trip in probe_trips(bundle.tables) if trip.view.profile is not None]
    keys = bundle.shortlist(trips[0].view, CANDIDATES, no_items()).keys
    for trip in trips:
        # The first decision of a visit describes the shopper's past once, whatever the model is.
        bundle.score(trip.view, keys)
    times = list[float]()
    for number in range(_CALLS):
        view = trips[number % len(trips)].view
        began = time.perf_counter()
        bundle.score(view, keys)
        times.append(time.perf_counter() - began)
    return len(keys), np.array(times, np.float32)


def _check_speed(times: Floats) -> None:
    """A decision waits no longer than its deadline. Raises ``WrapRefused``."""
    usual = float(np.median(times))
    if usual > DEADLINE_S:
        raise WrapRefused(
            f"a decision takes {usual * 1000:.0f} ms, more than the {DEADLINE_S * 1000:.0f} that it may",
            "give it fewer trees or layers",
        )


def _judged(bundle: Bundle, own: TablesOfOwn) -> dict[str, float]:
    """Figures on the four weeks after the tables' last day; empty where the data end there."""
    if own.journey is None:
        return {}
    return validation(own.journey, bundle, own.until_day, own.until_day + _JUDGED_DAYS)


def _manifest(own: TablesOfOwn, graph: OwnGraph, name: str) -> Manifest:
    until = EPOCH + timedelta(days=own.until_day)
    return Manifest(
        name=name,
        version=f"{until:%Y.%m.%d}",
        source=own.source,
        trained_from=EPOCH + timedelta(days=own.first_day),
        trained_until=until,
        seed=_SEED,
        items=len(own.tables),
        opset=graph.opset,
        inputs=inputs_of(graph.fed),
        outputs=OUTPUTS,
        features=graph.fed,
        offer_features=OFFER_FEATURES if own.offers else (),
        metrics={},
        minimum_service="0.1.0",
        expires=None,
        rollback=0,
        # A manifest seals one file at least; the true seals come once all bytes are there.
        files=(seal(GRAPH, b"provisional"),),
    )


def _card(manifest: Manifest, model: str, graph: OwnGraph, parity: float, rows: int) -> str:
    figures = "\n".join(f"* {name}: {value}" for name, value in manifest.metrics.items())
    return _CARD.format(
        label=manifest.label,
        model=model,
        source=manifest.source,
        trained_from=manifest.trained_from,
        trained_until=manifest.trained_until,
        items=manifest.items,
        columns=len({name for one in graph.inputs for name in one.columns}),
        features=len(manifest.features),
        opset=manifest.opset,
        operators=", ".join(operators_of(graph)),
        parity=parity,
        rows=rows,
        judged=f"Judged here:\n\n{figures}"
        if figures
        else "It was not judged when it was wrapped.",
    )
