"""Every household's profile from its counters: the very bytes that a till line by line would have made.

For whoever sends a chain's profiles to its stores: it reads what ``counting`` wrote. No command does so yet.
"""

from collections.abc import Iterator

import numpy as np

from models.features.profile import ITEMS_REMEMBERED, TRIPS_REMEMBERED, Profile
from models.features.profile_bytes import ProfileCounts, Visits, pack
from models.items import place_number
from models.out_of_core.cleaning import OnStep
from models.out_of_core.engine import Columns
from models.out_of_core.queries import query
from models.out_of_core.stage import Stage


def profiles(stage: Stage, until: int, on_step: OnStep) -> Iterator[tuple[int, bytes]]:
    """Each household with its profile at the end of day ``until``, shard by shard, ascending in each.

    Holds one shard in memory. Raises ``StageFailed``.
    """
    counters = stage.counters(until, on_step)
    for shard in stage.facts.shards:
        with stage.engine() as duck:
            duck.table("counters", str(counters / f"shard={shard}"))
            duck.table("trips", str(stage.folder / "trips" / f"shard={shard}"))
            duck.table("all_promoted", str(stage.folder / "promoted"))
            duck.view("purchases", query("window", until=until))
            duck.view("promoted", query("promoted_of", shard=shard))
            counted = duck.read("SELECT * FROM counters ORDER BY household, item")
            bought = duck.read(query("replayed"))
        yield from _of_shard(counted, bought)


def _of_shard(counted: Columns, bought: Columns) -> Iterator[tuple[int, bytes]]:
    # Two halves: the highest of 64 bits does not fit SQL's signed numbers.
    masks = counted["mask_high"].astype(np.uint64) << np.uint64(32)
    columns: Columns = {
        "key": counted["item"],
        "mask": masks | counted["mask_low"].astype(np.uint64),
        "promoted": counted["promoted"],
        "trips": counted["trips"],
        "first": counted["first_day"],
        "last": counted["last_day"],
    }
    households, starts = np.unique(counted["household"], return_index=True)
    ends = np.append(starts[1:], len(counted["household"]))
    lines = np.searchsorted(bought["household"], np.append(households, np.iinfo(np.int64).max))
    for at, household in enumerate(households.tolist()):
        mine = slice(int(starts[at]), int(ends[at]))
        trips = slice(int(lines[at]), int(lines[at + 1]))
        own = {name: column[mine] for name, column in columns.items()}
        yield household, _profile(own, {name: bought[name][trips] for name in bought})


def _profile(own: Columns, bought: Columns) -> bytes:
    if len(own["key"]) > ITEMS_REMEMBERED:
        return _replayed(bought).to_bytes()
    days, first = np.unique(bought["day"], return_index=True)
    # Backwards from the end, as many as are remembered.
    newest = slice(None, -TRIPS_REMEMBERED - 1, -1)
    stores: list[int] = bought["store"][first[newest]].tolist()
    counts = ProfileCounts(
        columns=own,
        visits=Visits(days=days[newest].tolist(), places=[place_number(s) for s in stores]),
        trips=len(days),
        lines=len(bought["day"]),
        first_day=int(days[0]),
    )
    return pack(counts)


def _replayed(bought: Columns) -> Profile:
    """More items than a profile remembers: which are forgotten hangs on the order of the lines."""
    profile = Profile.empty()
    lines = (bought[name].tolist() for name in ("item", "day", "store", "promoted"))
    for key, day, store, promoted in zip(*lines, strict=True):
        profile.record(key, day, place=place_number(store), promoted=bool(promoted))
    return profile
