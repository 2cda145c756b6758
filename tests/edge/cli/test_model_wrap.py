from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models.features.features import FEATURES
from models.serving.registry import SHIPPED_BUNDLE
from tests.edge.cli.conftest import Cli
from tests.edge.cli.test_model_signing import own_key
from tests.models.training.own_models import everything, logistic


def test_an_own_model_becomes_a_bundle_that_a_store_takes(
    cli: Cli, store: Path, tmp_path: Path
) -> None:
    own_key(tmp_path)
    (tmp_path / "own.onnx").write_bytes(
        everything((SHIPPED_BUNDLE / "model.onnx").read_bytes())
    )
    words = ("models", "wrap", tmp_path / "own.onnx", "--out", tmp_path / "b")
    said = cli(*words, "--bundle", SHIPPED_BUNDLE, "--name", "ours", "--json").document
    assert said["model"].startswith("ours@")
    assert said["parity"] <= 1e-5
    assert said["candidates"] == 317
    assert 0 < said["p50_ms"] <= said["p99_ms"]
    assert cli("models", "verify", tmp_path / "b").code == 0
    used = cli("models", "activate", tmp_path / "b", "--dir", store, "--json").document
    assert used["judgement"]["fault"] is None


def test_the_example_of_the_documentation_runs_and_is_good_enough(
    cli: Cli, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_key(tmp_path)
    text = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
    chapter = text.split("## Bring your own model")[1]
    example = chapter.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "-c", example], check=True)  # noqa: S603 - our own page
    words = ("models", "wrap", "own.onnx", "--out", "counted", "--bundle", SHIPPED_BUNDLE)
    said = cli(*words, "--json")
    assert said.code == 0, said.err
    assert cli("models", "activate", "counted", "--dir", store).code == 0


def test_what_a_model_may_take_is_named(cli: Cli) -> None:
    said = cli("models", "features", "--json").document
    assert tuple(said["features"]) == FEATURES
    assert "bought_0" in said["raw_history"]
    assert cli("models", "features").out.startswith(FEATURES[0])


def test_a_model_that_cannot_be_wrapped_is_one_sentence_and_its_mend(
    cli: Cli, tmp_path: Path
) -> None:
    own_key(tmp_path)
    (tmp_path / "own.onnx").write_bytes(logistic())
    words = ("models", "wrap", tmp_path / "own.onnx", "--out", tmp_path / "b")
    said = cli(*words, "--bundle", SHIPPED_BUNDLE)
    assert said.code == 1
    assert "takes 3 columns" in said.err
    assert "mend: " in said.err
    assert cli(*words).code == 2
