"""Each way in which a bundle can be wrong is refused by its own name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from models.bundle.manifest import Manifest, read_manifest, seal
from models.bundle.signature import OWN_WORK
from models.errors import BundleRefused
from models.features.features import FEATURES
from models.serving.open_bundle import open_bundle
from models.serving.verify import (
    INPUTS,
    OPERATORS,
    REASONS,
    check_golden,
    verify_bundle,
    write_golden,
)
from models.statistics.tables import read_tables
from tests.models.keys import TRUST

NARROW = write_golden(np.ones((2, 3), np.float32), np.ones(2, np.float32))


def resealed(folder: Path, **changes: object) -> None:
    """Write the manifest anew, so that only the intended promise is broken."""
    manifest, _ = read_manifest(folder)
    files = tuple(seal(one.name, (folder / one.name).read_bytes()) for one in manifest.files)
    (folder / "manifest.json").write_bytes(
        manifest.model_copy(update={"files": files, **changes}).to_bytes()
    )


def refusal(folder: Path) -> str:
    with pytest.raises(BundleRefused) as caught:
        verify_bundle(folder, OWN_WORK)
    assert caught.value.reason in REASONS
    return caught.value.reason


@pytest.fixture
def copy(bundle_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_dir, tmp_path / "copy"))


def change_graph(folder: Path, change: Callable[[Any], None]) -> None:
    model = onnx.load_model_from_string((folder / "model.onnx").read_bytes())
    change(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    resealed(folder)


def test_an_untouched_copy_is_accepted(copy: Path, bundle_dir: Path) -> None:
    assert verify_bundle(copy, TRUST) == verify_bundle(bundle_dir, TRUST)
    assert open_bundle(copy, TRUST).digest == open_bundle(bundle_dir, TRUST).digest


@pytest.mark.parametrize("name", ["model.onnx", "tables.npz", "golden.npz", "MODEL_CARD.md"])
def test_one_flipped_bit_anywhere_is_refused(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    for at in (0, len(data) // 2, len(data) - 1):
        flipped = bytearray(data)
        flipped[at] ^= 1
        (copy / name).write_bytes(flipped)
        assert refusal(copy) == "hash"


def test_a_missing_file_and_a_link_are_refused(copy: Path, bundle_dir: Path) -> None:
    (copy / "tables.npz").unlink()
    assert refusal(copy) == "file-missing"
    (copy / "tables.npz").symlink_to(bundle_dir / "tables.npz")
    assert refusal(copy) == "file-missing"
    assert refusal(copy / "nowhere") == "file-missing"


def test_a_file_longer_than_sealed_is_not_read_to_its_end(copy: Path) -> None:
    with (copy / "model.onnx").open("ab") as file:
        file.write(b"\0")
    assert refusal(copy) == "file-size"


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"name": "../up"},
        {"metrics": {"ndcg": "nan"}},
        {"surprise": 1},
        {"files": []},
        {"trained_until": "someday"},
    ],
)
def test_a_manifest_out_of_bounds_is_refused(copy: Path, change: dict[str, object]) -> None:
    manifest = json.loads((copy / "manifest.json").read_bytes())
    (copy / "manifest.json").write_text(json.dumps({**manifest, **change}))
    assert refusal(copy) == "manifest"


def test_a_manifest_that_is_no_json_or_too_long_is_refused(copy: Path) -> None:
    (copy / "manifest.json").write_bytes(b"\xff{")
    assert refusal(copy) == "manifest"
    (copy / "manifest.json").write_bytes(b" " * 100_000)
    assert refusal(copy) == "file-size"


def test_a_file_outside_the_four_is_not_sealed(copy: Path) -> None:
    manifest, _ = read_manifest(copy)
    resealed(copy)
    more = (*manifest.files, seal("extra.bin", b"x"))
    (copy / "manifest.json").write_bytes(manifest.model_copy(update={"files": more}).to_bytes())
    assert refusal(copy) == "manifest"


def test_the_sum_of_all_files_is_limited(copy: Path) -> None:
    manifest, _ = read_manifest(copy)
    large = tuple(one.model_copy(update={"size": 9 * 2**20}) for one in manifest.files)
    (copy / "manifest.json").write_bytes(
        manifest.model_copy(update={"files": large}).to_bytes()
    )
    assert refusal(copy) == "file-size"


def test_other_features_or_ports_are_refused(copy: Path) -> None:
    resealed(copy, features=FEATURES[:-1])
    assert refusal(copy) == "features"
    resealed(copy, features=FEATURES, inputs=(INPUTS[0].model_copy(update={"name": "x"}),))
    assert refusal(copy) == "ports"


def test_a_graph_that_is_none_is_refused(copy: Path) -> None:
    (copy / "model.onnx").write_bytes(b"not a graph at all")
    resealed(copy)
    assert refusal(copy) == "graph"


def test_weights_outside_the_file_are_refused(copy: Path) -> None:
    def outside(model: Any) -> None:
        tensor = model.graph.initializer[1]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "../../etc/passwd"

    change_graph(copy, outside)
    assert refusal(copy) == "external-data"


def test_weights_outside_the_file_in_a_node_are_refused(copy: Path) -> None:
    def outside(model: Any) -> None:
        tensor = helper.make_tensor("t", onnx.TensorProto.FLOAT, [1], [1.0])
        tensor.data_location = onnx.TensorProto.EXTERNAL
        model.graph.node[0].attribute.append(helper.make_attribute("value", tensor))

    change_graph(copy, outside)
    assert refusal(copy) == "external-data"


@pytest.mark.parametrize("domain", ["", "com.microsoft"])
def test_an_operator_or_domain_off_the_list_is_refused(copy: Path, domain: str) -> None:
    def stranger(model: Any) -> None:
        model.graph.node.append(helper.make_node("Loop", ["chances"], ["more"], domain=domain))

    change_graph(copy, stranger)
    assert refusal(copy) == "operator"


def test_a_subgraph_hidden_in_a_listed_operator_is_refused(copy: Path) -> None:
    def nested(model: Any) -> None:
        inner = helper.make_graph([], "inner", [], [])
        model.graph.node[0].attribute.append(helper.make_attribute("body", inner))

    change_graph(copy, nested)
    assert refusal(copy) == "operator"


def test_functions_in_the_file_are_refused(copy: Path) -> None:
    def function(model: Any) -> None:
        model.functions.append(
            helper.make_function("here", "F", ["x"], ["y"], [], [helper.make_opsetid("", 17)])
        )

    change_graph(copy, function)
    assert refusal(copy) == "operator"


def test_another_opset_is_refused(copy: Path) -> None:
    change_graph(copy, lambda model: model.opset_import.append(helper.make_opsetid("x", 1)))
    assert refusal(copy) == "opset"


def test_ports_that_differ_from_the_manifest_are_refused(copy: Path) -> None:
    def renamed(model: Any) -> None:
        model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE

    change_graph(copy, renamed)
    assert refusal(copy) == "ports"


def test_a_graph_that_cannot_run_is_refused(copy: Path) -> None:
    def cut(model: Any) -> None:
        del model.graph.node[1:3]

    change_graph(copy, cut)
    assert refusal(copy) == "graph"


def test_changed_weights_no_longer_give_the_golden_scores(copy: Path) -> None:
    def nudged(model: Any) -> None:
        weights = onnx.numpy_helper.to_array(model.graph.initializer[-1]) + np.float32(0.01)
        model.graph.initializer[-1].CopyFrom(
            onnx.numpy_helper.from_array(weights, model.graph.initializer[-1].name)
        )

    change_graph(copy, nudged)
    assert refusal(copy) == "golden"


def test_a_graph_that_scores_nan_is_refused(copy: Path) -> None:
    def poisoned(model: Any) -> None:
        tensor = model.graph.initializer[-1]
        poison = np.full(onnx.numpy_helper.to_array(tensor).shape, np.nan, np.float32)
        tensor.CopyFrom(onnx.numpy_helper.from_array(poison, tensor.name))

    change_graph(copy, poisoned)
    assert refusal(copy) == "not-finite"


@pytest.mark.parametrize("data", [b"", b"not a zip", NARROW])
def test_golden_rows_that_are_none_are_refused(copy: Path, data: bytes) -> None:
    (copy / "golden.npz").write_bytes(data or b"\0")
    resealed(copy)
    assert refusal(copy) == "golden"


def test_a_score_that_is_no_chance_is_refused() -> None:
    class Loud:
        def score(self, features: Any) -> Any:
            return np.full(len(features), 1.5, np.float32)

    golden = write_golden(np.zeros((2, len(FEATURES)), np.float32), np.ones(2, np.float32))
    with pytest.raises(BundleRefused, match="no chance"):
        check_golden(Loud(), golden)  # type: ignore[arg-type]  # a scorer that shouts


def test_tables_of_another_length_are_refused(copy: Path) -> None:
    resealed(copy, items=7)
    assert refusal(copy) == "tables"


def test_tables_that_are_no_archive_are_refused(copy: Path) -> None:
    (copy / "tables.npz").write_bytes(b"PK nothing")
    resealed(copy)
    assert refusal(copy) == "tables"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("stats", lambda array: array * np.nan),
        ("day", lambda array: array[:-1]),
        ("parts", lambda array: array.astype(np.float64)),
        ("kin", lambda array: array + 1000),
        ("lists", lambda array: array - 9),
        ("items_keys", lambda array: array[::-1]),
        ("items_category", lambda array: array + 99),
        ("items_type", lambda array: array.astype(np.int16)),
        ("centres", lambda array: array[:-1]),
        ("surprise", lambda array: array),
        ("worth", lambda _: np.array([object()])),
    ],
)
def test_tables_that_do_not_fit_together_are_refused(
    copy: Path, name: str, change: Callable[[Any], Any]
) -> None:
    path = copy / "tables.npz"
    with np.load(path) as archive:
        arrays = {key: archive[key] for key in archive.files}
    arrays[name] = change(arrays.get(name, np.zeros(1)))
    np.savez(path, **arrays)
    with pytest.raises(BundleRefused) as caught:
        read_tables(path.read_bytes())
    assert caught.value.reason == "tables"


def test_the_operators_we_write_are_among_those_we_accept(bundle_dir: Path) -> None:
    model = onnx.load(bundle_dir / "model.onnx")
    assert {node.op_type for node in model.graph.node} < OPERATORS
    onnx.checker.check_model(model, full_check=True)
    assert isinstance(verify_bundle(bundle_dir, TRUST), Manifest)
