"""``storeside products import``: what is sold here, from a table.

``program`` loads it for this command alone; ``goods_import`` reads the table and writes what can be taken.
"""

from __future__ import annotations

import typer

from edge.cli.goods_import import GoodsKind, add_import
from edge.cli.goods_rows import product_of

KIND = GoodsKind(
    says="Bring products in, over those of the same code in any form of GTIN."
    " One that is sold already keeps what the table does not tell.",
    stream="products",
    fields=(
        "sku",
        "name",
        "category",
        "department",
        "kind",
        "price",
        "price_cents",
        "currency",
        "unit",
    ),
    required=(("sku",), ("name",)),
    read=product_of,
)


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    add_import(program, name, says, KIND)
