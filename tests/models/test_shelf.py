"""The bundles a store keeps."""

import shutil
from pathlib import Path

import pytest

from models.bundle import open_bundle
from models.errors import BundleRefused, NothingOnShelf
from models.shelf import Shelf
from models.train import train
from tests.models.town import SMALL, UNTIL


@pytest.fixture(scope="module")
def second(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("second")
    train(town, out, UNTIL, 8, lambda _stage, _done: None, SMALL)
    return out


def test_an_empty_shelf_has_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "none")
    assert (shelf.list(), shelf.active()) == ((), None)
    with pytest.raises(NothingOnShelf, match="an earlier bundle"):
        shelf.rollback()
    with pytest.raises(NothingOnShelf):
        shelf.by_digest("ab" * 32)


def test_activation_copies_and_puts_in_use(bundle_dir: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    active = shelf.activate(bundle_dir)
    assert active == shelf.active() == tmp_path / open_bundle(bundle_dir).digest
    assert shelf.by_digest(active.name) == active
    assert [(one.digest, one.active) for one in shelf.list()] == [(active.name, True)]
    assert {path.name for path in tmp_path.iterdir()} == {active.name, "active.json"}


def test_activating_again_changes_nothing(bundle_dir: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    first = shelf.activate(bundle_dir)
    assert shelf.activate(bundle_dir) == first
    assert shelf.activate(first) == first
    assert len(shelf.list()) == 1


def test_rollback_returns_to_the_bundle_before(
    bundle_dir: Path, second: Path, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path)
    first, later = shelf.activate(bundle_dir), shelf.activate(second)
    assert shelf.active() == later
    assert Shelf(tmp_path).rollback() == first == Shelf(tmp_path).active()
    assert len(shelf.list()) == 2
    with pytest.raises(NothingOnShelf):
        shelf.rollback()


def test_rollback_passes_over_a_bundle_that_is_gone(
    bundle_dir: Path, second: Path, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path)
    gone = shelf.activate(bundle_dir)
    shelf.activate(second)
    shutil.rmtree(gone)
    with pytest.raises(NothingOnShelf):
        shelf.rollback()


def test_a_refused_bundle_leaves_the_shelf_as_it_was(
    bundle_dir: Path, second: Path, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path / "shelf")
    active = shelf.activate(bundle_dir)
    broken = Path(shutil.copytree(second, tmp_path / "broken"))
    (broken / "model.onnx").write_bytes(b"")
    with pytest.raises(BundleRefused):
        shelf.activate(broken)
    assert shelf.active() == active
    assert len(shelf.list()) == 1


def test_a_digest_cannot_lead_out_of_the_shelf(tmp_path: Path) -> None:
    with pytest.raises(NothingOnShelf):
        Shelf(tmp_path / "shelf").by_digest("..")


@pytest.mark.parametrize("pointer", ["", "{}", '{"digests":["../up"]}'])
def test_a_pointer_that_is_none_is_no_silent_choice(tmp_path: Path, pointer: str) -> None:
    (tmp_path / "active.json").write_text(pointer)
    with pytest.raises(NothingOnShelf, match=r"a readable active\.json"):
        Shelf(tmp_path).active()
