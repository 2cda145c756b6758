from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.storage.catalogue import triggers
from edge.storage.connection import open_connection
from tests.edge.cli.conftest import Cli

CASE = {"name": "who comes is greeted"}
HELLO: dict[str, Any] = {
    "id": "hello",
    "signal": "arrival",
    "reason": "You have just come in.",
    "message": {"headline": "Hello"},
    "tests": [CASE],
}


def write(folder: Path, *written: dict[str, Any]) -> Path:
    file = folder.parent / "triggers.yaml"
    file.write_text(json.dumps({"triggers": list(written)}))
    return file


def in_force(store: Path) -> list[tuple[str, int]]:
    with closing(open_connection(store / "storeside.db")) as conn:
        return [(one.id, one.version) for one in triggers.in_force(conn)]


def test_the_shipped_triggers_can_be_published_as_they_are(cli: Cli, store: Path) -> None:
    file = store.parent / "mine.yaml"
    file.write_text(cli("triggers", "shipped").out)
    assert cli("triggers", "test", file).code == 0
    said = cli("triggers", "publish", file, "--dir", store, "--json")
    assert said.document == {"published": 9, "problems": []}
    assert len(in_force(store)) == 9


def test_a_test_that_fails_is_told_and_ends_in_an_error(cli: Cli, store: Path) -> None:
    file = write(store, {**HELLO, "tests": [{**CASE, "consent": False}]})
    said = cli("triggers", "test", file)
    assert said.code == 1
    assert "got no-consent" in said.err
    assert cli("triggers", "test", file, "--json").document["passed"] == 0


def test_a_file_without_tests_has_not_passed(cli: Cli, store: Path) -> None:
    assert cli("triggers", "test", write(store, {**HELLO, "tests": []})).code == 1


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"tests": []}, "trigger hello: it has no test"),
        ({"campaign": "june"}, "trigger hello: there is no campaign june"),
        (
            {"message": {"headline": "x", "offer": "o-9"}},
            "trigger hello: there is no offer o-9",
        ),
        ({"tests": [{**CASE, "expect": "not-meant"}]}, "expected not-meant, got fires"),
    ],
)
def test_what_is_wrong_is_told_and_not_published(
    cli: Cli, store: Path, changed: dict[str, Any], problem: str
) -> None:
    file = write(store, {**HELLO, **changed})
    assert problem in cli("triggers", "check", file, "--dir", store).err
    assert cli("triggers", "publish", file, "--dir", store).code == 1
    assert in_force(store) == []


def test_a_changed_trigger_wants_a_new_version(cli: Cli, store: Path) -> None:
    cli("triggers", "publish", write(store, HELLO), "--dir", store)
    changed = {**HELLO, "reason": "You are here."}
    said = cli("triggers", "publish", write(store, changed), "--dir", store)
    assert (said.code, "give it version 2" in said.err) == (1, True)
    cli("triggers", "publish", write(store, {**changed, "version": 2}), "--dir", store)
    assert in_force(store) == [("hello", 2)]


def test_going_back_to_an_older_version_is_publishing_it(cli: Cli, store: Path) -> None:
    cli("triggers", "publish", write(store, HELLO), "--dir", store)
    newer = {**HELLO, "version": 2, "reason": "You are here."}
    cli("triggers", "publish", write(store, newer), "--dir", store)
    cli("triggers", "publish", write(store, HELLO), "--dir", store)
    assert in_force(store) == [("hello", 1)]


def test_a_trigger_can_be_put_out_of_force(cli: Cli, store: Path) -> None:
    cli("triggers", "publish", write(store, HELLO), "--dir", store)
    assert cli("triggers", "withdraw", "hello", "--dir", store, "--json").document == {
        "withdrawn": "hello"
    }
    assert in_force(store) == []
    said = cli("triggers", "withdraw", "hello", "--dir", store)
    assert (said.code, "storeside triggers list" in said.err) == (1, True)


def test_all_versions_are_listed(cli: Cli, store: Path) -> None:
    assert "no triggers" in cli("triggers", "list", "--dir", store).out
    cli("triggers", "publish", write(store, HELLO), "--dir", store)
    assert "hello, version 1" in cli("triggers", "list", "--dir", store).out
    (row,) = cli("triggers", "list", "--dir", store, "--json").document["triggers"]
    assert (row["id"], row["in_force"], row["messages"]) == ("hello", True, {})


def test_a_dry_run_goes_through_the_kept_days(cli: Cli, shop: Path) -> None:
    file = write(shop, HELLO)
    said = cli("triggers", "dry-run", file, "--dir", shop, "--since", "2000-01-01", "--json")
    assert said.document["visits"] == 1
    assert said.document["triggers"]["hello"]["people"] == 1
    words = cli("triggers", "dry-run", file, "--dir", shop, "--since", "2000-01-01").out
    assert "fires 1 times" in words
