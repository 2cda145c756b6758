from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.storage.connection import open_connection
from edge.storage.operations import command_notifications
from models.bundle.manifest import Manifest, read_manifest
from models.bundle.signature import key_id
from models.evaluation import tune as tuning
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry
from models.sources.parquet import read_columns, write_columns
from models.training.counting import COUNTINGS
from models.training.train import TrainPlan, train
from tests.edge.cli.conftest import Cli
from tests.edge.cli.test_model_signing import own_key
from tests.models.keys import KEY, signed, trusting
from tests.models.town import SMALL, UNTIL, build_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def bundles(town: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two bundles of one town, by two seeds."""
    out = tmp_path_factory.mktemp("bundles")
    for seed in (3, 4):
        train(town, out / str(seed), UNTIL, seed, lambda _s, _d: None, SMALL)
        signed(out / str(seed))
    return out / "3", out / "4"


def test_a_bundle_is_learnt_from_raw_baskets(
    cli: Cli, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning_in_seconds(monkeypatch, SMALL)
    words = ("models", "train", "--data", town, "--out", tmp_path / "b", "--until", UNTIL)
    said = cli(*words, "--json")
    assert said.code == 0
    assert said.document["trained_until"] == str(UNTIL)
    assert "made a key" in said.err
    assert (
        said.document["signed_by"]
        == cli("models", "verify", tmp_path / "b", "--json").document["signed_by"]
    )
    assert (tmp_path / "b" / "manifest.json").is_file()
    assert "town@2017.05.21 is in" in cli(*words).out


def learning_in_seconds(monkeypatch: pytest.MonkeyPatch, short: TrainPlan) -> None:
    """The command learns as the town's tests do."""

    def learn(*given: Any, **options: Any) -> Manifest:
        # The command's own plan would take minutes.
        assert options["plan"].tables.trips_min == 20
        return train(*given, **{**options, "plan": short})

    monkeypatch.setattr(import_module("edge.cli.model_training"), "learn", learn)


def test_what_loses_to_counting_is_told_and_ends_with_a_code_of_its_own(
    cli: Cli, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_key(tmp_path)
    ruined = replace(SMALL, network=replace(SMALL.network, rounds=1, rate=3.0))
    learning_in_seconds(monkeypatch, ruined)
    words = ("models", "train", "--data", town, "--out", tmp_path / "b", "--until", UNTIL)
    said = cli(*words, "--json")
    assert said.code == 3
    assert said.document["answer"] in COUNTINGS
    assert said.document["answer"] in said.err
    # It is signed and fit for use all the same: counting is a good answer.
    assert cli("models", "verify", tmp_path / "b").code == 0


def test_data_that_is_not_there_is_one_sentence(cli: Cli, tmp_path: Path) -> None:
    said = cli("models", "train", "--data", tmp_path / "none", "--out", tmp_path / "b")
    assert said.code == 1
    assert "transactions.parquet" in said.err


def test_tables_of_text_in_other_columns_are_learnt_from_and_judged(
    cli: Cli, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning_in_seconds(monkeypatch, SMALL)
    shop = tmp_path / "corner-shop"
    shop.mkdir()
    names = ("household_id", "product_id", "quantity", "sales_value", "transaction_timestamp")
    columns = read_columns(town / "transactions.parquet", names)
    columns["transaction_timestamp"] = columns["transaction_timestamp"].astype("datetime64[s]")
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    (shop / "sold.csv").write_text(
        "card;sku;n;paid;at\n"
        + "".join(
            f"{who};{sku};{n};{paid};{at:%d/%m/%Y %H:%M}\n" for who, sku, n, paid, at in rows
        )
    )
    map_ = tmp_path / "map.toml"
    map_.write_text(
        """
utc_offset_hours = -5
[transactions]
file = "sold.csv"
date_format = "%d/%m/%Y %H:%M"
[transactions.columns]
household_id = "card"
product_id = "sku"
quantity = "n"
sales_value = "paid"
transaction_timestamp = "at"
"""
    )
    told = ("--data", shop, "--columns", map_)
    said = cli("models", "train", *told, "--out", tmp_path / "b", "--until", UNTIL, "--json")
    # So few days and no types: whether what was learnt beats counting is not what is tried here.
    assert said.code in {0, 3}
    assert "quantity-not-positive" in said.err
    assert read_manifest(tmp_path / "b")[0].source == "corner-shop"
    judged = cli("models", "evaluate", *told, "--bundle", tmp_path / "b", "--json")
    assert judged.code == 0
    assert judged.document["source"] == "corner-shop"
    assert judged.document["types"]["trips"] > 20


def test_a_map_that_is_none_is_one_sentence(cli: Cli, town: Path, tmp_path: Path) -> None:
    words = ("models", "train", "--data", town, "--out", tmp_path / "b")
    said = cli(*words, "--columns", "tafeng")
    assert said.code == 1
    assert "dunnhumby, instacart, online-retail" in said.err


def test_a_bundle_is_judged(cli: Cli, town: Path, bundles: tuple[Path, Path]) -> None:
    words = ("models", "evaluate", "--data", town, "--bundle", bundles[0], "--weeks", 22, 23)
    found = cli(*words, "--json").document
    assert found["weeks"] == [22, 23]
    assert 0 < found["ranker"]["ndcg_at_10"]["mean"] <= 1
    assert found["left_out"]["product-not-goods"] > 0
    assert "NDCG@10" in cli(*words).out


def test_a_bundle_is_judged_as_if_nobody_told_promotions_and_store(
    cli: Cli, town: Path, bundles: tuple[Path, Path]
) -> None:
    words = ("models", "evaluate", "--data", town, "--bundle", bundles[0], "--json")
    told, untold = cli(*words).document, cli(*words, "--untold").document
    assert (told["promotions_and_store_told"], untold["promotions_and_store_told"]) == (
        True,
        False,
    )
    assert told["items_a_trip"] == untold["items_a_trip"]
    # In the town what is promoted is bought more.
    assert untold["ranker"]["ndcg_at_10"]["mean"] < told["ranker"]["ndcg_at_10"]["mean"]


def test_a_judgement_can_be_had_as_a_page(
    cli: Cli, town: Path, bundles: tuple[Path, Path], tmp_path: Path
) -> None:
    days = ("--from", "2017-05-22", "--until", "2017-06-04")
    words = ("models", "evaluate", "--data", town, "--bundle", bundles[0], *days)
    said = cli(*words, "--report", tmp_path / "page")
    assert "report.html" in said.out
    assert (tmp_path / "page" / "report.html").read_text().startswith("<!doctype html>")


def test_days_that_were_learnt_from_cannot_judge(
    cli: Cli, town: Path, bundles: tuple[Path, Path]
) -> None:
    words = ("models", "evaluate", "--data", town, "--bundle", bundles[0])
    said = cli(*words, "--from", "2017-04-01", "--until", "2017-04-20")
    assert said.code == 1
    assert "cannot judge" in said.err


def test_the_best_settings_of_the_published_methods_are_told(
    cli: Cli, town: Path, bundles: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "TIFU_AXES", {"own": (0.1, 0.9)})
    monkeypatch.setattr(tuning, "UP_AXES", {"recent": (5,)})
    monkeypatch.setattr(tuning, "COSINE_AXES", {"habits": (0.1,)})
    words = ("models", "tune", "--data", town, "--bundle", bundles[0], "--weeks", 22, 23)
    found = cli(*words, "--json").document
    assert found["trials"] == 4
    assert [one["method"] for one in found["best"]] == ["tifu-knn", "up-cf", "item-cosine"]
    said = cli(*words).out
    assert f"NDCG@10 {found['best'][0]['ndcg']:.4f}" in said
    assert "recent                     5" in said


def test_settings_are_not_chosen_on_days_that_were_learnt_from(
    cli: Cli, town: Path, bundles: tuple[Path, Path]
) -> None:
    words = ("models", "tune", "--data", town, "--bundle", bundles[0])
    said = cli(*words, "--from", "2017-04-01", "--until", "2017-04-20")
    assert said.code == 1
    assert "cannot judge" in said.err


def test_predictions_are_written_for_whoever_judges_them(
    cli: Cli, town: Path, bundles: tuple[Path, Path], tmp_path: Path
) -> None:
    targets, out = tmp_path / "targets.parquet", tmp_path / "out.parquet"
    write_columns(
        targets,
        {"household_id": np.array([1, 2]), "as_of": np.array(["2017-05-25"] * 2, "M8[s]")},
    )
    words = ("models", "evaluate", "--data", town, "--bundle", bundles[0])
    said = cli(*words, "--targets", targets, "--predictions", out, "--json")
    assert said.document["targets"] == 2
    assert read_columns(out, ["rank"])["rank"][0] == 1


def test_a_bundle_is_refreshed_with_newer_counts(
    cli: Cli, town: Path, bundles: tuple[Path, Path], tmp_path: Path
) -> None:
    own_key(tmp_path)
    words = ("models", "refresh", "--data", town, "--bundle", bundles[0])
    said = cli(*words, "--until", "2017-06-04", "--out", tmp_path / "newer", "--json")
    assert said.document["trained_until"] == "2017-06-04"
    assert cli("models", "verify", tmp_path / "newer").code == 0


def test_another_grocer_s_network_ranks_this_one_s_own_items(
    cli: Cli, town: Path, bundles: tuple[Path, Path], tmp_path: Path
) -> None:
    own_key(tmp_path)
    words = ("models", "refresh", "--data", town, "--bundle", bundles[0], "--min-trips", 250)
    said = cli(*words, "--out", tmp_path / "foreign", "--json").document
    before = read_manifest(bundles[0])[0]
    assert 0 < said["items"] < before.items
    assert said["metrics"] == {}
    assert cli("models", "verify", tmp_path / "foreign").code == 0


def test_counting_a_chain_needs_its_last_day(cli: Cli, town: Path, tmp_path: Path) -> None:
    own_key(tmp_path)
    words = ("models", "train", "--data", town, "--out", tmp_path / "b")
    said = cli(*words, "--chain", tmp_path / "work")
    assert said.code == 2
    assert "--until" in said.err


def test_a_sound_bundle_is_verified(
    cli: Cli, bundles: tuple[Path, Path], tmp_path: Path
) -> None:
    own_key(tmp_path)
    said = cli("models", "verify", bundles[0], "--json").document
    assert (said["verified"], said["signed_by"]) == (True, key_id(KEY.public_key()))
    assert "all its promises" in cli("models", "verify", bundles[0]).out


def test_a_store_verifies_by_its_own_keys(
    cli: Cli, store: Path, bundles: tuple[Path, Path], tmp_path: Path
) -> None:
    own_key(tmp_path)
    words = ("models", "verify", bundles[0], "--dir", store)
    said = cli(*words)
    assert (said.code, said.out) == (1, "")
    assert "models trust KEY.pub" in said.err
    trusting(store)
    assert cli(*words).code == 0


def test_the_runtime_reports_its_use_to_nobody(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "edge", "models", "verify", str(SHIPPED_BUNDLE)]
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    home.pop("ORT_DISABLE_TELEMETRY", None)
    home.pop("XDG_CONFIG_HOME", None)
    subprocess.run(words, check=True, capture_output=True, env=home)  # noqa: S603 - our own
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_bundle_is_refused(cli: Cli, tmp_path: Path) -> None:
    said = cli("models", "verify", tmp_path, "--json")
    assert (said.code, said.out) == (1, "")
    assert "bundle refused" in said.err


def test_a_model_is_put_in_use_and_taken_back(
    cli: Cli, store: Path, bundles: tuple[Path, Path]
) -> None:
    trusting(store)
    first, second = (
        cli("models", "activate", b, "--dir", store, "--json").document["active"]
        for b in bundles
    )
    rows = cli("models", "list", "--dir", store, "--json").document["models"]
    assert [row["digest"] for row in rows if row["active"]] == [second]
    assert cli("models", "rollback", "--dir", store).out.endswith(" is in use\n")
    active = BundleRegistry(store / "models").active()
    assert active is not None
    assert active.name == first
    assert "* town@2017.05.21" in cli("models", "list", "--dir", store).out


def test_an_older_model_is_put_in_use_only_if_that_is_said(
    cli: Cli, store: Path, bundles: tuple[Path, Path]
) -> None:
    trusting(store)
    # What ships was learnt from a year that is later than the town's.
    BundleRegistry(store / "models").activate(SHIPPED_BUNDLE)
    words = ("models", "activate", bundles[0], "--dir", store)
    said = cli(*words)
    assert said.code == 1
    assert "bundle refused (older)" in said.err
    assert "activate --older" in said.err
    assert cli(*words, "--older").code == 0


def test_a_damaged_bundle_is_listed_with_its_reason(cli: Cli, store: Path) -> None:
    active = BundleRegistry(store / "models").activate(SHIPPED_BUNDLE)
    (active / "model.onnx").write_bytes(b"")
    (row,) = cli("models", "list", "--dir", store, "--json").document["models"]
    assert (row["active"], row["refused"], row["model"]) == (True, "hash", "damaged (hash)")
    assert "* damaged (hash)" in cli("models", "list", "--dir", store).out


def test_a_running_service_is_told_of_the_change(
    cli: Cli, store: Path, bundles: tuple[Path, Path]
) -> None:
    trusting(store)
    cli("models", "activate", bundles[0], "--dir", store, "--older")
    with closing(open_connection(store / "storeside.db")) as conn:
        assert [what.value for _, what, _ in command_notifications.since(conn, 0)] == ["model"]


def test_a_shelf_without_an_earlier_bundle_cannot_go_back(cli: Cli, shop: Path) -> None:
    (shop / "models" / "active.json").unlink(missing_ok=True)
    said = cli("models", "rollback", "--dir", shop)
    assert (said.code, said.out) == (1, "")
    assert "the shelf" in said.err
