"""A source's tables as the stage wants them: sound columns, or one clear sentence why not.

``stage`` and ``spark`` show a source with it before ``cleaning``.
"""

from collections.abc import Mapping

from models.errors import SourceUnreadable
from models.out_of_core.engine import Engine
from models.out_of_core.queries import query

_IDS = ("household_id", "store_id", "basket_id", "product_id", "week")
_AMOUNTS = ("quantity", "sales_value")
_MOMENT = "transaction_timestamp"
_PROMOTED = ("product_id", "store_id", "week")
_PLACES = ("display_location", "mailer_location")

# Without ubigint, whose upper half is beyond the BIGINT that the SQL counts with.
_WHOLE = (
    "tinyint",
    "smallint",
    "int",
    "integer",
    "bigint",
    "utinyint",
    "usmallint",
    "uinteger",
)
_NUMBERS = (*_WHOLE, "float", "double", "decimal")


def show_source(engine: Engine, transactions: str, promotions: str | None) -> None:
    """Show a source as the views ``transactions`` and ``promotions`` (empty without any).

    ``transactions``: household, store, basket, item, quantity, cents, week, second_utc (64 bit; week
    empty where the source has none) and paid (double). ``promotions``: item, store, week of what was
    on promotion. Raises ``SourceUnreadable``.
    """
    engine.table("source", transactions)
    kinds = {name: kind.lower() for name, kind in engine.kinds("source").items()}
    _refuse_absent(transactions, kinds, ("product_id", *_AMOUNTS, _MOMENT))
    told = tuple(name for name in _IDS if name in kinds)
    _refuse_but(transactions, kinds, told, _WHOLE, "whole numbers")
    _refuse_but(transactions, kinds, _AMOUNTS, _NUMBERS, "numbers")
    engine.view("transactions", engine.till(kinds))
    if promotions is None:
        engine.view("promotions", query("no_promotions"))
        return
    engine.table("leaflets", promotions)
    kinds = {name: kind.lower() for name, kind in engine.kinds("leaflets").items()}
    _refuse_absent(promotions, kinds, (*_PROMOTED, *_PLACES))
    _refuse_but(promotions, kinds, _PROMOTED, _WHOLE, "whole numbers")
    engine.view("promotions", query("promotions"))


def _refuse_absent(source: str, kinds: Mapping[str, str], names: tuple[str, ...]) -> None:
    absent = [name for name in names if name not in kinds]
    if absent:
        raise SourceUnreadable(source=source, missing=f"no column {', '.join(absent)}")


def _refuse_but(
    source: str,
    kinds: Mapping[str, str],
    names: tuple[str, ...],
    allowed: tuple[str, ...],
    needed: str,
) -> None:
    for name in names:
        if kinds[name].partition("(")[0] not in allowed:
            raise SourceUnreadable(
                source=source,
                missing=f"{name} holds {kinds[name]} where the stage needs {needed}",
                mend="write ids of text as the numbers of models.items.item_key",
            )
