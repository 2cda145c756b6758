"""The registry against the real file: nothing in it is undeclared, and nothing that leads to a person stays."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from edge.api.services import data_export
from edge.domain.ids import Token
from edge.storage import erasure, migrations, retention, tables
from edge.storage.table import Erasure, RetainedWith, Retention, Table, Unlimited
from edge.storage.tables import TABLES
from tests.edge.storage.samples import ANN, NOW

# A row with one of these columns is a person's, or is found through their visit or a decision about them.
# ``key`` holds a token in what commands tell the service and in changes that were refused.
_LEADS_TO_A_PERSON = {"token", "subject", "key", "visit", "decision"}


def forget_planted(conn: sqlite3.Connection, token: Token) -> int:
    return conn.execute("DELETE FROM planted WHERE token = ?", (token,)).rowcount


PLANTED = Table(
    name="planted",
    retention=Unlimited(note="a test's"),
    erasure=Erasure(forget=forget_planted),
)


def plant_table(conn: sqlite3.Connection, column: str = "token") -> None:
    conn.execute(f"CREATE TABLE planted (seq INTEGER PRIMARY KEY, {column} TEXT) STRICT")


def columns(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = conn.execute(
        "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c"
        " WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '_sqlite%'"
    )
    return list(rows)


def names(declared: Iterable[Table]) -> Counter[str]:
    return Counter(chain.from_iterable((table.name, *table.also) for table in declared))


def never_forgotten(conn: sqlite3.Connection, declared: Iterable[Table]) -> set[str]:
    """Tables with a person's rows that declare no way to forget them."""
    personal = {table for table, column in columns(conn) if column in _LEADS_TO_A_PERSON}
    return personal - set(names(table for table in declared if table.erasure is not None))


def test_every_table_of_a_fresh_file_is_declared_exactly_once(conn: sqlite3.Connection) -> None:
    assert names(TABLES) == Counter({table for table, _ in columns(conn)})


def test_every_file_that_makes_a_table_is_listed() -> None:
    """A table whose file is not in the list would be made nowhere."""
    files = Path(tables.__file__).parent.rglob("*.py")
    made = {
        name for file in files for name in re.findall(r"CREATE TABLE (\w+)", file.read_text())
    }
    assert made <= set(names(TABLES))
    assert len(made) > 30


def test_every_table_that_leads_to_a_person_forgets_them(conn: sqlite3.Connection) -> None:
    assert never_forgotten(conn, TABLES) == set()


@pytest.mark.parametrize("column", sorted(_LEADS_TO_A_PERSON))
def test_a_table_that_leads_to_a_person_and_is_not_declared_is_found(
    conn: sqlite3.Connection, column: str
) -> None:
    plant_table(conn, column)
    assert never_forgotten(conn, TABLES) == {"planted"}
    assert set(names(TABLES)) != {table for table, _ in columns(conn)}


def test_a_table_that_is_declared_without_an_erasure_is_found(
    conn: sqlite3.Connection,
) -> None:
    plant_table(conn)
    assert never_forgotten(conn, (*TABLES, replace(PLANTED, erasure=None))) == {"planted"}
    assert never_forgotten(conn, (*TABLES, PLANTED)) == set()


def test_no_class_of_data_is_declared_twice() -> None:
    classes = [t.retention.data_class for t in TABLES if isinstance(t.retention, Retention)]
    assert len(classes) == len(set(classes))
    assert classes == list(retention.DEFAULT_DAYS)


def test_a_table_follows_a_class_that_another_declares() -> None:
    followed = [t.retention.data_class for t in TABLES if isinstance(t.retention, RetainedWith)]
    assert followed
    assert set(followed) <= set(retention.DEFAULT_DAYS)


def test_the_usual_days_are_enough_for_what_counts_the_rows() -> None:
    least = retention.LEAST_DAYS
    assert least == {"exposures": 36, "responses": 36, "redemptions": 90}
    assert all(days >= least.get(name, 1) for name, days in retention.DEFAULT_DAYS.items())


def test_what_never_goes_says_why() -> None:
    notes = [t.retention.note for t in TABLES if isinstance(t.retention, Unlimited)]
    assert all(notes)


def test_only_people_themselves_have_no_term_yet() -> None:
    """Whoever sets a term, or adds a table about people without one, sees it here."""
    endless = {t.name for t in TABLES if t.erasure and isinstance(t.retention, Unlimited)}
    assert endless - {"bells", "sync_refused"} == {
        "customers",
        "links",
        "beacon_keys",
        "app_keys",
        "consents",
        "profiles",
    }


def test_what_hangs_on_a_visit_or_a_decision_is_erased_before_it(
    conn: sqlite3.Connection,
) -> None:
    order = list(erasure.forget(conn, ANN, NOW))
    through = {"visit": "visits", "decision": "decisions"}
    own = {table for table, column in columns(conn) if column in {"token", "subject"}}
    hanging = [(t, through[c]) for t, c in columns(conn) if c in through and t not in own]
    assert set(hanging) == {
        ("tips", "visits"),
        ("tips", "decisions"),
        ("plays", "decisions"),
        ("replies", "decisions"),
    }
    assert all(order.index(table) < order.index(parent) for table, parent in hanging)


def test_each_walker_meets_every_table_that_declares_something_for_it(
    conn: sqlite3.Connection,
) -> None:
    assert set(erasure.forget(conn, ANN, NOW)) == {t.name for t in TABLES if t.erasure}
    told = {t.name for t in TABLES if t.export}
    assert set(data_export.export(conn, ANN, NOW)) == {"token", "alias", "exported_at"} | told
    swept = {t.name for t in TABLES if not isinstance(t.retention, Unlimited)}
    assert len(retention.sweep(conn, NOW, {}).removed) == len(swept)
    parts = {step.release for table in TABLES for step in table.steps}
    assert parts == {release for release, _ in migrations.STEPS}


def test_only_what_is_not_about_the_person_is_erased_but_not_exported() -> None:
    assert {t.name for t in TABLES if t.erasure and not t.export} == {"bells"}
