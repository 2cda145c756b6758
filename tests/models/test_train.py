"""From raw baskets to a bundle: the same twice, in parity, and better than habit alone."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from models.bundle import Bundle, open_bundle
from models.errors import SourceUnreadable, TooLittleData
from models.examples import ExamplePlan
from models.journey import Journey
from models.manifest import MANIFEST, read_manifest
from models.shelf import Shelf
from models.train import PUBLIC_UNTIL, train, window_end
from tests.models.town import SMALL, UNTIL, UNTIL_DAY, build_town


def quiet(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


def test_the_same_data_and_seed_give_the_same_bytes(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    train(town, tmp_path, UNTIL, 3, quiet, SMALL)
    for made in bundle_dir.iterdir():
        if made.name != MANIFEST:
            assert made.read_bytes() == (tmp_path / made.name).read_bytes(), made.name
    assert read_manifest(tmp_path)[0].files == read_manifest(bundle_dir)[0].files


def test_another_seed_gives_another_network(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    train(town, tmp_path, UNTIL, 4, quiet, SMALL)
    assert (tmp_path / "model.onnx").read_bytes() != (bundle_dir / "model.onnx").read_bytes()


def test_what_happens_after_the_window_changes_nothing_but_the_figures(
    bundle_dir: Path, tmp_path: Path
) -> None:
    shuffled = build_town(tmp_path / "town", shuffle_after_day=UNTIL_DAY)
    train(shuffled, tmp_path / "out", UNTIL, 3, quiet, SMALL)
    for name in ("model.onnx", "tables.npz", "golden.npz"):
        assert (tmp_path / "out" / name).read_bytes() == (bundle_dir / name).read_bytes(), name


def test_progress_rises_to_one(town: Path, tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    train(town, tmp_path, UNTIL, 3, lambda stage, done: heard.append((stage, done)), SMALL)
    parts = [done for _, done in heard]
    assert parts == sorted(parts)
    assert (parts[0], heard[-1]) == (0.0, ("done", 1.0))


def test_the_manifest_says_what_was_learnt_from(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert manifest.label == "town@2017.05.21"
    assert (manifest.trained_until, manifest.seed) == (UNTIL, 3)
    assert manifest.metrics["trips"] > 30
    assert manifest.metrics["ndcg_at_10"] > manifest.metrics["p_topfreq_25_ndcg_at_10"] - 0.05


def test_a_bundle_from_all_of_the_data_has_no_figures(town: Path, tmp_path: Path) -> None:
    manifest = train(town, tmp_path, None, 3, quiet, SMALL)
    assert manifest.metrics == {}
    assert "No trips after" in (tmp_path / "MODEL_CARD.md").read_text()
    assert open_bundle(tmp_path).items.keys.size


def test_a_window_without_a_fold_is_too_little(town: Path, tmp_path: Path) -> None:
    with pytest.raises(TooLittleData, match="days of trips"):
        train(town, tmp_path, date(2017, 1, 20), 3, quiet, SMALL)


def test_without_one_example_there_is_too_little(town: Path, tmp_path: Path) -> None:
    nothing = replace(SMALL, examples=ExamplePlan(trips_a_fold=0))
    with pytest.raises(TooLittleData, match="purchases to learn from"):
        train(town, tmp_path, UNTIL, 3, quiet, nothing)


def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"transactions\.parquet is not there"):
        train(tmp_path, tmp_path / "out", None, 3, quiet, SMALL)


def test_a_trained_bundle_passes_every_check(bundle_dir: Path, tmp_path: Path) -> None:
    assert Shelf(tmp_path).verify(bundle_dir).name == "town"


def test_the_public_data_stops_before_its_validation_weeks(journey: Journey) -> None:
    public = (PUBLIC_UNTIL - date(1970, 1, 1)).days
    assert window_end(journey, "completejourney", None) == public
    assert window_end(journey, "elsewhere", None) == journey.last_day
    assert window_end(journey, "completejourney", UNTIL) == UNTIL_DAY
