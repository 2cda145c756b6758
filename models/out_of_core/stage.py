"""The stage on one machine: a folder with cleaned trips, and beside them what was counted at each cut.

``edge.cli.model_training`` prepares one; ``material`` and ``training`` work in it.
"""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from models.out_of_core.cleaning import CleanPlan, OnStep, clean, show_weeks
from models.out_of_core.counting import CountPlan, count, count_profiles
from models.out_of_core.duck import Duck, DuckLimits
from models.out_of_core.layout import (
    PRODUCTS,
    counts_name,
    profiles_name,
    read_facts,
    replaced_when_whole,
    seal_folder,
    table_of,
)
from models.out_of_core.sources import show_source
from models.sources.goods import read_goods
from models.sources.parquet import data_folder, has_table


class Stage:
    """A folder that ``prepare`` or the Spark job wrote; see ``models.out_of_core.layout``."""

    def __init__(self, folder: Path, limits: DuckLimits) -> None:
        """Open it. Raises ``SourceUnreadable`` if it is not whole."""
        self.facts = read_facts(folder)
        self.folder = folder
        self.limits = limits
        self.goods = read_goods(folder / PRODUCTS)

    @contextmanager
    def engine(self) -> Generator[Duck]:
        """An engine that spills beside the folder, with the goods shown."""
        with _spilling(self.folder) as spill, Duck(self.limits, spill) as duck:
            items = self.goods.items
            duck.rows("goods", {"item": items.keys, "kind": items.type.astype("int64")})
            facts = self.facts
            show_weeks(duck, facts.weeks, facts.first_day, facts.last_day)
            yield duck

    def counts(self, plan: CountPlan, on_step: OnStep) -> Path:
        """The folder of what was counted at a cut; counted now unless it was before."""
        wanted = self.folder / counts_name(plan)
        if not wanted.exists():
            with self.engine() as duck, replaced_when_whole(wanted) as half:
                count(duck, str(self.folder), str(half), self.facts.shards, plan, on_step)
                shutil.rmtree(half / "passing")
        return wanted

    def counters(self, until: int, on_step: OnStep) -> Path:
        """The folder of all households' counters at the end of a day; counted unless they were before."""
        wanted = self.folder / profiles_name(until)
        if not wanted.exists():
            with self.engine() as duck, replaced_when_whole(wanted) as half:
                shards = self.facts.shards
                count_profiles(duck, str(self.folder), str(half), shards, until, on_step)
        return wanted


def prepare(
    source: str | Path, out: Path, plan: CleanPlan, limits: DuckLimits, on_step: OnStep
) -> Stage:
    """Clean a source into the folder ``out``, which appears when it is whole, in place of an old one.

    ``source``: ``completejourney`` or a folder with ``products.parquet`` and the till rows, one
    file or a tree of them. Raises ``SourceUnreadable``, ``TooLittleData``, ``StageFailed``.
    """
    folder = data_folder(source)
    goods = read_goods(folder / PRODUCTS)
    with replaced_when_whole(out) as half, _spilling(out) as spill, Duck(limits, spill) as duck:
        told = folder / "promotions.parquet"
        leaflets = str(table_of(folder, "promotions")) if has_table(told) else None
        show_source(duck, str(table_of(folder, "transactions")), leaflets)
        cleaned = clean(duck, goods.items, str(half), plan, on_step)
        seal_folder(half, cleaned, table_of(folder, "products"))
    on_step("prepared", 1.0)
    return Stage(out, limits)


@contextmanager
def _spilling(beside: Path) -> Generator[Path]:
    spill = beside.with_name(f".{beside.name}.spill")
    try:
        yield spill
    finally:
        shutil.rmtree(spill, ignore_errors=True)
