"""What a store sold before enters it as a table: history, trend, pairs, and the habits of those who agreed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edge.cli.lock_file import occupied
from edge.domain.ids import Token
from edge.storage.catalogue import item_pairs, trend
from edge.storage.catalogue.item_pairs import PairKind
from edge.storage.connection import open_connection
from edge.storage.measurement import till_history
from edge.storage.people import profiles
from models.features.profile import Profile
from models.items import UNKNOWN
from models.statistics.trend import StoreTrend
from tests.edge.cli.conftest import Cli, on_disk
from tests.edge.cli.test_customers import write as people_file

ANN, BEN = Token("c-annabelannabel234567"), Token("c-benjaminbenjamin2345")
CARDS = {ANN: "LOY-99887766", BEN: "LOY-55443322"}
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(1)


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days)).isoformat()


@pytest.fixture
def conn(store: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_connection(store / "storeside.db")) as opened:
        yield opened


@pytest.fixture
def people(cli: Cli, store: Path) -> None:
    """Ann agrees to private content and to learning, Ben to being recognised alone."""
    agreed = {ANN: ("recognise", "personalise-private", "train"), BEN: ("recognise",)}
    lines = [
        {
            "token": token,
            "identifiers": {"loyalty": CARDS[token]},
            "consents": [
                {
                    "purpose": purpose,
                    "market": "US",
                    "state": "given",
                    "given_at": "2026-01-02T10:00:00Z",
                }
                for purpose in purposes
            ],
        }
        for token, purposes in agreed.items()
    ]
    assert cli("customers", "import", people_file(store, *lines), "--dir", store).code == 0


ROWS = (
    ("r1", CARDS[ANN], "101", "1", "2.50", days_ago(3)),
    ("r1", CARDS[ANN], "102", "2", "4.00", days_ago(3)),
    ("r2", "", "101", "1", "2.50", days_ago(40)),
    ("r2", "", "103", "0.350", "1.05", days_ago(40)),
    ("r3", CARDS[BEN], "102", "1", "2.00", days_ago(2)),
    ("r4", CARDS[ANN], "104", "1", "9.00", days_ago(200)),
    # A number used again on another day is a sale of its own.
    ("r1", "LOY-00000001", "101", "1", "2.50", days_ago(1)),
)
HEADINGS = (
    *("basket_id", "household_id", "product_id", "quantity", "sales_value"),
    "transaction_timestamp",
)


def table(folder: Path, *rows: tuple[str, ...], headings: tuple[str, ...] = HEADINGS) -> Path:
    file = folder.parent / "sales.csv"
    file.write_text("".join(f"{','.join(row)}\n" for row in (headings, *rows)))
    return file


@pytest.mark.usefixtures("people")
def test_past_sales_are_learnt_from_at_once(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    said = cli("sales", "import", table(store, *ROWS), "--dir", store, "--json")
    assert said.code == 0
    assert said.document == {
        "taken": 4,
        "known": 0,
        "faded": 1,
        "habits": 2,
        "nobody": {"no-card": 1, "unknown-card": 1},
        "refused_rows": {},
    }
    kept = list(till_history.every(conn))
    assert [one.token for one in kept] == [None, ANN, None, None]
    assert [one.key.tolist() for one in kept] == [[101, 103], [101, 102], [102], [101]]
    assert kept[0].pieces.tolist() == [1, 1]
    assert kept[1].cents.tolist() == [250, 400]
    stored = trend.find(conn)
    assert stored is not None
    # Those that wait for their edition are counted with the next basket.
    assert StoreTrend.from_bytes(stored).day == int((TODAY.timestamp() // 86_400) - 1)
    pairs = item_pairs.find(conn, PairKind.SOLD)
    assert {key for key in pairs if key != UNKNOWN} == {101, 102, 103}


@pytest.mark.usefixtures("people")
def test_habits_are_of_those_who_want_them_and_hold_older_trips_too(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    cli("sales", "import", table(store, *ROWS), "--dir", store)
    body = profiles.find(conn, ANN)
    assert body is not None
    ann = Profile.from_bytes(body)
    assert sorted(ann.keys.tolist()) == [101, 102, 104]
    assert ann.trips == 2
    assert profiles.find(conn, BEN) is None
    assert CARDS[ANN].encode() not in on_disk(store)


@pytest.mark.usefixtures("people")
def test_the_same_file_again_changes_nothing(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    cli("sales", "import", table(store, *ROWS), "--dir", store)
    before = (trend.find(conn), item_pairs.find(conn, PairKind.SOLD), profiles.find(conn, ANN))
    said = cli("sales", "import", table(store, *ROWS), "--dir", store, "--json")
    assert (said.document["taken"], said.document["known"]) == (0, 4)
    assert (
        trend.find(conn),
        item_pairs.find(conn, PairKind.SOLD),
        profiles.find(conn, ANN),
    ) == before


def test_older_sales_told_later_weigh_as_if_told_in_time(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    def weights() -> dict[int, float]:
        stored = trend.find(conn)
        assert stored is not None
        keys, counts = StoreTrend.from_bytes(stored).weights()
        return dict(zip(keys.tolist(), counts.sum(axis=1).tolist(), strict=True))

    cli("sales", "import", table(store, ROWS[0]), "--dir", store)
    cli("sales", "import", table(store, *ROWS[2:4]), "--dir", store)
    assert weights()[103] == pytest.approx(0.5 ** (37 / 28), rel=1e-3)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("r9", "", "101", "-1", "2.50", days_ago(2)), "out-of-range"),
        (("r9", "", "101", "one", "2.50", days_ago(2)), "no-number"),
        (("r9", "", "", "1", "2.50", days_ago(2)), "missing"),
        (("r9", "", "101", "1", "2.50", "yesterday"), "no-date"),
        (("r9", "", "101", "1", "2.50", "2099-01-01"), "out-of-range"),
        (("", "", "101", "1", "2.50", days_ago(2)), "missing"),
        (("r9", "", "101", "1", "2.50", days_ago(2), "more"), "unreadable"),
    ],
)
def test_a_bad_line_is_counted_and_its_order_stays(
    cli: Cli, store: Path, conn: sqlite3.Connection, row: tuple[str, ...], reason: str
) -> None:
    good = ("r9", "", "102", "1", "2.00", days_ago(2))
    said = cli("sales", "import", table(store, row, good), "--dir", store, "--json")
    assert (said.code, said.document["refused_rows"]) == (1, {reason: 1})
    assert [one.key.tolist() for one in till_history.every(conn)] == [[102]]


def test_a_map_of_models_names_the_columns_of_sales(
    cli: Cli, store: Path, conn: sqlite3.Connection, tmp_path: Path
) -> None:
    (tmp_path / "map.toml").write_text(
        """
