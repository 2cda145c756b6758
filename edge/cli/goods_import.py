"""Imports of goods: a table is read whole, what can be taken is written in one transaction, the rest is counted.

The commands ``products``, ``prices``, ``stock`` and ``promotions`` differ only in what a row of theirs is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from cloud_sync.downlink import StreamChange
from edge.app.provisioning import code_rules_of
from edge.cli.column_map import ColumnMap, MapFile, read_map
from edge.cli.goods_rows import Row, RowContext, RowFault, RowReader, RowRefused
from edge.cli.local_change import OpenedStore, open_store
from edge.cli.output import AsJson, Progress, note, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.cli.table_file import OpenTable, TableUnreadable, open_table
from edge.storage.catalogue import products
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification

# So many rows are named one by one; of the others the count says enough.
_NAMED = 1_000
_SHOWN = 10

_WHAT_BECOMES = "Good rows are taken in one transaction, bad ones are counted by reason; exit 1 if any was bad."

Strict = Annotated[
    bool, typer.Option("--strict", help="Take nothing at all if any row is refused.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsKind:
    """One kind of table. ``fields``: what its columns may be; ``required``: one of each group must be there."""

    says: str
    stream: str
    fields: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]
    read: RowReader


@dataclass(slots=True)
class ImportOutcome:
    """What became of the rows. ``taken``: bodies by their key; ``repeated``: rows whose product came again below."""

    columns: Mapping[str, str]
    rows: int = 0
    repeated: int = 0
    taken: dict[str, dict[str, object]] = field(default_factory=dict[str, dict[str, object]])
    refused: list[tuple[int, RowFault, str]] = field(
        default_factory=list[tuple[int, RowFault, str]]
    )

    def keep(self, key: str, body: dict[str, object]) -> None:
        """The last word of a file counts."""
        self.repeated += key in self.taken
        self.taken[key] = body

    def by_reason(self) -> dict[str, list[int]]:
        """Numbers of the refused rows, by reason."""
        found = dict[str, list[int]]()
        for number, fault, _ in self.refused:
            found.setdefault(fault.value, []).append(number)
        return found


def add_import(program: typer.Typer, name: str, says: str, kind: GoodsKind) -> None:
    """Add the group ``name`` with its ``import``."""

    def take(
        file: Annotated[
            Path,
            typer.Argument(metavar="FILE", help="CSV, JSON lines or Parquet, by its name."),
        ],
        columns: MapFile = None,
        config: ConfigFile = None,
        folder: DataFolder = None,
        *,
        strict: Strict = False,
        as_json: AsJson = False,
    ) -> None:
        with open_store(config, folder) as store:
            outcome = bring_in(kind, file, read_map(columns), store, strict=strict)
        _tell(kind, outcome, as_json=as_json)

    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    group.command(
        "import",
        help=f"{kind.says}\n\n{_WHAT_BECOMES}",
        epilog=f"Example: storeside {name} import {name}.csv --columns map.toml",
    )(take)
    program.add_typer(group, name=name)


def bring_in(
    kind: GoodsKind,
    file: Path,
    chosen: ColumnMap,
    store: OpenedStore,
    *,
    strict: bool,
) -> ImportOutcome:
    """Read ``file`` and write what can be taken; with ``strict`` only if all of it can.

    Raises:
        StoresideError: the file is no such table, or the map is none; nothing is written then.
    """
    with (
        Progress(f"reading {file.name}") as progress,
        open_table(file, chosen.form, progress.at) as table,
    ):
        outcome = _read(kind, table, chosen, store)
    if outcome.taken and not (strict and outcome.refused):
        with store.change() as incoming:
            changes = [
                StreamChange(stream=kind.stream, key=key, op="upsert", version=0, body=body)
                for key, body in outcome.taken.items()
            ]
            incoming.handlers()[kind.stream](store.conn, changes)
            command_notifications.notify(store.conn, CommandNotification.SHELVES)
    else:
        outcome.taken.clear()
    return outcome


def _tell(kind: GoodsKind, outcome: ImportOutcome, *, as_json: bool) -> None:
    """Say what became of the rows; exit 1 if any was refused."""
    reasons = outcome.by_reason()
    for reason, numbers in reasons.items():
        more = " …" if len(numbers) > _SHOWN else ""
        shown = ", ".join(map(str, numbers[:_SHOWN]))
        note(f"{len(numbers)} rows refused: {reason} (rows {shown}{more})")
    if as_json:
        print_document(
            {
                "rows": outcome.rows,
                "imported": len(outcome.taken),
                "repeated": outcome.repeated,
                "refused": [
                    {"row": number, "reason": fault.value, "field": name}
                    for number, fault, name in outcome.refused[:_NAMED]
                ],
                "reasons": {reason: len(numbers) for reason, numbers in reasons.items()},
                "columns": outcome.columns,
            }
        )
    else:
        say(f"{len(outcome.taken)} {kind.stream} imported, {len(outcome.refused)} rows refused")
        say(f"columns: {', '.join(f'{n} = {h}' for n, h in outcome.columns.items())}")
    if outcome.refused:
        raise typer.Exit(1)


def _read(
    kind: GoodsKind, table: OpenTable, chosen: ColumnMap, store: OpenedStore
) -> ImportOutcome:
    matched = chosen.matched(table.headings, kind.fields)
    _need(kind, table, {*matched, *chosen.constants})
    context = RowContext(
        columns=chosen,
        matched=matched,
        sold={product.key: product for product in products.every(store.conn)},
        rules=code_rules_of(store.settings),
        decimal_comma=table.decimal_comma,
    )
    outcome = ImportOutcome(columns=matched)
    for row in table.rows:
        outcome.rows += 1
        if row.cells is None:
            outcome.refused.append((row.number, RowFault.UNREADABLE, ""))
            continue
        try:
            body = kind.read(Row(row.cells, context))
        except RowRefused as error:
            outcome.refused.append((row.number, error.fault, error.field))
            continue
        outcome.keep(str(body.get("id") or body["sku"]), body)
    return outcome


def _need(kind: GoodsKind, table: OpenTable, there: set[str]) -> None:
    for group in kind.required:
        if not there.intersection(group):
            raise TableUnreadable(
                f"no column is known as {' or '.join(group)}; the table has"
                f" {', '.join(table.headings[:40])}",
                hint="say which it is in the file of --columns; docs/goods.md shows one",
            )


def _group() -> None:
    """Goods, as the centre would send them."""
