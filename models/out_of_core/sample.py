"""A sample of a chain that learns a network: a source folder like any other, small enough for memory.

``material`` draws it after the counts; ``training.examples`` replays it like any journey.

A store's trend is made of everybody's trips there, a household's history of all its own. So stores are
drawn first, with all of their trips, and then households that are at home in them, with all of theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.features.profile_replay import store_trends
from models.items import Keys
from models.out_of_core.duck import Duck
from models.out_of_core.layout import replaced_when_whole, table_of
from models.out_of_core.queries import query
from models.out_of_core.stage import Stage
from models.sources.journey import Journey, read_journey
from models.sources.parquet import data_folder, has_table
from models.statistics.tables import Tables
from models.training.examples import Fold

_CUT = ("transactions", "promotions")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePlan:
    """How much of a chain learns the network.

    ``people`` households at most; the public data's 2,469 give 35,000 views. ``store_trips``: stores
    are drawn until they hold this many trips in the window; more would not fit into memory.
    """

    people: int = 2500
    store_trips: int = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledFolders:
    """Two source folders: all trips of some ``people``, and all trips in the ``stores`` of their homes."""

    people: Path
    stores: Path


def draw_sample(
    source: str | Path, stage: Stage, counts: Path, plan: SamplePlan
) -> SampledFolders:
    """Write the sample beside the stage's trips, anew. ``counts``: what ``stage.counts`` gave.

    Drawn by a hash of the ids: the same stage gives the same sample. No line after the stage's last
    day is in it. Raises ``TooLittleData``, ``StageFailed``.
    """
    # The whole path: tables are linked to from another folder.
    folder = data_folder(source).resolve()
    sample = SampledFolders(
        people=stage.folder / "sample-people", stores=stage.folder / "sample-stores"
    )
    with stage.engine() as duck:
        duck.table("homes", str(counts / "homes"))
        duck.table("store_trips", str(counts / "store_trips"))
        stores = _stores(duck, plan.store_trips)
        duck.rows("chosen_stores", {"store": stores})
        people = duck.read(query("neighbours", people=plan.people))["household"].astype(
            np.int64
        )
        duck.rows("chosen_people", {"household": people})
        duck.table("trips", str(stage.folder / "trips"))
        visited = duck.read(query("visited"))["store"].astype(np.int64)
        # In the source's own time, since rows are copied as they are.
        cut = _Cutting(duck, folder, (stage.facts.last_day + 1) * 86_400 - stage.facts.offset_s)
        cut.write(sample.people, "household_id", people, visited)
        cut.write(sample.stores, "store_id", stores, stores)
    return sample


@dataclass(frozen=True, slots=True)
class _Cutting:
    """Cuts a source folder down to some rows."""

    duck: Duck
    folder: Path
    before_s: int

    def write(self, place: Path, column: str, ids: Keys, stores: Keys) -> None:
        """The till rows whose ``column`` is in ``ids``, the promotions of ``stores``, all else linked."""
        with replaced_when_whole(place) as half:
            for table in self.folder.iterdir():
                if Path(table.name).stem not in _CUT:
                    (half / table.name).symlink_to(table)
            self.duck.table("source", str(table_of(self.folder, "transactions")))
            self.duck.rows("chosen", {"id": ids})
            self.duck.copy_chosen(
                "source", column, half / "transactions.parquet", self.before_s
            )
            if has_table(self.folder / "promotions.parquet"):
                self.duck.table("leaflets", str(table_of(self.folder, "promotions")))
                self.duck.rows("chosen", {"id": stores})
                self.duck.copy_chosen("leaflets", "store_id", half / "promotions.parquet")


def read_sample(
    sample: SampledFolders, offset_s: int, cuts: Sequence[int], tables: Sequence[Tables]
) -> tuple[Journey, list[Fold]]:
    """The people's journey, and a fold a cut: its tables, and what each drawn store had seen by then."""
    hours = offset_s / 3600
    folds = [
        Fold(cut_day=cut, tables=table, trends=trends)
        for cut, table, trends in zip(
            cuts, tables, store_trends(read_journey(sample.stores, hours), cuts), strict=True
        )
    ]
    return read_journey(sample.people, hours), folds


def _stores(duck: Duck, trips: int) -> Keys:
    """Stores as they are drawn, until they hold that many trips."""
    known = duck.read(query("store_sums"))
    before = np.cumsum(known["trips"]) - known["trips"]
    chosen: Keys = known["store"][before < trips].astype(np.int64)
    return chosen
