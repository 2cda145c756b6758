"""From raw baskets to a bundle: the same twice, in parity, and better than habit alone."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from models.bundle.manifest import CARD, MANIFEST, OFFERS, read_manifest
from models.bundle.signature import OWN_WORK
from models.errors import SourceUnreadable, TooLittleData
from models.serving.open_bundle import Bundle, open_bundle
from models.serving.verify import verify_bundle
from models.sources.journey import Journey
from models.sources.parquet import read_columns, write_columns
from models.sources.row_filter import NO_CARD
from models.training.examples import ExamplePlan
from models.training.train import PUBLIC_UNTIL, train, window_end
from tests.models.keys import TRUST
from tests.models.offers.coupon_town import build_coupon_town
from tests.models.town import (
    FUEL,
    SMALL,
    UNTIL,
    UNTIL_DAY,
    build_town,
    week_of,
    without_cards,
)

HASTY = replace(
    SMALL, folds=1, network=replace(SMALL.network, hidden=(8,), rounds=6, views_a_step=32)
)


def quiet(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


def changed_after_the_cut(folder: Path) -> Path:
    """The town with all six tables: what is bought, clipped, redeemed and promoted later is another."""
    build_coupon_town(folder, changed_after=UNTIL_DAY)
    names = ("product_id", "store_id", "week", "display_location", "mailer_location")
    told = read_columns(folder / "promotions.parquet", names)
    late = told["week"] > week_of(UNTIL_DAY)
    told["product_id"] = np.where(late, 247 - told["product_id"], told["product_id"])
    told["display_location"] = np.where(late, "AISLE 9", told["display_location"])
    write_columns(folder / "promotions.parquet", told)
    return folder


def the_same(one: Path, other: Path) -> None:
    """Every file that answers anything is the same; signature, figures and card may differ."""
    seals = {seal.name for seal in read_manifest(one)[0].files} - {CARD}
    assert seals == {seal.name for seal in read_manifest(other)[0].files} - {CARD}
    for name in seals:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_the_same_data_and_seed_give_the_same_bytes(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    train(town, tmp_path, UNTIL, 3, quiet, SMALL)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (bundle_dir / made.name).read_bytes(), made.name
    assert {file.name for file in tmp_path.iterdir()} >= {MANIFEST, CARD}


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
    the_same(tmp_path / "out", bundle_dir)


def test_neither_promotions_nor_coupons_after_the_window_change_a_score(
    tmp_path: Path,
) -> None:
    sources = (
        build_coupon_town(tmp_path / "as-it-was"),
        changed_after_the_cut(tmp_path / "changed"),
    )
    outs = [tmp_path / f"{source.name}-bundle" for source in sources]
    for source, out in zip(sources, outs, strict=True):
        train(source, out, UNTIL, 3, quiet, HASTY)
    assert (outs[0] / OFFERS).exists()
    the_same(*outs)


def test_a_source_without_promotions_is_learnt_from_all_the_same(tmp_path: Path) -> None:
    source = build_town(tmp_path / "town", promotions=False)
    train(source, tmp_path / "out", UNTIL, 3, quiet, HASTY)
    lifts = open_bundle(tmp_path / "out", OWN_WORK).tables.lifts
    assert not lifts.share.any()
    assert lifts.lift.tolist() == [[0]]


def test_a_quarter_of_sales_without_a_card_is_trained_on_as_nobody_s(
    town: Path, tmp_path: Path
) -> None:
    """Field case F19."""
    source = without_cards(town, tmp_path / "town")
    left_out: dict[str, int] = {}
    train(source, tmp_path / "out", UNTIL, 3, quiet, HASTY, on_left_out=left_out.update)
    rows = read_columns(source / "transactions.parquet", ["household_id", "product_id"])
    gaps = np.isnan(rows["household_id"]) & (rows["product_id"] < FUEL)
    assert gaps.sum() >= left_out[NO_CARD] > 0.24 * len(gaps)
    assert set(left_out) == {
        NO_CARD,
        "product-untyped",
        "product-not-goods",
        "quantity-not-positive",
    }
    plain = open_bundle(tmp_path / "out", OWN_WORK)
    assert len(plain.tables) > 40


def test_progress_rises_to_one(town: Path, tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    train(town, tmp_path, UNTIL, 3, lambda stage, done: heard.append((stage, done)), HASTY)
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
    manifest = train(town, tmp_path, None, 3, quiet, HASTY)
    assert manifest.metrics == {}
    assert "No trips after" in (tmp_path / "MODEL_CARD.md").read_text()
    assert open_bundle(tmp_path, OWN_WORK).items.keys.size


def test_a_window_without_a_fold_is_too_little(town: Path, tmp_path: Path) -> None:
    with pytest.raises(TooLittleData, match="days of trips"):
        train(town, tmp_path, date(2017, 1, 12), 3, quiet, SMALL)


def test_without_one_example_there_is_too_little(town: Path, tmp_path: Path) -> None:
    nothing = replace(SMALL, examples=ExamplePlan(trips_a_fold=0))
    with pytest.raises(TooLittleData, match="purchases"):
        train(town, tmp_path, UNTIL, 3, quiet, nothing)


def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"transactions\.parquet is not"):
        train(tmp_path, tmp_path / "out", None, 3, quiet, SMALL)


def test_a_trained_bundle_passes_every_check(bundle_dir: Path) -> None:
    assert verify_bundle(bundle_dir, TRUST).name == "town"


def test_the_public_data_stops_before_its_validation_weeks(journey: Journey) -> None:
    public = (PUBLIC_UNTIL - date(1970, 1, 1)).days
    assert window_end(journey, "completejourney", None) == public
    assert window_end(journey, "elsewhere", None) == journey.last_day
    assert window_end(journey, "completejourney", UNTIL) == UNTIL_DAY
