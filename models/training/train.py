"""From raw baskets to a bundle folder: tables, examples, network, graph, golden rows, manifest.

``edge.cli.model_training`` calls ``train``; ``out_of_core.training`` joins at ``learn_bundle``. The folder is
then signed, verified and activated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.bundle.manifest import (
    CARD,
    GOLDEN,
    GRAPH,
    LEARNT,
    MANIFEST,
    OFFERS,
    OFFERS_GOLDEN,
    TABLES,
    Manifest,
    digest_of,
    seal,
)
from models.bundle.scorer import Scorer
from models.bundle.signature import SIGNATURE
from models.errors import TooLittleData
from models.evaluation.evaluate import validation
from models.evaluation.offers import judge_out_of_fold
from models.features.features import FEATURES
from models.features.profile_replay import store_trends
from models.items import Items
from models.offers.examples import collect_offers
from models.offers.features import OFFER_FEATURES
from models.offers.graph import write_offer_graph
from models.offers.learning import learn_from
from models.serving.open_bundle import Bundle
from models.serving.verify import INPUTS, OUTPUTS, write_golden
from models.sources.journey import LOCAL_OFFSET_S, Journey, read_journey
from models.statistics.tables import Tables, rounded
from models.statistics.tabulate import TablePlan, tabulate
from models.training.counting import countings
from models.training.examples import (
    ExamplePlan,
    Fold,
    StrangerStore,
    collect,
    fold_cuts,
    fold_length,
)
from models.training.gate import choose, judged_window
from models.training.graph import OPSET, write_graph
from models.training.model_card import write_card
from models.training.network import Network, NetworkPlan, learn
from models.training.stranger_stores import StrangerPlan, stranger_stores

EPOCH = date(1970, 1, 1)

# Weeks 45-48 of the public data are for validation, 49-53 for the one test report a release.
PUBLIC_UNTIL = date(2017, 10, 29)

# Spread over all folds: a graph that drifted misses some of them.
_GOLDEN_ROWS = 256

OnProgress = Callable[[str, float], None]


def quiet(_left_out: Mapping[str, int]) -> None:
    """Nobody asks which rows were left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainPlan:
    """Everything that decides what is learnt, besides data and seed."""

    name: str = "grocer"
    folds: int = 8
    tables: TablePlan = field(default_factory=TablePlan)
    examples: ExamplePlan = field(default_factory=ExamplePlan)
    strangers: StrangerPlan = field(default_factory=StrangerPlan)
    network: NetworkPlan = field(default_factory=NetworkPlan)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingMaterial:
    """What a bundle is learnt from: ``tables`` of all trips up to ``until_day``, ``folds`` before it.

    ``journey``: the households to learn from, with trips after that day to judge on, if there are.
    ``coupons``: the source whose campaigns tell how offers are redeemed; None = nothing does.
    ``strangers``: stores that know only themselves, to learn from beside the folds.
    """

    source: str | Path
    coupons: str | Path | None
    journey: Journey
    folds: list[Fold]
    tables: Tables
    until_day: int
    strangers: Sequence[StrangerStore] = ()


def train(  # noqa: PLR0913  # what decides, and who listens
    source: str | Path,
    out: Path,
    until: date | None,
    seed: int,
    on_progress: OnProgress,
    plan: TrainPlan | None = None,
    *,
    utc_offset_hours: float = LOCAL_OFFSET_S / 3600,
    on_left_out: Callable[[Mapping[str, int]], None] = quiet,
) -> Manifest:
    """Write a bundle into ``out`` from the trips up to and including local day ``until``.

    None = all of the data, or for the public data all before its validation weeks.
    ``on_progress`` hears (stage, part done 0..1). ``utc_offset_hours``: see ``read_journey``;
    ``on_left_out`` hears which rows were not used. Raises ``SourceUnreadable``, ``TooLittleData``.
    """
    plan = plan or TrainPlan()
    on_progress("reading", 0.0)
    journey = read_journey(source, utc_offset_hours)
    on_left_out(journey.left_out)
    until_day = window_end(journey, str(source), until)
    folds = _folds(journey, until_day, plan, seed, on_progress)
    on_progress("drawing stores", 0.12)
    strangers = stranger_stores(journey, until_day, plan.strangers, seed)
    material = TrainingMaterial(
        source=source,
        coupons=source,
        journey=journey,
        folds=folds,
        tables=rounded(tabulate(journey, until_day, plan.tables, seed)),
        until_day=until_day,
        strangers=strangers,
    )
    return learn_bundle(material, out, plan, seed, on_progress)


