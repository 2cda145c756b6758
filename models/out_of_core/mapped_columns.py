"""The SQL that makes each of our columns of a stranger's cells.

``mapped`` writes tables with it; ``mapped_time`` tells when lines were.
"""

from models.errors import SourceUnreadable
from models.out_of_core.mapped_cells import Cells, literal
from models.out_of_core.mapped_time import moment_of

_WEIGHED = (
    *("kg", "kilo", "kilogram", "g", "gram", "lb", "lbs", "pound", "oz", "ounce"),
    *("l", "liter", "litre", "ml"),
)


def till_columns(cells: Cells) -> dict[str, str]:
    """The columns of ``transactions.parquet``. Raises ``SourceUnreadable``."""
    for field in ("product_id", "quantity"):
        _need(cells, field, field)
    _need(cells, "sales_value, sales_value_cents or unit_price", *_MONEY)
    _need_moment(cells)
    made = {
        name: _id(cells, name)
        for name in ("household_id", "store_id", "basket_id", "product_id")
        if cells.has(name)
    }
    made |= {
        "quantity": _pieces(cells),
        "sales_value": _paid(cells),
        "transaction_timestamp": moment_of(cells),
    }
    if cells.has("week"):
        made["week"] = f"TRY_CAST({cells.text('week')} AS BIGINT)"
    return made


def product_columns(cells: Cells, not_goods: tuple[str, ...]) -> dict[str, str]:
    """The columns of ``products.parquet``. Raises ``SourceUnreadable``."""
    _need(cells, "product_id", "product_id")
    words = ("product_category", "product_type", "brand", "package_size")
    made = {name: cells.text(name) for name in words if cells.has(name)}
    department = cells.text("department")
    if not_goods:
        listed = ", ".join(literal(one) for one in not_goods)
        department = f"CASE WHEN {cells.text('product_id')} IN ({listed}) THEN 'MISCELLANEOUS' ELSE {department} END"
    return {"product_id": _id(cells, "product_id"), "department": department, **made}


def promotion_columns(cells: Cells) -> dict[str, str]:
    """The columns of ``promotions.parquet``. Raises ``SourceUnreadable``."""
    for field in ("product_id", "store_id", "week"):
        _need(cells, field, field)
    return {
        "product_id": _id(cells, "product_id"),
        "store_id": _id(cells, "store_id"),
        "week": f"TRY_CAST({cells.text('week')} AS BIGINT)",
        "display_location": cells.text("display_location"),
        "mailer_location": cells.text("mailer_location"),
    }


_MONEY = ("sales_value", "sales_value_cents", "unit_price")


def _need(cells: Cells, told: str, *fields: str) -> None:
    if not any(cells.has(field) for field in fields):
        raise SourceUnreadable(
            source="the map",
            missing=f"nothing tells {told}",
            mend=f"name its column; there are {cells.told()}",
        )


def _need_moment(cells: Cells) -> None:
    timeline = any(one.timeline is not None for one in cells.table.join)
    if not timeline and cells.table.day_number is None:
        _need(cells, "transaction_timestamp", "transaction_timestamp")


def _id(cells: Cells, field: str) -> str:
    native = cells.native(field, "BIGINT", "INTEGER", "SMALLINT", "TINYINT")
    if native is not None:
        return native
    text = cells.text(field)
    # A table that held gaps has made its ids decimals: 17850.0 is 17850.
    return f"REGEXP_REPLACE({text}, '^([0-9]+)\\.0+$', '\\1')"


def _pieces(cells: Cells) -> str:
    quantity = cells.number("quantity")
    if not cells.has("unit"):
        return quantity
    listed = ", ".join(literal(one) for one in _WEIGHED)
    weighed = f"LOWER({cells.text('unit')}) IN ({listed}) AND {quantity} > 0"
    return f"CASE WHEN {weighed} THEN 1.0 ELSE {quantity} END"


def _paid(cells: Cells) -> str:
    if cells.has("sales_value"):
        return cells.number("sales_value")
    if cells.has("sales_value_cents"):
        return f"{cells.number('sales_value_cents')} / 100"
    # Per piece or per kilogram: by what was told, not by the pieces counted.
    return f"ROUND({cells.number('unit_price')} * {cells.number('quantity')}, 2)"
