"""The stage's folder: what lies where, whichever engine wrote it.

``stage`` and ``spark`` write by it, ``sample`` and ``tabulating`` find things by it.

::

    stage.json  products.parquet
    lines/shard=7/…  trips/shard=7/…  promoted/shard=7/…    cleaned, by household
    places  cells  told                                     the promotions that somebody could have met
    counts-17468-20-30-3/vocabulary items kinds … kin/…     what a cut's tables are made of
    profiles-17468/shard=7/…                                every household's counters
"""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from models.errors import SourceUnreadable
from models.out_of_core.cleaning import CleanedCounts
from models.out_of_core.counting import CountPlan
from models.sources.weeks import Weeks

PRODUCTS = "products.parquet"
_FACTS = "stage.json"


class StageFacts(BaseModel):
    """What ``stage.json`` holds; see ``CleanedCounts``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rows: int = Field(ge=1)
    lines: int = Field(ge=1)
    shards: tuple[int, ...] = Field(min_length=1, max_length=100_000)
    offset_s: int = Field(ge=-86_400, le=86_400)
    first_day: int = Field(ge=0)
    last_day: int = Field(ge=0)
    promoted: int = Field(ge=0)
    week_days: tuple[int, ...] = Field(min_length=1, max_length=100_000)
    week_numbers: tuple[int, ...] = Field(min_length=1, max_length=100_000)
    week_turn: int = Field(ge=0, le=6)

    @property
    def weeks(self) -> Weeks:
        """The weeks of the source's days."""
        return Weeks(
            days=np.array(self.week_days, np.int32),
            numbers=np.array(self.week_numbers, np.int32),
            turn=self.week_turn,
        )


def read_facts(folder: Path) -> StageFacts:
    """The facts of a folder. Raises ``SourceUnreadable`` if it is not one, or not whole."""
    try:
        return StageFacts.model_validate_json((folder / _FACTS).read_bytes())
    except (OSError, ValueError) as broken:
        raise SourceUnreadable(
            source=str(folder),
            missing="it is no folder of the chain stage",
            mend="let the stage write it",
        ) from broken


def seal_folder(folder: Path, cleaned: CleanedCounts, products: Path) -> None:
    """Put the products and, last, the facts beside what ``clean`` wrote."""
    copied = shutil.copytree if products.is_dir() else shutil.copyfile
    copied(products, folder / PRODUCTS)
    told = {part.name: getattr(cleaned, part.name) for part in fields(cleaned)}
    weeks: Weeks = told.pop("weeks")
    facts = StageFacts(
        **told,
        week_days=tuple(weeks.days.tolist()),
        week_numbers=tuple(weeks.numbers.tolist()),
        week_turn=weeks.turn,
    )
    (folder / _FACTS).write_bytes(facts.model_dump_json(indent=1).encode())


def counts_name(plan: CountPlan) -> str:
    """The folder of what was counted by this plan."""
    # All that a caller may choose: counts made by another plan must not be taken for these.
    return f"counts-{plan.until}-{plan.trips_min}-{plan.kin}-{plan.kin_support}"


def profiles_name(until: int) -> str:
    """The folder of all counters at the end of that day."""
    return f"profiles-{until}"


def table_of(folder: Path, name: str) -> Path:
    """Where a source keeps a table: ``name.parquet``, a file or a folder, or the folder ``name``.

    Raises ``SourceUnreadable``.
    """
    for place in (folder / f"{name}.parquet", folder / name):
        if place.exists():
            return place
    raise SourceUnreadable(source=str(folder), missing=f"{name}.parquet is not there")


@contextmanager
def replaced_when_whole(folder: Path) -> Generator[Path]:
    """A folder beside ``folder`` to write into; it takes that name once all went well."""
    half = folder.with_name(f".{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    try:
        yield half
    except BaseException:  # an interrupted run, too, must leave no half folder behind
        shutil.rmtree(half, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    half.rename(folder)
