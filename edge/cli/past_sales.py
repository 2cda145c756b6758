"""``storeside sales import`` of a table: what the store sold before it had this product.

``sales`` calls it; ``sales_table`` reads the rows, ``sales_history`` writes the orders.
"""

from __future__ import annotations

from pathlib import Path

import typer

from edge.cli.local_change import open_store
from edge.cli.lock_file import occupied
from edge.cli.output import Progress, note, print_document, say
from edge.cli.sales_history import HistoryCount, bring_in
from edge.cli.sales_table import ReadOrders, read_orders
from models.sources.column_map import SourceMap, read_source_map

TABLES = frozenset({".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet"})
"""How the name of a table ends."""


def take_table(
    file: Path,
    columns: str | None,
    config: Path | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Bring the orders of a table in; exit 1 if a row was refused.

    Raises:
        StoresideError: a service runs, or the file is no such table; nothing is written then.
    """
    told = SourceMap() if columns is None else read_source_map(columns)
    with open_store(config, folder) as store, occupied(store.settings.data_dir):
        read = read_orders(file, told.transactions, told.utc_offset_hours, store)
        with Progress("orders") as progress:
            total = max(1, len(read.orders))
            count = bring_in(store, read.orders.values(), lambda n: progress.at(n / total))
    _tell(read, count, as_json=as_json)
    if read.refused:
        raise typer.Exit(1)


def _tell(read: ReadOrders, count: HistoryCount, *, as_json: bool) -> None:
    for reason, rows in sorted(read.refused.items()):
        # By number only: what stood there may be somebody's data.
        note(f"{rows} rows refused: {reason} (first in row {read.first[reason]})")
    if as_json:
        print_document(
            {
                "taken": count.taken,
                "known": count.known,
                "faded": count.faded,
                "habits": count.habits,
                "nobody": dict(count.nobody),
                "refused_rows": dict(read.refused),
            }
        )
        return
    say(
        f"{count.taken} past sales taken, {count.known} known already, {count.habits} in habits"
    )
    if count.faded:
        say(f"  {count.faded} are older than the till's history is kept: in habits alone")
    for reason, orders in sorted(count.nobody.items()):
        say(f"  nobody's: {reason} {orders}")
