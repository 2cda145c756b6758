"""Train at the size of a chain: tables from everybody, out of core; the network from a sample of households.

``edge.cli.model_training`` calls it for ``--chain``; from the material on it is ``training.train``.
"""

from datetime import date
from pathlib import Path

from models.bundle.manifest import Manifest
from models.out_of_core.cleaning import CleanPlan
from models.out_of_core.duck import DuckLimits
from models.out_of_core.material import MaterialPlan, gather_material
from models.out_of_core.stage import Stage, prepare
from models.sources.journey import LOCAL_OFFSET_S
from models.training.examples import FOLD_DAYS
from models.training.train import EPOCH, OnProgress, TrainPlan, learn_bundle


def train_chain(  # noqa: PLR0913  # what decides, where it happens, and who listens
    source: str | Path,
    out: Path,
    until: date,
    seed: int,
    on_progress: OnProgress,
    *,
    work: Path,
    limits: DuckLimits,
    utc_offset_hours: float = LOCAL_OFFSET_S / 3600,
    plan: TrainPlan | None = None,
    material: MaterialPlan | None = None,
) -> Manifest:
    """Like ``train``, in bounded memory. ``work``: where the counts go; what is there already is used again.

    The four weeks after ``until``, if the source has them, are for judging. Raises ``StageFailed``,
    ``SourceUnreadable``, ``TooLittleData``.
    """
    plan = plan or TrainPlan()
    until_day = (until - EPOCH).days
    stage = _stage(source, work, until_day, round(utc_offset_hours * 3600), limits, on_progress)
    gathered = gather_material(
        source,
        stage,
        until_day,
        material or MaterialPlan(folds=plan.folds, tables=plan.tables),
        seed,
        lambda step, done: on_progress(step, 0.05 + 0.1 * done),
    )
    return learn_bundle(gathered, out, plan, seed, on_progress)


def _stage(
    source: str | Path,
    work: Path,
    until_day: int,
    offset_s: int,
    limits: DuckLimits,
    on_progress: OnProgress,
) -> Stage:
    if work.is_dir():
        return Stage(work, limits)
    clean = CleanPlan(last_day=until_day + FOLD_DAYS, offset_s=offset_s)
    return prepare(
        source, work, clean, limits, lambda step, done: on_progress(step, 0.05 * done)
    )
