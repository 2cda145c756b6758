"""From trips to what the tables are made of: one shard at a time, and sums that add up over shards.

``stage`` and ``spark`` run it at every cut; ``tabulating`` makes tables of the sums.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.errors import TooLittleData
from models.out_of_core.cleaning import OnStep
from models.out_of_core.engine import Engine
from models.out_of_core.queries import hours, query
from models.sources.weeks import Weeks
from models.statistics.shares import RECENT_DAYS
from models.statistics.tabulate import TablePlan

# Pairs that one block may hold at worst, every item with every other: some 300 MB while summed.
_PAIRS_A_BLOCK = 12_000_000

# Halves of the work by time, measured: pairs take most of it.
_COUNTED, _PAIRED = 0.1, 0.7

# No week of any source is longer.
_WEEK_MAX_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class CountPlan:
    """What to count. ``until``: the cut, a local day since the epoch; later trips do not exist.

    ``whole_weeks``: the last day of the last week that had ended by then; promotions run by the week.
    ``trips_min`` puts an item into the vocabulary; ``kin`` neighbours an item, of pairs that were
    together in ``kin_support`` trips.
    """

    until: int
    whole_weeks: int
    trips_min: int
    kin: int
    kin_support: int


def count_plan(until_day: int, plan: TablePlan, weeks: Weeks) -> CountPlan:
    """What the stage must count for these tables."""
    # As ``fit_lifts`` in memory: only weeks that had ended by the cut.
    last_week = int(weeks.of(np.array([until_day + 1]))[0]) - 1
    days = np.arange(until_day - _WEEK_MAX_DAYS, until_day + 1)
    over = days[weeks.of(days) <= last_week]
    return CountPlan(
        until=until_day,
        whole_weeks=int(over[-1]) if len(over) else int(days[0]),
        trips_min=plan.trips_min,
        kin=plan.kin,
        kin_support=plan.kin_support,
    )


def count(
    engine: Engine,
    trips: str,
    out: str,
    shards: Sequence[int],
    plan: CountPlan,
    on_step: OnStep,
) -> None:
    """Write into ``out`` what the tables are made of, a folder each.

    vocabulary, items, kinds, item_parts, trip_parts, people, prices, kin, homes, store_trips, and of
    promotions sales, visits, on_promotion and shown. ``trips``: the folder that ``clean`` wrote; the
    views ``goods`` and ``weeks`` must be shown. ``out/passing`` may be thrown away afterwards.
    Raises ``TooLittleData``, ``StageFailed``.
    """
    engine.view("hours", hours())
    for name in ("cells", "told"):
        engine.table(name, f"{trips}/{name}")
    engine.table("all_promoted", f"{trips}/promoted")
    passing = f"{out}/passing"
    for shard in _each(shards, on_step, "counting items", 0.0, _COUNTED):
        _window(engine, trips, shard, plan)
        engine.write(query("item_trips"), f"{passing}/item_trips/shard={shard}")
    # Over all shards before any pair: the vocabulary is the chain's, and pairs are counted of it alone.
    engine.table("item_trips", f"{passing}/item_trips")
    engine.write(query("vocabulary", trips_min=plan.trips_min), f"{out}/vocabulary")
    engine.table("vocabulary", f"{out}/vocabulary")
    size = int(engine.read("SELECT COUNT(*) AS size FROM vocabulary")["size"][0])
    if not size:
        raise TooLittleData(what=f"items with {plan.trips_min} trips", got=0, needed=1)
    blocks = 1 + size * size // 2 // _PAIRS_A_BLOCK
    for shard in _each(shards, on_step, "counting pairs", _COUNTED, _PAIRED):
        _window(engine, trips, shard, plan)
        engine.table("lines", f"{trips}/lines/shard={shard}")
        _count_shard(engine, out, shard, plan)
        engine.write(
            query("pairs", blocks=blocks), f"{passing}/pairs/shard={shard}", by="block"
        )
    engine.table("visits", f"{out}/visits")
    engine.write(query("shown"), f"{out}/shown")
    _sum_pairs(engine, out, blocks, plan, on_step)


def count_profiles(
    engine: Engine, trips: str, out: str, shards: Sequence[int], until: int, on_step: OnStep
) -> None:
    """Write each household's counters at the end of day ``until`` into ``out``, by shard."""
    engine.table("all_promoted", f"{trips}/promoted")
    for shard in _each(shards, on_step, "counting profiles", 0.0, 1.0):
        engine.table("trips", f"{trips}/trips/shard={shard}")
        engine.view("purchases", query("window", until=until))
        engine.view("promoted", query("promoted_of", shard=shard))
        engine.write(query("counters"), f"{out}/shard={shard}")


def _window(engine: Engine, trips: str, shard: int, plan: CountPlan) -> None:
    engine.table("trips", f"{trips}/trips/shard={shard}")
    engine.view("purchases", query("window", until=plan.until))


def _count_shard(engine: Engine, out: str, shard: int, plan: CountPlan) -> None:
    recent_after = plan.until - RECENT_DAYS
    engine.view("known", query("known"))
    for name in ("item_parts", "people", "homes", "store_trips"):
        engine.write(query(name), f"{out}/{name}/shard={shard}")
    engine.write(
        query("trip_parts", recent_after=recent_after), f"{out}/trip_parts/shard={shard}"
    )
    engine.write(query("prices", until=plan.until), f"{out}/prices/shard={shard}")
    engine.view("promoted", query("promoted_of", shard=shard))
    for name in ("sales", "visits", "on_promotion"):
        engine.write(query(name, until=plan.whole_weeks), f"{out}/{name}/shard={shard}")
    for things in ("items", "kinds"):
        engine.view("bought", query(f"bought_{things}"))
        engine.write(
            query("loyalty", recent_after=recent_after), f"{out}/{things}/shard={shard}"
        )


def _sum_pairs(engine: Engine, out: str, blocks: int, plan: CountPlan, on_step: OnStep) -> None:
    """The pairs of all shards, added up block by block; then each item's nearest."""
    middle = (1 + _PAIRED) / 2
    engine.table("pair_parts", f"{out}/passing/pairs")
    for block in _each(range(blocks), on_step, "summing pairs", _PAIRED, middle):
        summed = query("pair_sums", block=block, support=plan.kin_support)
        engine.write(summed, f"{out}/passing/pair_sums/block={block}")
    engine.table("pairs", f"{out}/passing/pair_sums")
    for block in _each(range(blocks), on_step, "finding kin", middle, 1.0):
        nearest = query("kin", blocks=blocks, block=block, kin=plan.kin)
        engine.write(nearest, f"{out}/kin/block={block}")


def _each(
    numbers: Sequence[int], on_step: OnStep, step: str, start: float, end: float
) -> Iterator[int]:
    """Each number, the step and its part of all work being told before it."""
    for place, number in enumerate(numbers):
        on_step(step, start + (end - start) * place / len(numbers))
        yield number
