"""``storeside prices import``: other prices for what is sold here, from a table.

``program`` loads it for this command alone; ``goods_import`` reads the table and writes what can be taken.
"""

from __future__ import annotations

import typer

from edge.cli.goods_import import GoodsKind, add_import
from edge.cli.goods_rows import price_of

KIND = GoodsKind(
    says="Bring prices in for products that are sold here; what is not is refused as unknown-product.",
    stream="products",
    fields=("sku", "price", "price_cents", "currency", "unit"),
    required=(("sku",), ("price", "price_cents")),
    read=price_of,
)


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    add_import(program, name, says, KIND)
