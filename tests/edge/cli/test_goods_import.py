from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edge.domain.trade_unit import TradeUnit
from edge.storage.catalogue import products, promotions, stock
from edge.storage.connection import open_connection, transaction
from edge.storage.operations import command_notifications
from tests.edge.cli.conftest import Cli, write_config


@pytest.fixture
def conn(store: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_connection(store / "storeside.db")) as opened:
        yield opened


def table(store: Path, text: str | bytes, name: str = "goods.csv") -> Path:
    file = store.parent / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def column_map(store: Path, text: str) -> Path:
    return table(store, text, "map.toml")


def sold(conn: sqlite3.Connection) -> dict[str, tuple[str, int]]:
    return {str(p.sku): (p.name, p.price_cents) for p in products.every(conn)}


PLAIN = "sku,name,price\n4011,Bananas,0.59\n4006381333931,Pen,1.99\n"


def test_products_come_in_from_csv(cli: Cli, store: Path, conn: sqlite3.Connection) -> None:
    said = cli("products", "import", table(store, PLAIN), "--dir", store, "--json")
    assert said.code == 0
    assert said.document == {
        "rows": 2,
        "imported": 2,
        "repeated": 0,
        "refused": [],
        "reasons": {},
        "columns": {"sku": "sku", "name": "name", "price": "price"},
    }
    assert sold(conn) == {"4011": ("Bananas", 59), "4006381333931": ("Pen", 199)}


def test_a_running_store_is_told(cli: Cli, store: Path, conn: sqlite3.Connection) -> None:
    cli("products", "import", table(store, PLAIN), "--dir", store)
    assert [what.value for _, what, _ in command_notifications.since(conn, 0)] == ["shelves"]


