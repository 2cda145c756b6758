"""Which columns of a stranger's tables are ours: a TOML file, or one of the maps that come with the product.

``storeside models … --columns`` reads one; ``out_of_core.mapped`` then writes the tables in our columns.
`docs/models.md` lists the columns and shows such a file.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import SourceUnreadable

_MAPS = files("models.sources").joinpath("maps")
_MEND = "docs/models.md shows a map"

Heading = Annotated[str, Field(min_length=1, max_length=200)]
# Several headings are read as one text: a date and a time with a blank between, ids with a slash.
Headings = Heading | Annotated[tuple[Heading, ...], Field(min_length=1, max_length=5)]

TRANSACTION_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "household_id": "whose card it was; empty or absent: a sale without one",
        "basket_id": "the receipt; absent: a household's lines of one moment",
        "store_id": "where; absent: there is one store",
        "product_id": "what; whole numbers from 0, or text",
        "quantity": "pieces, parts of one counted as a whole one",
        "unit": "of quantity: lines of a weight or volume (kg, g, lb, oz, l, ml) count as one piece",
        "sales_value": "what was paid for the line, in money with decimals",
        "sales_value_cents": "the same in hundredths",
        "unit_price": "instead of it: what was paid for one piece, in money",
        "transaction_timestamp": "when: date, or date and time",
        "week": "a week's number, where promotions are told by it; absent: from Monday to Sunday",
    }
)
"""What a row of the till may tell, and what it means."""

PRODUCT_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "product_id": "as the till has it",
        "department": "the coarsest group",
        "product_category": "the group between",
        "product_type": "the finest group: what serves instead of each other",
        "brand": "Private for the grocer's own",
        "package_size": "such as 16 OZ",
    }
)
"""What a row of the products may tell."""

PROMOTION_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "product_id": "as the till has it",
        "store_id": "as the till has it",
        "week": "as the till has it",
        "display_location": "where it stood on display; empty or 0: it did not",
        "mailer_location": "where it stood in the leaflet; empty or 0: it did not",
    }
)
"""What a row of the promotions must tell."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Timeline(_Part):
    """How orders without a date are placed in time: the order's place in a person's row, and the days between.

    A person's last order falls on the last ``weekday`` (0 = ``first_weekday``) up to ``last_day``; the one before
    so many days earlier as the order after it tells in ``days_since``, moved back to its own weekday.
    """

    household: Heading
    order: Heading
    weekday: Heading
    hour: Heading
    days_since: Heading
    first_weekday: Literal["saturday", "sunday", "monday"] = "saturday"
    last_day: date


class DayNumber(_Part):
    """Days told by number: ``column`` is 1 on ``first_day``; ``clock`` tells 1631 for 16:31."""

    column: Heading
    first_day: date
    clock: Heading | None = None


class JoinedTable(_Part):
    """A second table beside the first, by a column of the same name in both."""

    file: Heading
    on: Heading
    timeline: Timeline | None = None


class TableMap(_Part):
    """One table. ``file``: names or patterns inside the folder; None = the table's own name with any ending.

    ``columns``: our field -> heading; ``constants``: our field -> what it is in every row. ``decimal``: the
    decimal mark; ``date_format`` as ``strptime`` takes it, or ``epoch-s``, ``epoch-ms``.
    """

    file: Headings | None = None
    columns: dict[str, Headings] = Field(default_factory=dict[str, Headings])
    constants: dict[str, str] = Field(default_factory=dict[str, str])
    join: tuple[JoinedTable, ...] = Field(default=(), max_length=8)
    day_number: DayNumber | None = None
    decimal: Literal[".", ","] | None = None
    date_format: Headings | None = None
    encoding: Literal["utf-8", "utf-16", "latin-1"] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names or patterns; empty = the table's own name."""
        return headings(self.file or ())


class SourceMap(_Part):
    """The file of ``--columns``. Without ``products`` they are those of the till's rows.

    ``utc_offset_hours``: local time less that of the timestamps. ``not_goods``: products that are none, such as
    postage and fees.
    """

    utc_offset_hours: float = Field(default=0.0, ge=-14, le=14)
    not_goods: tuple[str, ...] = Field(default=(), max_length=1000)
    transactions: TableMap = TableMap()
    products: TableMap | None = None
    promotions: TableMap | None = None


def headings(told: Headings | tuple[str, ...]) -> tuple[str, ...]:
    """One or several as several."""
    return (told,) if isinstance(told, str) else told


def ready_maps() -> tuple[str, ...]:
    """The names of the maps that come with the product."""
    return tuple(
        sorted(
            one.name.removesuffix(".toml")
            for one in _MAPS.iterdir()
            if one.name.endswith(".toml")
        )
    )


def read_source_map(named: str) -> SourceMap:
    """The ready map of that name, or the map in that file. Raises ``SourceUnreadable``."""
    ready = _MAPS.joinpath(f"{named}.toml")
    try:
        text = (ready if named in ready_maps() else Path(named)).read_text(encoding="utf-8")
        found = SourceMap.model_validate(tomllib.loads(text))
    except FileNotFoundError:
        raise SourceUnreadable(
            source=named,
            missing="there is no such map",
            mend=f"give a .toml file, or one of {', '.join(ready_maps())}",
        ) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SourceUnreadable(
            source=named, missing=f"{where}: {first['msg']}", mend=_MEND
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceUnreadable(source=named, missing=str(error), mend=_MEND) from error
    _refuse_unknown_fields(named, found)
    return found


def _refuse_unknown_fields(named: str, found: SourceMap) -> None:
    tables = (
        ("transactions", found.transactions, TRANSACTION_FIELDS),
        ("products", found.products, PRODUCT_FIELDS),
        ("promotions", found.promotions, PROMOTION_FIELDS),
    )
    for name, table, fields in tables:
        told = () if table is None else (*table.columns, *table.constants)
        for field in told:
            if field not in fields:
                raise SourceUnreadable(
                    source=named,
                    missing=f"{name} has no field {field!r}",
                    mend=f"there are {', '.join(fields)}",
                )