[transactions]
decimal = ","
delimiter = ";"
date_format = "%d.%m.%Y %H:%M"
[transactions.columns]
basket_id = "Bon"
product_id = "Artikel"
unit_price = "Preis"
quantity = "Menge"
unit = "Einheit"
transaction_timestamp = ["Datum", "Zeit"]
"""
    )
    day = (TODAY - timedelta(5)).strftime("%d.%m.%Y")
    file = tmp_path / "kasse.csv"
    file.write_text(
        f"Bon;Artikel;Preis;Menge;Einheit;Datum;Zeit\n7;101;1.002,50;2;St;{day};09:15\n"
        f"7;102;9,90;0,350;kg;{day};09:15\n"
    )
    words = ("sales", "import", file, "--dir", store)
    assert cli(*words, "--columns", tmp_path / "map.toml").code == 0
    (kept,) = till_history.every(conn)
    assert (kept.cents.tolist(), kept.pieces.tolist()) == ([200_500, 346], [2, 1])
    assert kept.second % 86_400 == 9 * 3600


def test_json_lines_and_parquet_are_taken_too(
    cli: Cli, store: Path, conn: sqlite3.Connection, tmp_path: Path
) -> None:
    lines = tmp_path / "sales.jsonl"
    told = {"basket_id": 8, "product_id": 101, "transaction_timestamp": days_ago(2)}
    lines.write_text(json.dumps(told) + "\nnone\n")
    said = cli("sales", "import", lines, "--dir", store, "--json")
    assert said.document["refused_rows"] == {"unreadable": 1}
    columns = {
        "household_id": pa.array([None, "LOY-1"]),
        "product_id": [101, 102],
        "basket_id": [9, 10],
        "transaction_timestamp": [TODAY, TODAY],
    }
    pq.write_table(pa.table(columns), tmp_path / "sales.parquet")
    assert cli("sales", "import", tmp_path / "sales.parquet", "--dir", store).code == 0
    assert len(list(till_history.every(conn))) == 3


def test_while_a_service_runs_no_table_is_taken(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    with occupied(store):
        said = cli("sales", "import", table(store, *ROWS), "--dir", store)
    assert said.code == 1
    assert "stop it first" in said.err
    assert not list(till_history.every(conn))


@pytest.mark.parametrize("absent", ["product_id", "transaction_timestamp", "basket_id"])
def test_a_table_that_does_not_tell_enough_says_what_it_lacks(
    cli: Cli, store: Path, absent: str
) -> None:
    headings = tuple(
        "other" if name in {absent, "household_id"} and absent == "basket_id" else name
        for name in HEADINGS
    )
    headings = tuple(
        f"x{n}" if name in {absent, "other"} else name for n, name in enumerate(headings)
    )
    said = cli("sales", "import", table(store, *ROWS, headings=headings), "--dir", store)
    assert said.code == 1
    assert f"known as {absent}" in said.err
