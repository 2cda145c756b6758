"""The bundles a store keeps."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from models.bundle.signature import SIGNATURE
from models.errors import BundleRefused, NothingOnShelf
from models.serving.open_bundle import open_bundle
from models.serving.registry import DEADLINE_S, BundleRegistry
from models.training.train import train
from tests.models.bad_bundles import resealed
from tests.models.keys import TRUST, signed, trusting
from tests.models.town import SMALL, UNTIL


@pytest.fixture(scope="module")
def second(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("second")
    train(town, out, UNTIL, 8, lambda _stage, _done: None, SMALL)
    return signed(out)


@pytest.fixture
def shelf(tmp_path: Path) -> BundleRegistry:
    return BundleRegistry(tmp_path / "shelf", trusting(tmp_path))


def release(bundle: Path, at: Path, **changes: object) -> Path:
    """A copy of ``bundle``, signed anew with these changes to its manifest."""
    resealed(Path(shutil.copytree(bundle, at)), **changes)
    return at


def test_an_empty_shelf_has_nothing(shelf: BundleRegistry) -> None:
    assert (shelf.list(), shelf.active()) == ((), None)
    with pytest.raises(NothingOnShelf, match="an earlier bundle"):
        shelf.rollback()
    with pytest.raises(NothingOnShelf):
        shelf.by_digest("ab" * 32)
    with pytest.raises(NothingOnShelf, match="an active bundle"):
        shelf.open_active()


def test_activation_copies_and_puts_in_use(bundle_dir: Path, shelf: BundleRegistry) -> None:
    active = shelf.activate(bundle_dir)
    assert active == shelf.active() == shelf.root / open_bundle(bundle_dir, TRUST).digest
    assert shelf.by_digest(active.name) == active
    assert [(one.digest, one.active, one.label) for one in shelf.list()] == [
        (active.name, True, "town@2017.05.21")
    ]
    assert {path.name for path in shelf.root.iterdir()} == {active.name, "active.json"}
    assert (active / SIGNATURE).read_bytes() == (bundle_dir / SIGNATURE).read_bytes()


def test_activating_again_changes_nothing(bundle_dir: Path, shelf: BundleRegistry) -> None:
    first = shelf.activate(bundle_dir)
    assert shelf.activate(bundle_dir) == first
    assert shelf.activate(first) == first
    assert len(shelf.list()) == 1


def test_what_is_in_use_answers_within_a_deadline_and_what_is_replayed_without(
    bundle_dir: Path, shelf: BundleRegistry
) -> None:
    digest = shelf.activate(bundle_dir).name
    opened = shelf.open_active(), shelf.open(digest)
    assert {one.digest for one in opened} == {digest}
    deadlines = [one._scorer.deadline_s for one in opened]  # noqa: SLF001 - what the edge never asks
    assert deadlines == [DEADLINE_S, None]


def test_rollback_returns_to_the_bundle_before(
    bundle_dir: Path, second: Path, shelf: BundleRegistry
) -> None:
    first, later = shelf.activate(bundle_dir), shelf.activate(second)
    assert shelf.active() == later
    assert (
        BundleRegistry(shelf.root, shelf.keys).rollback()
        == first
        == BundleRegistry(shelf.root).active()
    )
    assert len(shelf.list()) == 2
    with pytest.raises(NothingOnShelf):
        shelf.rollback()


def test_rollback_passes_over_a_bundle_that_is_gone_or_damaged(
    bundle_dir: Path, second: Path, shelf: BundleRegistry, tmp_path: Path
) -> None:
    first = shelf.activate(bundle_dir)
    damaged = shelf.activate(second)
    third = shelf.activate(release(second, tmp_path / "third", seed=99))
    (damaged / "model.onnx").write_bytes(b"")
    assert shelf.rollback() == first
    shelf.activate(tmp_path / "third")
    shutil.rmtree(first)
    with pytest.raises(NothingOnShelf, match=f"{first.name[:12]}: file-missing"):
        shelf.rollback()
    assert shelf.active() == third


def test_a_refused_bundle_leaves_the_shelf_as_it_was(
    bundle_dir: Path, second: Path, shelf: BundleRegistry, tmp_path: Path
) -> None:
    active = shelf.activate(bundle_dir)
    broken = Path(shutil.copytree(second, tmp_path / "broken"))
    (broken / "model.onnx").write_bytes(b"")
    with pytest.raises(BundleRefused):
        shelf.activate(broken)
    assert shelf.active() == active
    assert len(shelf.list()) == 1


def test_the_counter_never_goes_down_not_even_by_rollback(
    bundle_dir: Path, shelf: BundleRegistry, tmp_path: Path
) -> None:
    first = shelf.activate(bundle_dir)
    shelf.activate(release(bundle_dir, tmp_path / "raised", rollback=3))
    for attempt in (bundle_dir, first):
        with pytest.raises(BundleRefused, match="counter 0; 3 was in use") as caught:
            shelf.activate(attempt, older=True)
        assert caught.value.reason == "older"
    with pytest.raises(NothingOnShelf, match=r"older\)"):
        shelf.rollback()


def test_an_earlier_day_comes_back_only_if_that_is_said(
    bundle_dir: Path, shelf: BundleRegistry, tmp_path: Path
) -> None:
    shelf.activate(bundle_dir)
    earlier = release(bundle_dir, tmp_path / "earlier", trained_until=date(2017, 5, 1))
    with pytest.raises(BundleRefused) as caught:
        shelf.activate(earlier)
    assert "--older" in (caught.value.hint or "")
    assert shelf.activate(earlier, older=True) == shelf.active()


def test_a_damaged_bundle_in_use_keeps_nobody_from_a_sound_older_one(
    bundle_dir: Path, shelf: BundleRegistry, tmp_path: Path
) -> None:
    (shelf.activate(bundle_dir) / "model.onnx").write_bytes(b"")
    earlier = release(bundle_dir, tmp_path / "earlier", trained_until=date(2017, 5, 1))
    assert shelf.activate(earlier) == shelf.active()


def test_a_bundle_is_good_through_its_last_day(
    bundle_dir: Path, shelf: BundleRegistry, tmp_path: Path
) -> None:
    last = date(2030, 1, 31)
    bundle = release(bundle_dir, tmp_path / "dated", expires=last)
    before = BundleRegistry(shelf.root, shelf.keys, today=lambda: last)
    after = BundleRegistry(shelf.root, shelf.keys, today=lambda: date(2030, 2, 1))
    digest = before.activate(bundle).name
    assert before.open_active().digest == digest
    for refused in (after.open_active, lambda: after.activate(bundle)):
        with pytest.raises(BundleRefused) as caught:
            refused()
        assert caught.value.reason == "expired"
    assert after.open(digest).digest == digest


def test_a_key_that_is_taken_away_takes_its_bundles_with_it(
    bundle_dir: Path, shelf: BundleRegistry
) -> None:
    shelf.activate(bundle_dir)
    shutil.rmtree(shelf.keys or Path())
    assert [one.label for one in shelf.list()] == ["damaged (untrusted)"]
    with pytest.raises(BundleRefused) as caught:
        shelf.open_active()
    assert caught.value.reason == "untrusted"


def test_a_damaged_bundle_is_listed_and_mended_by_activating_it_again(
    bundle_dir: Path, second: Path, shelf: BundleRegistry
) -> None:
    damaged, sound = shelf.activate(bundle_dir), shelf.activate(second)
    (damaged / "manifest.json").write_text("{")
    labels = {one.digest: one.label for one in shelf.list()}
    assert labels == {damaged.name: "damaged (signature)", sound.name: "town@2017.05.21"}
    assert shelf.activate(bundle_dir) == damaged
    assert {one.label for one in shelf.list()} == {"town@2017.05.21"}


def test_a_bundle_in_another_one_s_folder_is_damaged(
    bundle_dir: Path, second: Path, shelf: BundleRegistry
) -> None:
    first, later = shelf.activate(bundle_dir), shelf.activate(second)
    shutil.rmtree(later)
    shutil.copytree(first, later)
    assert {one.label for one in shelf.list()} == {"town@2017.05.21", "damaged (hash)"}
    for opened in (shelf.open_active, lambda: shelf.open(later.name)):
        with pytest.raises(BundleRefused, match="another bundle's folder"):
            opened()


def test_the_pointer_of_an_earlier_version_is_understood(
    bundle_dir: Path, shelf: BundleRegistry
) -> None:
    active = shelf.activate(bundle_dir)
    (shelf.root / "active.json").write_text(json.dumps({"digests": [active.name]}))
    assert shelf.open_active().digest == active.name


def test_a_digest_cannot_lead_out_of_the_shelf(shelf: BundleRegistry) -> None:
    with pytest.raises(NothingOnShelf):
        shelf.by_digest("..")


@pytest.mark.parametrize("pointer", ["", "{}", '{"digests":["../up"]}'])
def test_a_pointer_that_is_none_is_no_silent_choice(tmp_path: Path, pointer: str) -> None:
    (tmp_path / "active.json").write_text(pointer)
    with pytest.raises(NothingOnShelf, match=r"a readable active\.json"):
        BundleRegistry(tmp_path).active()