def learn_bundle(
    material: TrainingMaterial, out: Path, plan: TrainPlan, seed: int, on_progress: OnProgress
) -> Manifest:
    """Learn from ``material``, judge and write. Raises ``TooLittleData``."""
    journey, until_day = material.journey, material.until_day
    window, folds = judged_window(journey, material.folds, until_day)
    examples = collect(
        journey,
        folds,
        plan.examples,
        seed,
        lambda done: on_progress("replaying", 0.15 + 0.45 * done),
        # What is judged on nobody may have learnt from.
        [store for store in material.strangers if store.fold.end_day <= window.cut_day],
    )
    if not examples.bought.any():
        raise TooLittleData(what="purchases to learn from", got=0, needed=1)
    # Copied out, and counted on, now: learning standardises the features in place.
    golden = examples.features[_golden_rows(len(examples.bought))]
    rivals = countings(examples)
    network = learn(
        examples, plan.network, seed, lambda done: on_progress("learning", 0.6 + 0.3 * done)
    )
    on_progress("judging", 0.9)
    offers = _offers_of(material)
    facts = TrainingFacts(
        source=material.source,
        first_day=int(journey.lines.day.min()),
        until_day=until_day,
        seed=seed,
        name=plan.name,
        offers=offers,
    )
    # The tables of the judged days' eve, which are the bundle's own where the data go on after them.
    eve = material.tables if window.tables is None else window.tables

    def opened(answer: Network) -> Bundle:
        return _unsealed(eve, {GRAPH: write_graph(answer)}, facts)

    choice = choose(journey, opened(network), network, rivals, window)
    figures = validation(journey, opened(choice.network), window.cut_day, window.end_day)
    made = {
        GRAPH: write_graph(choice.network),
        GOLDEN: write_golden(golden, choice.network.chances(golden)),
        **offers.files,
    }
    manifest = write_bundle(
        material.tables,
        made,
        replace(facts, answer=choice.answer),
        {**figures, **choice.figures},
        out,
    )
    on_progress("done", 1.0)
    return manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPart:
    """``files``, ``features`` and ``figures`` are empty where ``reason`` says why nothing was learnt."""

    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    features: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFacts:
    """What a bundle says of its making."""

    source: str | Path
    first_day: int
    until_day: int
    seed: int
    name: str
    offers: OfferPart
    answer: str = LEARNT


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
    length = fold_length(first_day, until_day, plan.folds)
    cuts = fold_cuts(first_day, until_day, plan.folds, length)
    folds: list[Fold] = []
    for number, (cut, trends) in enumerate(zip(cuts, store_trends(journey, cuts), strict=True)):
        on_progress("tabulating", 0.02 + 0.1 * number / len(cuts))
        tables = rounded(tabulate(journey, cut, plan.tables, seed))
        folds.append(Fold(cut_day=cut, tables=tables, trends=trends, days=length))
    return folds


def _offers_of(material: TrainingMaterial) -> OfferPart:
    if material.coupons is None:
        return OfferPart(reason="these households do not tell how offers are redeemed")
    return train_offers(
        material.coupons, material.journey, material.tables.items, material.until_day
    )


def train_offers(
    source: str | Path, journey: Journey, items: Items, until_day: int
) -> OfferPart:
    """Learn from the campaigns whose outcome shows by the end of local day ``until_day``.

    ``items`` is the vocabulary that will serve. The figures are cross-validated inside that window.
    """
    examples = collect_offers(source, journey, items, (0, until_day + 1), until_day)
    learnt = learn_from(examples)
    if learnt.model is None:
        return OfferPart(reason=learnt.reason)
    golden = examples.features[_golden_rows(len(examples))]
    return OfferPart(
        files={
            OFFERS: write_offer_graph(learnt.model, OPSET),
            OFFERS_GOLDEN: write_golden(golden, learnt.model.chances(golden)),
        },
        features=OFFER_FEATURES,
        figures={f"offers_{name}": it for name, it in judge_out_of_fold(examples).items()},
    )


def _golden_rows(count: int) -> npt.NDArray[np.int64]:
    """Rows evenly over all examples, which are sorted by fold: each fold is among them."""
    return np.linspace(0, count - 1, _GOLDEN_ROWS).astype(np.int64)


def _unsealed(tables: Tables, made: Mapping[str, bytes], facts: TrainingFacts) -> Bundle:
    """The bundle as it will answer, for judging before it is written."""
    bare = _manifest(tables, facts)
    return Bundle(
        manifest=bare,
        # Not the finished bundle's: it only names these tables in memos.
        digest=digest_of(bare.to_bytes()),
        tables=tables,
        scorer=Scorer(made[GRAPH]),
    )


def write_bundle(
    tables: Tables,
    made: Mapping[str, bytes],
    facts: TrainingFacts,
    figures: Mapping[str, float],
    out: Path,
) -> Manifest:
    """Describe, seal and write; ``made``: graphs and golden rows by file name.

    The manifest goes last, so half a bundle is no bundle.
    """
    files = {**made, TABLES: tables.to_bytes()}
    described = _manifest(tables, facts).model_copy(
        update={"metrics": {**figures, **facts.offers.figures}}
    )
    files[CARD] = write_card(described, facts.offers.reason).encode()
    return write_sealed(described, files, out)


def write_sealed(described: Manifest, files: Mapping[str, bytes], out: Path) -> Manifest:
    """Seal ``files`` in the manifest and write all of them; the manifest as it was written."""
    seals = tuple(seal(name, data) for name, data in files.items())
    manifest = described.model_copy(update={"files": seals})
    out.mkdir(parents=True, exist_ok=True)
    # First: cut off in between, old seals would stand over new files.
    for stale in (MANIFEST, SIGNATURE):
        (out / stale).unlink(missing_ok=True)
    for name, data in files.items():
        (out / name).write_bytes(data)
    (out / MANIFEST).write_bytes(manifest.to_bytes())
    return manifest


def _manifest(tables: Tables, facts: TrainingFacts) -> Manifest:
    until = EPOCH + timedelta(days=facts.until_day)
    return Manifest(
        name=facts.name,
        version=f"{until:%Y.%m.%d}",
        source=Path(facts.source).name,
        trained_from=EPOCH + timedelta(days=facts.first_day),
        trained_until=until,
        seed=facts.seed,
        items=len(tables),
        opset=OPSET,
        inputs=INPUTS,
        outputs=OUTPUTS,
        features=FEATURES,
        offer_features=facts.offers.features,
        answer=facts.answer,
        metrics={},
        minimum_service="0.1.0",
        expires=None,
        rollback=0,
        # A manifest seals one file at least; the true seals come once all bytes are there.
        files=(seal(MANIFEST, b"provisional"),),
    )
