"""Which column of a stranger's table is which of our fields: by a list of usual headings, or by a file that says so.

Imports of goods ask it once a table; `docs/goods.md` lists the headings and shows such a file.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.cli.table_file import TableFormat
from edge.domain.errors import SettingsInvalid
from edge.domain.trade_unit import TradeUnit

MapFile = Annotated[
    Path | None,
    typer.Option(
        "--columns",
        metavar="MAP.toml",
        help="Which column is which, where the headings are not the usual ones.",
    ),
]

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "sku": (
        "sku", "product code", "item code", "article code", "article number", "article no", "item number",
        "item no", "product number", "product no", "stock code", "artikelnummer", "artikelnr", "gtin",
        "gtin 14", "gtin 13", "ean", "ean 13", "ean code", "upc", "upc a", "upc code", "barcode", "plu",
        "product id", "item id", "code",
    ),
    "name": (
        "name", "product name", "item name", "title", "description", "product description",
        "item description", "bezeichnung", "artikelbezeichnung", "designation", "libelle",
    ),
    "category": (
        "category", "product category", "commodity", "commodity desc", "aisle", "aisle id", "subcategory",
        "warengruppe", "categorie",
    ),
    "department": ("department", "department id", "dept", "product department", "abteilung", "rayon"),
    "kind": ("kind", "product type", "sub commodity desc"),
    "price": (
        "price", "retail price", "selling price", "sales price", "current price", "unit price",
        "verkaufspreis", "vk preis", "vk", "preis", "prix", "prix de vente", "precio", "prezzo",
    ),
    "price_cents": ("price cents",),
    "currency": ("currency", "currency code", "wahrung", "devise"),
    "unit": (
        "unit", "uom", "unit of measure", "sale unit", "price unit", "einheit", "mengeneinheit", "unite",
    ),
    "on_hand": (
        "on hand", "stock on hand", "quantity on hand", "qty on hand", "in stock", "stock", "stock quantity",
        "inventory", "available", "quantity", "qty", "bestand", "lagerbestand",
    ),
    "id": ("id", "promotion id", "promo id"),
    "display": ("display",),
    "mailer": ("mailer",),
    "from": ("from", "valid from", "from date", "start date", "starts at", "start", "von"),
    "until": ("until", "valid until", "valid to", "to date", "end date", "ends at", "end", "bis"),
}  # fmt: skip
"""Usual headings of each field; of several in one table the one named first here counts.

Written without case, accents, spaces and punctuation: ``Product_ID`` is ``product id``.
"""

UNITS: Mapping[TradeUnit, tuple[str, ...]] = {
    TradeUnit.EACH: ("each", "ea", "pc", "pcs", "piece", "pieces", "ct", "st", "stk", "stuck"),
    TradeUnit.KG: ("kg", "kilo", "kilogram", "kilogramm"),
    TradeUnit.G: ("g", "gram", "gramm"),
    TradeUnit.LB: ("lb", "lbs", "pound", "pounds"),
    TradeUnit.OZ: ("oz", "ounce", "ounces"),
    TradeUnit.L: ("l", "liter", "litre", "ltr"),
}
"""Usual words for each unit, written as headings are."""


class ColumnMap(BaseModel):
    """The file of ``--columns``: every key may be left out.

    ``columns``: our field -> the heading of its column; ``constants``: our field -> what it is in every row;
    ``units``: the file's word -> our unit. ``decimal``: the decimal mark; ``date_format`` as ``strptime`` takes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, str] = Field(default_factory=dict[str, str])
    constants: dict[str, str] = Field(default_factory=dict[str, str])
    units: dict[str, TradeUnit] = Field(default_factory=dict[str, TradeUnit])
    decimal: Annotated[str, Field(pattern=r"^[.,]$")] | None = None
    date_format: Annotated[str, Field(min_length=2, max_length=40)] | None = None
    encoding: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None

    @property
    def form(self) -> TableFormat:
        """How the file is written."""
        return TableFormat(encoding=self.encoding, delimiter=self.delimiter)

    def matched(self, headings: Iterable[str], fields: Iterable[str]) -> dict[str, str]:
        """Our fields that the table has, each with its heading.

        Raises:
            SettingsInvalid: the map names a column that is not there, or a field that is none.
        """
        there, wanted = tuple(headings), tuple(fields)
        self._check(there, wanted)
        plain = {plainly(heading): heading for heading in reversed(there)}
        taken = dict(self.columns)
        for name in wanted:
            if name in taken or name in self.constants:
                continue
            usual = (plain.get(plainly(heading)) for heading in HEADINGS[name])
            # A column that the map gives to one field is not guessed to be another.
            found = next(
                (one for one in usual if one and one not in self.columns.values()), None
            )
            if found is not None:
                taken[name] = found
        return taken

    def unit_of(self, word: str) -> TradeUnit | None:
        """The unit that a word of the file stands for."""
        own = {plainly(text): unit for text, unit in self.units.items()}
        return own.get(plainly(word)) or _UNIT_WORDS.get(plainly(word))

    def _check(self, headings: tuple[str, ...], fields: tuple[str, ...]) -> None:
        for name in (*self.columns, *self.constants):
            if name not in fields:
                raise SettingsInvalid(
                    f"the map names {name!r}, which is none of the fields",
                    hint=f"there are {', '.join(fields)}",
                )
        for heading in self.columns.values():
            if heading not in headings:
                raise SettingsInvalid(
                    f"the map names the column {heading!r}, which the table does not have",
                    hint=f"it has {', '.join(headings[:40])}",
                )


def plainly(text: str) -> str:
    """``text`` without case, accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


_UNIT_WORDS = {plainly(word): unit for unit, words in UNITS.items() for word in words}


def read_map(path: Path | None) -> ColumnMap:
    """The map in ``path``; without one the usual headings count.

    Raises:
        SettingsInvalid: it is no TOML, or says what no map says.
    """
    if path is None:
        return ColumnMap()
    try:
        return ColumnMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsInvalid(
            f"{path.name}: {where}: {first['msg']}", hint="docs/goods.md shows a map"
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(
            f"{path.name}: {error}", hint="docs/goods.md shows a map"
        ) from error
