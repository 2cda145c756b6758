"""From raw baskets to a bundle folder: tables, examples, network, graph, golden rows, manifest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from models.bundle import Bundle
from models.card import write_card
from models.errors import TooLittleData
from models.evaluate import validation
from models.examples import FOLD_DAYS, ExamplePlan, Examples, Fold, collect, store_trends
from models.features import FEATURES
from models.graph import OPSET, write_graph
from models.journey import Journey, read_journey
from models.manifest import CARD, GOLDEN, GRAPH, MANIFEST, TABLES, Manifest, digest_of, seal
from models.network import Network, NetworkPlan, learn
from models.scorer import Scorer
from models.tables import Tables, rounded
from models.tabulate import TablePlan, tabulate
from models.verify import INPUTS, OUTPUTS, write_golden

EPOCH = date(1970, 1, 1)

# Weeks 45-48 of the public data are for validation, 49-53 for the one test report a release.
PUBLIC_UNTIL = date(2017, 10, 29)

_GOLDEN_ROWS = 256

OnProgress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainPlan:
    """Everything that decides what is learnt, besides data and seed."""

    name: str = "grocer"
    folds: int = 6
    tables: TablePlan = field(default_factory=TablePlan)
    examples: ExamplePlan = field(default_factory=ExamplePlan)
    network: NetworkPlan = field(default_factory=NetworkPlan)


def train(
    source: str | Path,
    out: Path,
    until: date | None,
    seed: int,
    on_progress: OnProgress,
    plan: TrainPlan | None = None,
) -> Manifest:
    """Write a bundle into ``out`` from the trips up to and including local day ``until``.

    None = all of the data, or for the public data all before its validation weeks.
    ``on_progress`` hears (stage, part done 0..1). Raises ``SourceUnreadable``, ``TooLittleData``.
    """
    plan = plan or TrainPlan()
    on_progress("reading", 0.0)
    journey = read_journey(source)
    until_day = window_end(journey, str(source), until)
    folds = _folds(journey, until_day, plan, seed, on_progress)
    examples = collect(
        journey,
        folds,
        plan.examples,
        seed,
        lambda done: on_progress("replaying", 0.15 + 0.45 * done),
    )
    if not examples.bought.any():
        raise TooLittleData(what="purchases to learn from", got=0, needed=1)
    network = learn(
        examples, plan.network, seed, lambda done: on_progress("learning", 0.6 + 0.3 * done)
    )
    on_progress("judging", 0.9)
    tables = rounded(tabulate(journey, until_day, plan.tables, seed))
    manifest = _write(
        journey, tables, network, examples, _Facts(source, until_day, seed, plan.name), out
    )
    on_progress("done", 1.0)
    return manifest


@dataclass(frozen=True, slots=True)
class _Facts:
    source: str | Path
    until_day: int
    seed: int
    name: str


def window_end(journey: Journey, source: str, until: date | None) -> int:
    """The last local day to learn from."""
    if until is None and source == "completejourney":
        until = PUBLIC_UNTIL
    return journey.last_day if until is None else (until - EPOCH).days


def _folds(
    journey: Journey, until_day: int, plan: TrainPlan, seed: int, on_progress: OnProgress
) -> list[Fold]:
    """The latest folds that fit, oldest first, each with a window before its cut to learn tables from."""
    first_day = int(journey.lines.day.min())
    cuts = [until_day - FOLD_DAYS * back for back in range(plan.folds, 0, -1)]
    cuts = [cut for cut in cuts if cut >= first_day + FOLD_DAYS]
    if not cuts:
        days = until_day - first_day + 1
        raise TooLittleData(what="days of trips", got=days, needed=2 * FOLD_DAYS)
    folds: list[Fold] = []
    for number, (cut, trends) in enumerate(zip(cuts, store_trends(journey, cuts), strict=True)):
        on_progress("tabulating", 0.02 + 0.13 * number / len(cuts))
        tables = rounded(tabulate(journey, cut, plan.tables, seed))
        folds.append(Fold(cut_day=cut, tables=tables, trends=trends))
    return folds


def _write(
    journey: Journey,
    tables: Tables,
    network: Network,
    examples: Examples,
    facts: _Facts,
    out: Path,
) -> Manifest:
    """Judge, describe, seal and write. The manifest goes last, so half a bundle is no bundle."""
    graph = write_graph(network)
    rows = np.linspace(0, len(examples.bought) - 1, _GOLDEN_ROWS).astype(np.int64)
    golden = examples.features[rows]
    files = {
        GRAPH: graph,
        TABLES: tables.to_bytes(),
        GOLDEN: write_golden(golden, network.chances(golden)),
    }
    bare = _manifest(journey, tables, facts)
    bundle = Bundle(
        manifest=bare, digest=digest_of(bare.to_bytes()), tables=tables, scorer=Scorer(graph)
    )
    figures = validation(journey, bundle, facts.until_day, facts.until_day + FOLD_DAYS)
    described = bare.model_copy(update={"metrics": figures})
    files[CARD] = write_card(described).encode()
    seals = tuple(seal(name, data) for name, data in files.items())
    manifest = described.model_copy(update={"files": seals})
    out.mkdir(parents=True, exist_ok=True)
    (out / MANIFEST).unlink(missing_ok=True)
    for name, data in files.items():
        (out / name).write_bytes(data)
    (out / MANIFEST).write_bytes(manifest.to_bytes())
    return manifest


def _manifest(journey: Journey, tables: Tables, facts: _Facts) -> Manifest:
    until = EPOCH + timedelta(days=facts.until_day)
    return Manifest(
        name=facts.name,
        version=f"{until:%Y.%m.%d}",
        source=Path(facts.source).name,
        trained_from=EPOCH + timedelta(days=int(journey.lines.day.min())),
        trained_until=until,
        seed=facts.seed,
        items=len(tables),
        opset=OPSET,
        inputs=INPUTS,
        outputs=OUTPUTS,
        features=FEATURES,
        metrics={},
        minimum_service="0.1.0",
        expires=None,
        rollback=0,
        files=(seal(MANIFEST, b"provisional"),),
    )
