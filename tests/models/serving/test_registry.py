"""The bundles a store keeps."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from models.bundle.signature import SIGNATURE
from models.errors import BundleRefused, NoSuchBundle
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
def bundles(tmp_path: Path) -> BundleRegistry:
    return BundleRegistry(tmp_path / "shelf", trusting(tmp_path))


def release(bundle: Path, at: Path, **changes: object) -> Path:
    """A copy of ``bundle``, signed anew with these changes to its manifest."""
    resealed(Path(shutil.copytree(bundle, at)), **changes)
    return at


def test_an_empty_shelf_has_nothing(bundles: BundleRegistry) -> None:
    assert (bundles.list(), bundles.active()) == ((), None)
    with pytest.raises(NoSuchBundle, match="an earlier bundle"):
        bundles.rollback()
    with pytest.raises(NoSuchBundle):
        bundles.by_digest("ab" * 32)
    with pytest.raises(NoSuchBundle, match="an active bundle"):
        bundles.open_active()


def test_activation_copies_and_puts_in_use(bundle_dir: Path, bundles: BundleRegistry) -> None:
    active = bundles.activate(bundle_dir)
    assert active == bundles.active() == bundles.root / open_bundle(bundle_dir, TRUST).digest
    assert bundles.by_digest(active.name) == active
    assert [(one.digest, one.active, one.label) for one in bundles.list()] == [
        (active.name, True, "town@2017.05.21")
    ]
    assert {path.name for path in bundles.root.iterdir()} == {active.name, "active.json"}
    assert (active / SIGNATURE).read_bytes() == (bundle_dir / SIGNATURE).read_bytes()


def test_activating_again_changes_nothing(bundle_dir: Path, bundles: BundleRegistry) -> None:
    first = bundles.activate(bundle_dir)
    assert bundles.activate(bundle_dir) == first
    assert bundles.activate(first) == first
    assert len(bundles.list()) == 1


def test_what_is_in_use_answers_within_a_deadline_and_what_is_replayed_without(
    bundle_dir: Path, bundles: BundleRegistry
) -> None:
    digest = bundles.activate(bundle_dir).name
    opened = bundles.open_active(), bundles.open(digest)
    assert {one.digest for one in opened} == {digest}
    deadlines = [one._scorer.deadline_s for one in opened]  # noqa: SLF001 - what the edge never asks
    assert deadlines == [DEADLINE_S, None]


def test_rollback_returns_to_the_bundle_before(
    bundle_dir: Path, second: Path, bundles: BundleRegistry
) -> None:
    first, later = bundles.activate(bundle_dir), bundles.activate(second)
    assert bundles.active() == later
    assert (
        BundleRegistry(bundles.root, bundles.keys).rollback()
        == first
        == BundleRegistry(bundles.root).active()
    )
    assert len(bundles.list()) == 2
    with pytest.raises(NoSuchBundle):
        bundles.rollback()


def test_rollback_passes_over_a_bundle_that_is_gone_or_damaged(
    bundle_dir: Path, second: Path, bundles: BundleRegistry, tmp_path: Path
) -> None:
    first = bundles.activate(bundle_dir)
    damaged = bundles.activate(second)
    third = bundles.activate(release(second, tmp_path / "third", seed=99))
    (damaged / "model.onnx").write_bytes(b"")
    assert bundles.rollback() == first
    bundles.activate(tmp_path / "third")
    shutil.rmtree(first)
    with pytest.raises(NoSuchBundle, match=f"{first.name[:12]}: file-missing"):
        bundles.rollback()
    assert bundles.active() == third


def test_a_refused_bundle_leaves_the_shelf_as_it_was(
    bundle_dir: Path, second: Path, bundles: BundleRegistry, tmp_path: Path
) -> None:
    active = bundles.activate(bundle_dir)
    broken = Path(shutil.copytree(second, tmp_path / "broken"))
    (broken / "model.onnx").write_bytes(b"")
    with pytest.raises(BundleRefused):
        bundles.activate(broken)
    assert bundles.active() == active
    assert len(bundles.list()) == 1


def test_the_counter_never_goes_down_not_even_by_rollback(
    bundle_dir: Path, bundles: BundleRegistry, tmp_path: Path
) -> None:
    first = bundles.activate(bundle_dir)
    bundles.activate(release(bundle_dir, tmp_path / "raised", rollback=3))
    for attempt in (bundle_dir, first):
        with pytest.raises(BundleRefused, match="counter 0; 3") as caught:
            bundles.activate(attempt, older=True)
        assert caught.value.reason == "older"
    with pytest.raises(NoSuchBundle, match=r"older\)"):
        bundles.rollback()


def test_an_earlier_day_comes_back_only_if_that_is_said(
    bundle_dir: Path, bundles: BundleRegistry, tmp_path: Path
) -> None:
    bundles.activate(bundle_dir)
    earlier = release(bundle_dir, tmp_path / "earlier", trained_until=date(2017, 5, 1))
    with pytest.raises(BundleRefused) as caught:
        bundles.activate(earlier)
    assert "--older" in (caught.value.hint or "")
    assert bundles.activate(earlier, older=True) == bundles.active()


def test_a_damaged_bundle_in_use_keeps_nobody_from_a_sound_older_one(
    bundle_dir: Path, bundles: BundleRegistry, tmp_path: Path
) -> None:
    (bundles.activate(bundle_dir) / "model.onnx").write_bytes(b"")
    earlier = release(bundle_dir, tmp_path / "earlier", trained_until=date(2017, 5, 1))
    assert bundles.activate(earlier) == bundles.active()


def test_a_bundle_is_good_through_its_last_day(
    bundle_dir: Path, bundles: BundleRegistry, tmp_path: Path
) -> None:
    last = date(2030, 1, 31)
    bundle = release(bundle_dir, tmp_path / "dated", expires=last)
    before = BundleRegistry(bundles.root, bundles.keys, today=lambda: last)
    after = BundleRegistry(bundles.root, bundles.keys, today=lambda: date(2030, 2, 1))
    digest = before.activate(bundle).name
    assert before.open_active().digest == digest
    for refused in (after.open_active, lambda: after.activate(bundle)):
        with pytest.raises(BundleRefused) as caught:
            refused()
        assert caught.value.reason == "expired"
    assert after.open(digest).digest == digest


def test_a_key_that_is_taken_away_takes_its_bundles_with_it(
    bundle_dir: Path, bundles: BundleRegistry
) -> None:
    bundles.activate(bundle_dir)
    shutil.rmtree(bundles.keys or Path())
    assert [one.label for one in bundles.list()] == ["damaged (untrusted)"]
    with pytest.raises(BundleRefused) as caught:
        bundles.open_active()
    assert caught.value.reason == "untrusted"


def test_a_damaged_bundle_is_listed_and_mended_by_activating_it_again(
    bundle_dir: Path, second: Path, bundles: BundleRegistry
) -> None:
    damaged, sound = bundles.activate(bundle_dir), bundles.activate(second)
    (damaged / "manifest.json").write_text("{")
    labels = {one.digest: one.label for one in bundles.list()}
    assert labels == {damaged.name: "damaged (signature)", sound.name: "town@2017.05.21"}
    assert bundles.activate(bundle_dir) == damaged
    assert {one.label for one in bundles.list()} == {"town@2017.05.21"}


def test_a_bundle_in_another_one_s_folder_is_damaged(
    bundle_dir: Path, second: Path, bundles: BundleRegistry
) -> None:
    first, later = bundles.activate(bundle_dir), bundles.activate(second)
    shutil.rmtree(later)
    shutil.copytree(first, later)
    assert {one.label for one in bundles.list()} == {"town@2017.05.21", "damaged (hash)"}
    for opened in (bundles.open_active, lambda: bundles.open(later.name)):
        with pytest.raises(BundleRefused, match="another bundle's folder"):
            opened()


def test_the_pointer_of_an_earlier_version_is_understood(
    bundle_dir: Path, bundles: BundleRegistry
) -> None:
    active = bundles.activate(bundle_dir)
    (bundles.root / "active.json").write_text(json.dumps({"digests": [active.name]}))
    assert bundles.open_active().digest == active.name


def test_a_digest_cannot_lead_out_of_the_shelf(bundles: BundleRegistry) -> None:
    with pytest.raises(NoSuchBundle):
        bundles.by_digest("..")


@pytest.mark.parametrize("pointer", ["", "{}", '{"digests":["../up"]}'])
def test_a_pointer_that_is_none_is_no_silent_choice(tmp_path: Path, pointer: str) -> None:
    (tmp_path / "active.json").write_text(pointer)
    with pytest.raises(NoSuchBundle, match=r"a readable active\.json"):
        BundleRegistry(tmp_path).active()


def test_what_is_withdrawn_is_used_no_more_and_still_replays(
    bundle_dir: Path, second: Path, bundles: BundleRegistry
) -> None:
    first, latest = bundles.activate(bundle_dir), bundles.activate(second)
    assert bundles.withdraw([latest.name])
    assert bundles.active() == first
    with pytest.raises(BundleRefused, match="withdrawn"):
        bundles.activate(second)
    assert bundles.usable() == (first,)
    assert bundles.open(latest.name).digest == latest.name
    assert not bundles.withdraw([latest.name])


def test_one_that_never_was_here_can_be_withdrawn(
    bundle_dir: Path, bundles: BundleRegistry
) -> None:
    bundles.withdraw([open_bundle(bundle_dir, TRUST).digest])
    with pytest.raises(BundleRefused, match="withdrawn"):
        bundles.activate(bundle_dir)
    assert bundles.active() is None


def test_a_sweep_keeps_what_is_in_use_what_was_before_it_and_what_is_named(
    bundle_dir: Path, second: Path, bundles: BundleRegistry, tmp_path: Path
) -> None:
    oldest = bundles.activate(bundle_dir)
    named = bundles.activate(release(second, tmp_path / "n", version="2"))
    before = bundles.activate(release(second, tmp_path / "b", version="3"))
    active = bundles.activate(release(second, tmp_path / "a", version="4"))
    assert bundles.sweep({named.name}) == (oldest.name,)
    assert {one.digest for one in bundles.list()} == {f.name for f in (named, before, active)}
    assert bundles.sweep(()) == (named.name,)
    assert bundles.rollback() == before
