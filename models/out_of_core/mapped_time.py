"""When a stranger's lines were: dates in any writing, numbered days, or nothing but the days between orders.

``mapped_columns`` takes a line's moment from it, ``mapped`` places orders in time.
"""

from collections.abc import Mapping
from datetime import date

from models.out_of_core.mapped_cells import Cells, identifier, literal
from models.sources.column_map import DayNumber, Timeline, headings

_PLACED = "storeside_placed"
_EPOCH = date(1970, 1, 1)
# Days since the epoch of the first such day: 1970-01-01 was a Thursday.
_FIRST: Mapping[str, int] = {"saturday": 2, "sunday": 3, "monday": 4}


def moment_of(cells: Cells) -> str:
    """A line's date and time, NULL where it cannot be read."""
    table = cells.table
    if _PLACED in cells.kinds:
        return _PLACED
    if table.day_number is not None:
        return _numbered(table.day_number)
    native = cells.native("transaction_timestamp", "TIMESTAMP", "DATE")
    if native is not None:
        return f"MAKE_TIMESTAMP(EPOCH_US({native}))"
    text = cells.text("transaction_timestamp", between=" ")
    forms = headings(table.date_format or ())
    if not forms:
        return f"TRY_CAST({text} AS TIMESTAMP)"
    if forms[0] in {"epoch-s", "epoch-ms"}:
        micros = 1_000_000 if forms[0] == "epoch-s" else 1_000
        return f"MAKE_TIMESTAMP(CAST(TRY_CAST({text} AS DOUBLE) * {micros} AS BIGINT))"
    return f"TRY_STRPTIME({text}, [{', '.join(literal(form) for form in forms)}])"


def placed_in_time(table: str, timeline: Timeline) -> str:
    """The orders of ``table`` with a moment each; see ``Timeline``."""
    last, first = (timeline.last_day - _EPOCH).days, _FIRST[timeline.first_weekday]
    household, order, weekday, hour, days = (
        identifier(name)
        for name in (
            timeline.household,
            timeline.order,
            timeline.weekday,
            timeline.hour,
            timeline.days_since,
        )
    )
    # Backwards through a person's orders: how many days before the last one each was.
    backwards = f"PARTITION BY {household} ORDER BY TRY_CAST({order} AS BIGINT) DESC"
    return f"""
SELECT
    * EXCLUDE (weekday_told, last_weekday, days_before),
    MAKE_TIMESTAMP(
        1000000 * (
            86400 * (counted - {_since("counted", first, "weekday_told")})
            + 3600 * COALESCE(TRY_CAST({hour} AS BIGINT), 12)
        )
    ) AS {_PLACED}
FROM (
    SELECT
        *,
        {last} - {_since(str(last), first, "last_weekday")} - days_before AS counted
    FROM (
        SELECT
            *,
            TRY_CAST({weekday} AS BIGINT) AS weekday_told,
            FIRST_VALUE(TRY_CAST({weekday} AS BIGINT)) OVER ({backwards}) AS last_weekday,
            CAST(
                COALESCE(
                    SUM(TRY_CAST({days} AS DOUBLE)) OVER (
                        {backwards} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                    ),
                    0
                ) AS BIGINT
            ) AS days_before
        FROM {table}
    )
)
"""  # noqa: S608  # headings are quoted


def _since(day: str, first: int, weekday: str) -> str:
    """How many days before ``day`` its latest such weekday was, 0..6."""
    return f"MOD(MOD({day} - {first} - {weekday}, 7) + 7, 7)"


def _numbered(told: DayNumber) -> str:
    day = f"TRY_CAST({identifier(told.column)} AS INTEGER)"
    moment = f"CAST({literal(told.first_day.isoformat())} AS TIMESTAMP) + TO_DAYS({day} - 1)"
    if told.clock is None:
        return moment
    clock = f"COALESCE(TRY_CAST({identifier(told.clock)} AS INTEGER), 0)"
    return f"{moment} + TO_MINUTES({clock} // 100 * 60 + {clock} % 100)"
