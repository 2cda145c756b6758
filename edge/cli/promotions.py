"""``storeside promotions import``: what is on display or in the mailer, from a table.

``program`` loads it for this command alone; ``goods_import`` reads the table and writes what can be taken.
"""

from __future__ import annotations

import typer

from edge.cli.goods_import import GoodsKind, add_import
from edge.cli.goods_rows import promotion_of

KIND = GoodsKind(
    says="Bring promotions in: product, first and last day, place on display and in the mailer.",
    stream="promotions",
    fields=("sku", "from", "until", "display", "mailer", "id"),
    required=(("sku",), ("from",), ("until",)),
    read=promotion_of,
)


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    add_import(program, name, says, KIND)
