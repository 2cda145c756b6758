"""``docs/goods.md`` is held to the code: its lists, its codes, its layouts, its map."""

from __future__ import annotations

import re
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

from edge.cli.column_map import HEADINGS, UNITS
from edge.cli.goods_rows import RowFault
from edge.domain.product_code import CodeRules, layouts_of, reading_of
from edge.storage.catalogue import products
from tests.edge.cli.conftest import Cli

PAGE = (Path(__file__).parents[3] / "docs" / "goods.md").read_text(encoding="utf-8")


def rows(head: str) -> dict[str, str]:
    """The table under ``head``: first column without its quotes -> second."""
    table = PAGE.split(head, 1)[1].split("\n\n", 1)[0]
    found = re.findall(r"^\| `(.+?)` \| (.+) \|$", table, re.MULTILINE)
    assert len(found) > 3
    return dict(found)


def block(kind: str, number: int = 0) -> str:
    return str(re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[number])


def test_the_headings_and_units_are_those_that_are_known() -> None:
    assert rows("| field | usual headings |") == {n: ", ".join(h) for n, h in HEADINGS.items()}
    words = {unit.value: ", ".join(known) for unit, known in UNITS.items()}
    assert rows("| unit | usual words |") == words


def test_every_reason_is_explained() -> None:
    assert list(rows("| reason | means |")) == [fault.value for fault in RowFault]


def test_every_code_is_told_as_the_page_says() -> None:
    for code, told in rows("| scanned, typed or sent | is told as |").items():
        assert reading_of(code, CodeRules()).otherwise.sku == told.strip("`")


def test_the_layouts_are_layouts() -> None:
    goods = tomllib.loads(block("toml"))["goods"]
    assert len(layouts_of(goods["variable_measure"])) == 3


def test_the_map_reads_the_table_beside_it(cli: Cli, store: Path) -> None:
    told = store.parent / "map.toml"
    told.write_text(block("toml", 1))
    goods = store.parent / "goods.csv"
    goods.write_text(block("csv"), encoding="latin-1")
    assert cli("products", "import", goods, "--columns", told, "--dir", store).code == 0
    with closing(sqlite3.connect(store / "storeside.db")) as conn:
        (found,) = products.every(conn)
    assert (found.sku, found.price_cents, found.category) == ("4011", 129_900, "fruit")
