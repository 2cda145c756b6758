"""What training starts from, at the size of a chain: tables from everybody, views to learn from of a sample.

``training`` calls it: counts at every cut, tables of them, and the sample that the network learns from.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from models.out_of_core.counting import count_plan
from models.out_of_core.sample import SamplePlan, draw_sample, read_sample
from models.out_of_core.stage import Stage
from models.out_of_core.tabulating import PEOPLE, tabulate_chain
from models.statistics.tables import Tables, rounded
from models.statistics.tabulate import TablePlan
from models.training.examples import fold_cuts
from models.training.train import TrainingMaterial


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialPlan:
    """``folds`` cuts of four weeks before the last one; ``taste_people``: see ``tabulate_chain``."""

    folds: int = 8
    tables: TablePlan = field(default_factory=TablePlan)
    sample: SamplePlan = field(default_factory=SamplePlan)
    taste_people: int = PEOPLE


def gather_material(
    source: str | Path,
    stage: Stage,
    until_day: int,
    plan: MaterialPlan,
    seed: int,
    on_step: Callable[[str, float], None],
) -> TrainingMaterial:
    """Count at every cut, draw the sample, freeze the folds. ``on_step`` hears (step, part 0..1).

    Raises ``TooLittleData``, ``StageFailed``, ``SourceUnreadable``.
    """
    cuts = fold_cuts(stage.facts.first_day, until_day, plan.folds)
    tables: list[Tables] = []
    for number, cut in enumerate([*cuts, until_day]):
        start, share = number / (len(cuts) + 1), 1 / (len(cuts) + 1)

        def at(step: str, done: float, start: float = start, share: float = share) -> None:
            on_step(step, 0.95 * (start + share * done))

        tables.append(
            rounded(tabulate_chain(stage, cut, plan.tables, seed, at, plan.taste_people))
        )
    on_step("sampling", 0.95)
    # Counted for the last tables already: this finds the folder.
    counts = stage.counts(count_plan(until_day, plan.tables, stage.facts.weeks), on_step)
    sample = draw_sample(source, stage, counts, plan.sample)
    journey, folds = read_sample(sample, stage.facts.offset_s, cuts, tables[:-1])
    on_step("sampled", 1.0)
    return TrainingMaterial(
        source=source,
        coupons=None,
        journey=journey,
        folds=folds,
        tables=tables[-1],
        until_day=until_day,
    )
