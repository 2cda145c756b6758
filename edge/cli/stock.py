"""``storeside stock import``: what is on hand, from a table.

``program`` loads it for this command alone; ``goods_import`` reads the table and writes what can be taken.
"""

from __future__ import annotations

import typer

from edge.cli.goods_import import GoodsKind, add_import
from edge.cli.goods_rows import count_of

KIND = GoodsKind(
    says="Bring counts of the stock in, in pieces or by weight.",
    stream="stock",
    fields=("sku", "on_hand", "unit"),
    required=(("sku",), ("on_hand",)),
    read=count_of,
)


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    add_import(program, name, says, KIND)
