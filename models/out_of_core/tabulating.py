"""A bundle's tables from what the stage counted: all items from all households, tastes from a sample of them.

``material`` calls ``tabulate_chain`` at every cut, in place of ``statistics.tabulate``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.items import Items, Positions
from models.moment import DAYPARTS
from models.out_of_core.counting import count_plan
from models.out_of_core.duck import Duck
from models.out_of_core.lifting import chain_lifts
from models.out_of_core.queries import query
from models.out_of_core.stage import Stage
from models.statistics.household_clusters import Purchases, cluster_households
from models.statistics.shares import RepeatRates, WindowCounts, shares
from models.statistics.tables import Floats, Tables
from models.statistics.tabulate import TablePlan

# Households from whom tastes are learnt: 48 neighbourhoods of 85 on average. The public data have 2,469.
PEOPLE = 4096

# Households x items that fit: each cell takes some 20 bytes while tastes are learnt.
_CELLS = 64_000_000

_COUNTS = ("vocabulary", "item_parts", "trip_parts", "people", "prices", "kin", "homes")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The counts of one cut, through an engine that shows their folder's tables."""

    duck: Duck
    counts: Path
    size: int
    kinds: int

    def loyalty(self, things: str, size: int) -> tuple[RepeatRates, npt.NDArray[np.int64]]:
        """The loyalty of items or kinds, and the trips of late that held each."""
        self.duck.table("loyalty", str(self.counts / things))
        found = self.duck.read(query("loyalty_sums"))
        at = found.pop("thing").astype(np.int64)

        def column(name: str) -> npt.NDArray[np.int64]:
            return _placed(at, found[name], size)

        late = ("buyers", "returned", "gap_days", "gaps")
        # As ``tabulate`` has them: in other widths the last digits would differ.
        weights = {name: column(name).astype(np.float32) for name in late}
        return RepeatRates(trips=column("trips"), **weights), column("recent")

    def counted(self) -> WindowCounts:
        """All that the shares are made of."""
        items, recent = self.loyalty("items", self.size)
        kinds, _ = self.loyalty("kinds", self.kinds)
        trips = self.duck.read(query("trip_part_sums"))
        cells = self.duck.read(query("item_part_sums"))
        at = cells["part"].astype(np.int64) * self.size + cells["place"]
        parts = len(DAYPARTS)
        return WindowCounts(
            trips=int(trips["trips"].sum()),
            recent_trips=int(trips["recent"].sum()),
            part_trips=_placed(trips["part"].astype(np.int64), trips["trips"], parts),
            households=int(self.duck.read(query("people_sums"))["households"][0]),
            items=items,
            kinds=kinds,
            recent=recent,
            parts=_placed(at, cells["trips"], parts * self.size).reshape(parts, self.size),
        )

    def prices(self) -> npt.NDArray[np.int32]:
        """Median price of one piece, in cents."""
        found = self.duck.read(query("medians"))
        prices = np.zeros(self.size, np.int32)
        prices[found["place"].astype(np.int64)] = np.rint(found["each_cents"]).astype(np.int32)
        return prices

    def kin(self, length: int) -> tuple[Positions, Floats]:
        """Each item's nearest and their cosines, (V, length); -1 and 0 where there are fewer."""
        found = self.duck.read("SELECT item, other, cosine, place FROM kin")
        kin = np.full((self.size, length), -1, np.int32)
        cosine = np.zeros((self.size, length), np.float32)
        at = (found["item"].astype(np.int64), found["place"].astype(np.int64) - 1)
        kin[at], cosine[at] = found["other"], found["cosine"]
        return kin, cosine


def tabulate_chain(
    stage: Stage,
    until_day: int,
    plan: TablePlan,
    seed: int,
    on_step: Callable[[str, float], None],
    people: int = PEOPLE,
) -> Tables:
    """The tables of all trips up to ``until_day``: what ``tabulate`` gives, out of core.

    Only the neighbourhoods are learnt from a sample of ``people`` households, drawn by a hash of
    their ids; with that many or fewer in all they are the same, too. Raises ``TooLittleData``,
    ``StageFailed``.
    """
    counts = stage.counts(count_plan(until_day, plan, stage.facts.weeks), on_step)
    on_step("tabulating", 1.0)
    with stage.engine() as duck:
        items, read = _opened(duck, counts, stage)
        items = replace(items, price_cents=read.prices())
        stats, day, parts = shares(read.counted(), items)
        kin, cosine = read.kin(plan.kin)
        lifted = chain_lifts(duck, stage.folder, counts, stage.goods.items, items.keys)
        bought = _sampled(duck, stage, until_day, len(items), people)
    tastes = cluster_households(bought, plan.neighbourhoods, seed)
    return Tables(
        items=items,
        stats=stats,
        day=day,
        parts=parts,
        worth=tastes.worth,
        kin=kin,
        kin_cosine=cosine,
        vectors=tastes.vectors,
        centres=tastes.centres,
        lists=tastes.lists,
        list_rates=tastes.rates,
        lifts=lifted,
    )


def _opened(duck: Duck, counts: Path, stage: Stage) -> tuple[Items, _Read]:
    for name in _COUNTS:
        duck.table(name, str(counts / name))
    keys = duck.read("SELECT item FROM vocabulary ORDER BY item")["item"].astype(np.int64)
    goods = stage.goods.items
    read = _Read(duck=duck, counts=counts, size=len(keys), kinds=len(goods.type_names))
    return goods.only(goods.positions(keys)), read


def _sampled(duck: Duck, stage: Stage, until_day: int, size: int, people: int) -> Purchases:
    """What a sample of households bought of the vocabulary's ``size`` items."""
    duck.table("trips", str(stage.folder / "trips"))
    duck.view("purchases", query("window", until=until_day))
    found = duck.read(query("sampled", people=min(people, _CELLS // size)))
    return Purchases(
        household=found["household"].astype(np.int64),
        item=found["place"].astype(np.int32),
        items=size,
    )


# Any: counts of several widths.
def _placed(
    at: npt.NDArray[np.int64], values: npt.NDArray[Any], size: int
) -> npt.NDArray[np.int64]:
    placed = np.zeros(size, np.int64)
    placed[at] = values
    return placed