def test_another_spelling_of_a_code_is_the_product_that_is_sold(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    cli("products", "import", table(store, PLAIN), "--dir", store)
    again = "gtin,title,price\n04006381333931,Pen blue,2.49\n(01)04006381333931,Pen red,2.59\n"
    said = cli("products", "import", table(store, again), "--dir", store, "--json")
    assert (said.document["imported"], said.document["repeated"]) == (1, 1)
    assert sold(conn)["4006381333931"] == ("Pen red", 259)


def test_good_rows_are_taken_and_bad_ones_counted_by_reason(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    rows = [
        "sku,name,price,unit,currency",
        "1,Milk,1.29,,",
        "2,,1.29,,",
        ",Tea,1.29,,",
        "4.00638E+12,Pen,1.29,,",
        "a b,Jam,1.29,,",
        "5,Oil,,,",
        "6,Rice,cheap,,",
        '7,Salt,"1,299",,',
        "8,Figs,1.295,,",
        "9,Nuts,-1,,",
        "10,Peas,1.29,furlong,",
        "11,Corn,1.29,,EUR",
        "12,Ham,€1.29,,",
        f"13,{'x' * 201},1.29,,",
        "14,Soup,1,2,3,4,5",
        "15,Bread,$2.49,each,USD",
    ]
    file = table(store, "\n".join(rows) + "\n")
    said = cli("products", "import", file, "--dir", store, "--json")
    assert said.code == 1
    assert said.document["refused"] == [
        {"row": 3, "reason": "missing", "field": "name"},
        {"row": 4, "reason": "missing", "field": "sku"},
        {"row": 5, "reason": "rounded-code", "field": "sku"},
        {"row": 6, "reason": "bad-code", "field": "sku"},
        {"row": 7, "reason": "no-price", "field": "price"},
        {"row": 8, "reason": "no-number", "field": "price"},
        {"row": 9, "reason": "ambiguous-number", "field": "price"},
        {"row": 10, "reason": "too-fine", "field": "price"},
        {"row": 11, "reason": "out-of-range", "field": "price_cents"},
        {"row": 12, "reason": "unknown-unit", "field": "unit"},
        {"row": 13, "reason": "other-currency", "field": "currency"},
        {"row": 14, "reason": "other-currency", "field": "price"},
        {"row": 15, "reason": "too-long", "field": "name"},
        {"row": 16, "reason": "unreadable", "field": ""},
    ]
    assert said.document["reasons"]["missing"] == 2
    assert said.document["reasons"]["other-currency"] == 2
    assert sold(conn) == {"1": ("Milk", 129), "15": ("Bread", 249)}


def test_strict_takes_all_or_nothing(cli: Cli, store: Path, conn: sqlite3.Connection) -> None:
    file = table(store, PLAIN + "5,Oil,\n")
    said = cli("products", "import", file, "--dir", store, "--strict", "--json")
    assert (said.code, said.document["imported"]) == (1, 0)
    assert sold(conn) == {}
    assert command_notifications.since(conn, 0) == ()


def test_nothing_is_half_applied_when_the_disk_fails_in_the_middle(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    # The second row's write fails, after the first one was written.
    with transaction(conn):
        conn.execute(
            "CREATE TRIGGER full BEFORE INSERT ON products WHEN new.sku = '4006381333931'"
            " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    said = cli("products", "import", table(store, PLAIN), "--dir", store)
    assert said.code == 1
    assert sold(conn) == {}


def test_a_refusal_never_repeats_the_cell(cli: Cli, store: Path) -> None:
    file = table(store, "sku,name,price\nca na ry,Milk,1.29\n5,canary,canary\n")
    said = cli("products", "import", file, "--dir", store)
    assert "canary" not in said.out + said.err
    assert "ca na ry" not in said.out + said.err


# --- strangers' files ---


def test_a_german_sheet_with_semicolons_and_decimal_commas(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    text = (
        "\ufeffArtikelnummer;Bezeichnung;Warengruppe;VK-Preis;Einheit\r\n"
        "4011;Bananen;Obst;1,79;kg\r\n"
        '4006381333931;"Stift; blau";Büro;1.234,50;Stück\r\n'
        ";;;;\r\n"
    )
    said = cli("products", "import", table(store, text), "--dir", store, "--json")
    assert (said.code, said.document["rows"]) == (0, 2)
    assert sold(conn) == {"4011": ("Bananen", 179), "4006381333931": ("Stift; blau", 123450)}
    units = {p.sku: p.unit for p in products.every(conn)}
    assert units == {"4011": TradeUnit.KG, "4006381333931": TradeUnit.EACH}


def test_latin_1_is_refused_with_its_mend_and_read_when_it_is_said(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    file = table(store, "sku;name;price\n1;Käse;2,99\n".encode("latin-1"))
    said = cli("products", "import", file, "--dir", store)
    assert said.code == 1
    assert 'encoding = "latin-1"' in said.err
    told = column_map(store, 'encoding = "latin-1"\n')
    assert cli("products", "import", file, "--columns", told, "--dir", store).code == 0
    assert sold(conn) == {"1": ("Käse", 299)}


def test_utf_16_as_spreadsheets_save_unicode_text(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    file = table(store, "sku\tname\tprice\n1\tKäse\t2.99\n".encode("utf-16"), "goods.txt")
    assert cli("products", "import", file, "--dir", store).code == 0
    assert sold(conn) == {"1": ("Käse", 299)}


INSTACART = (
    "product_id,product_name,aisle_id,department_id\n1,Chocolate Cookies,61,19\n2,Salt,104,13\n"
)


def test_a_table_without_prices_tells_how_to_give_them(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    file = table(store, INSTACART)
    said = cli("products", "import", file, "--dir", store, "--json")
    assert said.document["reasons"] == {"no-price": 2}
    told = column_map(store, '[constants]\nprice = "0.99"\n')
    assert cli("products", "import", file, "--columns", told, "--dir", store).code == 0
    assert {p.category for p in products.every(conn)} == {"61", "104"}
    priced = table(store, "product_id,price\n1,3.49\n2,0.89\n3,1.00\n", "prices.csv")
    said = cli("prices", "import", priced, "--dir", store, "--json")
    assert said.document["reasons"] == {"unknown-product": 1}
    assert sold(conn) == {"1": ("Chocolate Cookies", 349), "2": ("Salt", 89)}
    # And again without a price: what is sold keeps its own.
    assert cli("products", "import", file, "--dir", store).code == 0
    assert sold(conn)["1"] == ("Chocolate Cookies", 349)


def test_headings_in_capitals_with_levels_of_a_category(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    text = (
        "PRODUCT_ID,MANUFACTURER,DEPARTMENT,BRAND,COMMODITY_DESC,SUB_COMMODITY_DESC\n"
        "25671,2,GROCERY,National,FRZN ICE,ICE - CRUSHED/CUBED\n"
    )
    told = column_map(
        store, '[columns]\nname = "SUB_COMMODITY_DESC"\n[constants]\nprice = "2.00"\n'
    )
    said = cli("products", "import", table(store, text), "--columns", told, "--dir", store)
    assert said.code == 0
    (product,) = products.every(conn)
    assert (product.category, product.department, product.kind) == ("FRZN ICE", "GROCERY", "")


def test_invoice_lines_with_a_product_many_times_give_each_product_once(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    text = (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "1,85123A,HOLDER,6,01/12/2010,2.55,17850,United Kingdom\n"
        "2,85123A,HOLDER,2,02/12/2010,2.95,17851,United Kingdom\n"
        "2,71053,LANTERN,2,02/12/2010,3.39,,United Kingdom\n"
    )
    said = cli("products", "import", table(store, text), "--dir", store, "--json")
    assert (said.document["imported"], said.document["repeated"]) == (2, 1)
    assert sold(conn) == {"85123A": ("HOLDER", 295), "71053": ("LANTERN", 339)}


def test_a_map_names_columns_units_and_marks(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    text = "nr|was|was kostet es|je\n1|Milch|1.299|Flasche\n"
    told = column_map(
        store,
        'delimiter = "|"\ndecimal = ","\n[columns]\nsku = "nr"\nname = "was"\n'
        'price = "was kostet es"\nunit = "je"\n[units]\nFlasche = "each"\n',
    )
    said = cli("products", "import", table(store, text), "--columns", told, "--dir", store)
    assert said.code == 0
    assert sold(conn) == {"1": ("Milch", 129900)}


def test_json_lines_keep_decimals_exact_and_find_a_late_column(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    lines: list[Any] = [
        {"sku": 4011, "name": "Bananas", "price": 0.07},
        {"sku": "7", "name": "Oil", "price": "8.29", "uom": "l"},
        {"sku": "8", "name": ["no"], "price": 1},
        [1],
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines) + "no json\n\n"
    file = table(store, text, "goods.jsonl")
    said = cli("products", "import", file, "--dir", store, "--json")
    assert said.document["reasons"] == {"unreadable": 3}
    assert [one["row"] for one in said.document["refused"]] == [3, 4, 5]
    assert sold(conn) == {"4011": ("Bananas", 7), "7": ("Oil", 829)}
    assert {p.unit for p in products.every(conn)} == {TradeUnit.EACH, TradeUnit.L}


def test_parquet_with_its_own_types(cli: Cli, store: Path, conn: sqlite3.Connection) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "product_id": arrow.array([4011.0, 25671.0, None]),
        "product_name": arrow.array(["Bananas", "Ice", "Ghost"]),
        "price": arrow.array([Decimal("0.59"), Decimal("2.00"), None], arrow.decimal128(9, 2)),
    }
    file = store.parent / "goods.parquet"
    parquet.write_table(arrow.table(columns), file)
    said = cli("products", "import", file, "--dir", store, "--json")
    assert said.document["reasons"] == {"missing": 1}
    assert sold(conn) == {"4011": ("Bananas", 59), "25671": ("Ice", 200)}


def test_without_pyarrow_parquet_has_its_mend(
    cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    said = cli("products", "import", table(store, b"PAR1", "goods.parquet"), "--dir", store)
    assert said.code == 1
    assert "storeside[train]" in said.err


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("goods.csv", "", "headings"),
        ("goods.csv", "sku,sku,name\n1,2,x\n", "twice"),
        ("goods.csv", "number,what\n1,x\n", "sku"),
        ("goods.csv", 'sku,name,price\n1,"open,1.00\n', "quotation mark"),
        ("goods.xlsx", "PK", ".csv"),
        ("goods.jsonl", "[]\n", "no JSON object"),
        ("goods.parquet", "not parquet", "Parquet"),
        ("goods.csv", f"sku,name\n1,{'x' * 1_100_000}\n", "longer"),
    ],
)
def test_what_is_no_table_is_refused_whole(
    cli: Cli, store: Path, conn: sqlite3.Connection, name: str, text: str, says: str
) -> None:
    said = cli("products", "import", table(store, text, name), "--dir", store)
    assert said.code == 1
    assert says in said.err
    assert sold(conn) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[columns]\nsku = 'nowhere'\n", "nowhere"),
        ("[columns]\nshelf = 'sku'\n", "shelf"),
        ("colums = {}\n", "colums"),
        ("decimal = ';'\n", "decimal"),
        ("[units]\nbox = 'crate'\n", "units"),
        ("sku = \n", "map.toml"),
        ("encoding = 'klingon'\n", "klingon"),
    ],
)
def test_a_map_that_is_none_is_refused_with_its_mend(
    cli: Cli, store: Path, text: str, says: str
) -> None:
    told = column_map(store, text)
    said = cli("products", "import", table(store, PLAIN), "--columns", told, "--dir", store)
    assert said.code == 1
    assert says in said.err
    assert "mend: " in said.err


# --- stock, promotions, other currencies ---


def test_stock_comes_in_pieces_and_weights(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    goods = table(store, "sku,name,price,unit\n4011,Bananas,1.79,kg\n7,Oil,8.29,\n")
    cli("products", "import", goods, "--dir", store)
    counts = table(
        store, "sku,on hand,unit\n4011,12.5,\n7,3,\n9,0.25,lb\n10,-1,\n11,1.0001,kg\n"
    )
    said = cli("stock", "import", counts, "--dir", store, "--json")
    assert said.document["reasons"] == {"out-of-range": 1, "too-fine": 1}
    assert stock.every(conn) == {4011: Decimal("12.5"), 7: 3, 9: Decimal("0.25")}
    assert stock.units(conn) == {4011: TradeUnit.KG, 9: TradeUnit.LB}


def test_promotions_come_in_and_a_second_time_are_the_same(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    text = (
        "sku,valid from,valid to,display,mailer\n"
        "7,2026-11-30,2026-12-06,5,A\n"
        "8,30.11.2026,06.12.2026,,A\n"
        "9,11/30/2026,12/06/2026,,A\n"
        "10,2026-12-06,2026-11-30,,A\n"
    )
    file = table(store, text)
    for _ in range(2):
        said = cli("promotions", "import", file, "--dir", store, "--json")
        assert said.document["reasons"] == {"no-date": 1, "out-of-range": 1}
    assert [(p.key, p.display, p.mailer) for p in promotions.since(conn, 0)] == [
        (7, "5", "A"),
        (8, "0", "A"),
    ]


def test_days_written_with_slashes_need_the_map(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    file = table(store, "sku,from,until\n7,11/30/2026,12/06/2026\n")
    told = column_map(store, 'date_format = "%m/%d/%Y"\n')
    assert cli("promotions", "import", file, "--columns", told, "--dir", store).code == 0
    assert len(promotions.since(conn, 0)) == 1


@pytest.mark.parametrize(
    ("currency", "price", "cents"),
    [
        ("JPY", "¥480", 480),
        ("KWD", "1.250", 1250),
        ("KWD", "KWD 0.5", 500),
        ("EUR", "1,99 €", 199),
        ("USD", "1,234.50", 123450),
    ],
)
def test_prices_have_the_decimals_of_the_store_s_currency(
    cli: Cli, store: Path, conn: sqlite3.Connection, currency: str, price: str, cents: int
) -> None:
    file = write_config(store)
    file.write_text(
        file.read_text().replace("[store]\n", f'[store]\ncurrency = "{currency}"\n')
    )
    said = cli(
        "products",
        "import",
        table(store, f"sku\tname\tprice\n1\tMilk\t{price}\n"),
        "--dir",
        store,
    )
    assert (said.code, said.err) == (0, "")
    assert sold(conn) == {"1": ("Milk", cents)}


def test_price_cents_win_over_a_price(cli: Cli, store: Path, conn: sqlite3.Connection) -> None:
    text = "sku,name,price,price_cents\n1,Milk,9.99,129\n2,Tea,9.99,1.5\n"
    said = cli("products", "import", table(store, text), "--dir", store, "--json")
    assert said.document["reasons"] == {"too-fine": 1}
    assert sold(conn) == {"1": ("Milk", 129)}


def test_a_name_of_two_lines_is_one_and_control_characters_are_refused(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    lines = [
        {"sku": "1", "name": "Milk\n  whole", "price": 1},
        {"sku": "2", "name": "Mi\u202elk", "price": 1},
        {"sku": "\ud800", "name": "Tea", "price": 1},
        {"sku": "3", "name": "Tea \ud83d", "price": 1},
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    said = cli("products", "import", table(store, text, "g.jsonl"), "--dir", store, "--json")
    assert said.document["reasons"] == {"unreadable": 3}
    assert sold(conn) == {"1": ("Milk whole", 100)}
