"""What is withdrawn is gone: from the shelf at once, and for whoever brings it again."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from edge.storage.connection import open_connection, open_reader, transaction
from edge.storage.operations import command_notifications, withdrawn_models
from edge.storage.operations.command_notifications import CommandNotification
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry
from tests.edge.cli.conftest import Cli
from tests.models.bad_bundles import resealed
from tests.models.keys import trusting


@pytest.fixture
def shelf(store: Path) -> BundleRegistry:
    return BundleRegistry(store / "models", trusting(store))


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The shipped bundle under a seed, and so a digest, of its own."""
    folder = Path(shutil.copytree(SHIPPED_BUNDLE, tmp_path / "later"))
    resealed(folder, seed=77)
    return folder


def test_the_bundle_before_takes_its_place_and_then_the_store_s_own_counts(
    cli: Cli, store: Path, shelf: BundleRegistry, later: Path
) -> None:
    first, second = shelf.activate(SHIPPED_BUNDLE).name, shelf.activate(later).name
    said = cli("models", "withdraw", second, "--dir", store, "--json")
    assert said.document == {"withdrawn": second, "active": first}
    assert shelf.open_active().digest == first
    assert "no bundle" in cli("models", "withdraw", first, "--dir", store).out
    assert shelf.active() is None
    with closing(open_reader(store / "storeside.db")) as conn:
        bells = [what for _, what, _ in command_notifications.since(conn, 0)]
    assert bells == [CommandNotification.MODEL] * 2


def test_it_does_not_come_back(
    cli: Cli, store: Path, shelf: BundleRegistry, later: Path
) -> None:
    shelf.activate(SHIPPED_BUNDLE)
    digest = shelf.activate(later).name
    cli("models", "withdraw", digest, "--dir", store)
    again = cli("models", "activate", later, "--dir", store)
    assert again.code == 1
    assert "withdrawn" in again.err
    assert cli("models", "rollback", "--dir", store).code == 1
    rows = cli("models", "list", "--dir", store, "--json").document["models"]
    assert [row["digest"] for row in rows if row["active"]] != [digest]


def test_one_that_never_came_is_refused_when_it_comes(
    cli: Cli, store: Path, shelf: BundleRegistry, later: Path
) -> None:
    digest = BundleRegistry(store / "elsewhere", shelf.keys).activate(later).name
    assert cli("models", "withdraw", digest, "--dir", store).code == 0
    assert cli("models", "activate", later, "--dir", store).code == 1


@pytest.mark.parametrize("command", ["activate", "rollback"])
def test_what_the_centre_withdrew_while_no_service_ran_is_heeded(
    cli: Cli, store: Path, shelf: BundleRegistry, later: Path, command: str
) -> None:
    withdrawn = shelf.activate(later).name
    shelf.activate(SHIPPED_BUNDLE, older=True)
    with closing(open_connection(store / "storeside.db")) as conn, transaction(conn):
        withdrawn_models.know(conn, withdrawn, {})
    words = ("activate", later) if command == "activate" else ("rollback",)
    assert cli("models", *words, "--dir", store).code == 1


@pytest.mark.parametrize("word", ["", "grocer@2026.11", "ab" * 31, "../" + "a" * 61, "A" * 64])
def test_what_is_no_digest_is_a_mistake_of_the_caller(
    cli: Cli, store: Path, shelf: BundleRegistry, word: str
) -> None:
    active = shelf.activate(SHIPPED_BUNDLE)
    said = cli("models", "withdraw", word, "--dir", store)
    assert said.code == 2
    assert "models list --json" in said.err
    assert shelf.active() == active
