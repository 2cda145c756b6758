"""From a source's till rows to trips, cut into shards of households: cleaned as ``models.sources.receipts`` cleans.

``stage`` and ``spark`` run it first; ``counting`` goes on from its shards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.errors import SourceUnreadable, TooLittleData
from models.items import Items
from models.out_of_core.engine import Engine
from models.out_of_core.queries import query
from models.sources.receipts import NOON_S
from models.sources.row_filter import PIECES_MAX, VALUE_MAX
from models.sources.weeks import Weeks, calendar_weeks, weeks_told

# A shard of this many rows is sorted, paired and counted within a gigabyte.
ROWS_A_SHARD = 2_000_000

# Lines from before 1990 are a broken clock's.
_FIRST_S = (date(1990, 1, 1) - date(1970, 1, 1)).days * 86_400

_TILL = "transactions.parquet"

OnStep = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPlan:
    """How to clean. ``last_day``: no later line is looked at; local days since the epoch.

    ``offset_s``: local time less that of the timestamps; days alone are taken at noon.
    ``shards`` None = as many as keep each at ``ROWS_A_SHARD``.
    """

    last_day: int
    offset_s: int
    shards: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedCounts:
    """What came of it: rows of the source, lines kept, shards that hold any, first and last day.

    ``promoted``: purchases made on promotion. ``weeks``: the source's, or the calendar's.
    """

    rows: int
    lines: int
    shards: tuple[int, ...]
    offset_s: int
    first_day: int
    last_day: int
    promoted: int
    weeks: Weeks


def clean(
    engine: Engine, goods: Items, out: str, plan: CleanPlan, on_step: OnStep
) -> CleanedCounts:
    """Write ``lines``, ``trips`` and ``promoted``, by shard, ``cells``, ``places`` and ``told`` into ``out``.

    They are made of what ``show_source`` shows. ``on_step`` hears (step, part done 0..1).
    Raises ``SourceUnreadable``, ``TooLittleData``, ``StageFailed``.
    """
    on_step("surveying", 0.0)
    engine.rows("goods", {"item": goods.keys, "kind": goods.type.astype("int64")})
    rows, offset_s = _survey(engine, plan)
    shards = plan.shards or -(-rows // ROWS_A_SHARD)
    on_step("sifting", 0.05)
    sifted = query(
        "lines",
        shards=shards,
        offset_s=offset_s,
        pieces_max=PIECES_MAX,
        value_max=VALUE_MAX,
        first_s=_FIRST_S,
        last_day=plan.last_day,
    )
    engine.write(sifted, f"{out}/lines", by="shard")
    engine.table("all_lines", f"{out}/lines")
    kept = engine.read(query("shards"))
    if not len(kept["shard"]):
        raise TooLittleData(what="lines of goods", got=0, needed=1)
    # A small source leaves shards empty, and there is no folder of those to show.
    present = tuple(sorted(int(shard) for shard in kept["shard"]))
    _make_trips(engine, out, present, on_step)
    first_day, last_day = int(kept["first_day"].min()), int(kept["last_day"].max())
    weeks = _weeks(engine, first_day)
    show_weeks(engine, weeks, first_day, last_day)
    on_step("finding promotions", 0.8)
    return CleanedCounts(
        rows=rows,
        lines=int(kept["lines"].sum()),
        shards=present,
        offset_s=offset_s,
        first_day=first_day,
        last_day=last_day,
        promoted=_find_promoted(engine, out),
        weeks=weeks,
    )


def _make_trips(engine: Engine, out: str, shards: Sequence[int], on_step: OnStep) -> None:
    for number, shard in enumerate(shards):
        on_step("making trips", 0.4 + 0.4 * number / len(shards))
        engine.table("lines", f"{out}/lines/shard={shard}")
        engine.write(query("trips"), f"{out}/trips/shard={shard}")
    engine.table("all_trips", f"{out}/trips")


def _find_promoted(engine: Engine, out: str) -> int:
    """Which purchases were made on promotion; how many."""
    for name in ("places", "cells", "told"):
        engine.write(query(name), f"{out}/{name}")
        engine.table(name, f"{out}/{name}")
    engine.write(query("promoted"), f"{out}/promoted", by="shard")
    engine.table("promoted", f"{out}/promoted")
    return int(engine.read("SELECT COUNT(*) AS found FROM promoted")["found"][0])


def show_weeks(engine: Engine, weeks: Weeks, first_day: int, last_day: int) -> None:
    """Show ``weeks``: the week of every day."""
    days = np.arange(first_day, last_day + 1)
    engine.rows("weeks", {"day": days, "week": weeks.of(days).astype(np.int64)})


def _weeks(engine: Engine, first_day: int) -> Weeks:
    told = engine.read(query("days"))
    if not len(told["day"]):
        return calendar_weeks(first_day)
    days, numbers, lines = (told[name].astype(np.int64) for name in ("day", "week", "lines"))
    return weeks_told(days, numbers, lines, _TILL)


def _survey(engine: Engine, plan: CleanPlan) -> tuple[int, int]:
    """Rows of the source, and the offset that its times need."""
    found = {name: int(column[0] or 0) for name, column in engine.read(query("survey")).items()}
    rows = found["till_rows"]
    if not rows:
        raise SourceUnreadable(source=_TILL, missing="the table has no rows")
    for name, value in found.items():
        if name.endswith("_told") and not value:
            raise SourceUnreadable(
                source=_TILL,
                missing=f"{name.removesuffix('_told')} is empty in every row",
                mend="give the column, or leave it out where it need not be",
            )
    # No row has a time of day: these are local days already.
    return rows, plan.offset_s if found["latest_of_day"] else NOON_S
