"""Everything that must hold before a bundle may answer for a store.

The bytes whose hash was checked are the bytes that are opened: nothing is read twice.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import BundleRefused
from models.features import FEATURES
from models.manifest import (
    BYTES_MAX,
    GOLDEN,
    GRAPH,
    SEALED,
    TABLES,
    Manifest,
    Port,
    digest_of,
    read_manifest,
    read_plain,
)
from models.scorer import Scorer
from models.tables import Floats, Tables, read_tables

INPUTS = (Port(name="features", shape=("n", len(FEATURES))),)
OUTPUTS = (Port(name="chance", shape=("n",)),)
OPERATORS = frozenset({"Add", "Concat", "Gemm", "Log", "Relu", "Sigmoid", "Split", "Squeeze"})

REASONS = {
    "manifest": "manifest.json is not a manifest",
    "file-missing": "a sealed file is absent or a link",
    "file-size": "a file or the whole bundle is larger than allowed",
    "hash": "a file is not the one that was sealed",
    "features": "the bundle was made for other features",
    "ports": "inputs or outputs differ from the manifest or from what the service feeds",
    "graph": "the graph cannot be parsed or run",
    "external-data": "the graph wants weights from outside the file",
    "operator": "an operator, domain, function or subgraph that no ranker here needs",
    "opset": "the graph's opset is not the manifest's",
    "tables": "the tables cannot be read or do not fit together",
    "golden": "the graph does not give the scores it gave when it was made",
    "not-finite": "a score is NaN, infinite or no chance",
}

# Parity between trainer and runtime; another CPU may round a little differently.
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A bundle that holds all its promises, opened."""

    manifest: Manifest
    digest: str
    tables: Tables
    scorer: Scorer


def verify_bundle(folder: Path) -> Manifest:
    """Check the bundle in ``folder``. Raises ``BundleRefused`` with one of ``REASONS``."""
    return check_bundle(folder).manifest


def check_bundle(folder: Path) -> Checked:
    """Read, check and open in one pass. Raises ``BundleRefused`` with one of ``REASONS``."""
    manifest, data = read_manifest(folder)
    files = _sealed_files(folder, manifest)
    if manifest.features != FEATURES:
        raise BundleRefused(reason="features", detail="not the service's features", path=folder)
    if manifest.inputs != INPUTS or manifest.outputs != OUTPUTS:
        raise BundleRefused(reason="ports", detail="not the service's ports", path=folder)
    check_graph(files[GRAPH], manifest)
    tables = read_tables(files[TABLES])
    if len(tables) != manifest.items:
        raise BundleRefused(reason="tables", detail="another number of items", path=folder)
    scorer = Scorer(files[GRAPH])
    check_golden(scorer, files[GOLDEN])
    return Checked(manifest=manifest, digest=digest_of(data), tables=tables, scorer=scorer)


def _sealed_files(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    names = [sealed.name for sealed in manifest.files]
    if sorted(names) != sorted(SEALED):
        raise BundleRefused(
            reason="manifest",
            detail=f"seals {', '.join(names)}, not {', '.join(SEALED)}",
            path=folder,
        )
    if sum(sealed.size for sealed in manifest.files) > BYTES_MAX:
        raise BundleRefused(
            reason="file-size", detail=f"more than {BYTES_MAX} bytes", path=folder
        )
    files: dict[str, bytes] = {}
    for sealed in manifest.files:
        data = read_plain(folder / sealed.name, limit=sealed.size)
        if hashlib.sha256(data).hexdigest() != sealed.sha256:
            raise BundleRefused(reason="hash", detail=f"{sealed.name} was changed", path=folder)
        files[sealed.name] = data
    return files


def check_graph(data: bytes, manifest: Manifest) -> None:
    """Only known operators, nothing from outside, the declared ports. Raises ``BundleRefused``."""
    onnx: Any = import_module("onnx")
    decode_error: Any = import_module("google.protobuf.message").DecodeError
    try:
        model: Any = onnx.load_model_from_string(data)
    except decode_error as broken:
        raise BundleRefused(reason="graph", detail="not an ONNX file") from broken
    opsets = {found.domain: found.version for found in model.opset_import}
    if opsets != {"": manifest.opset}:
        raise BundleRefused(reason="opset", detail=f"{opsets}, not {manifest.opset}")
    if model.functions or model.graph.sparse_initializer or model.training_info:
        raise BundleRefused(reason="operator", detail="functions, sparse or training parts")
    for tensor in _tensors(model):
        if tensor.external_data or tensor.data_location != onnx.TensorProto.DEFAULT:
            raise BundleRefused(reason="external-data", detail=f"tensor {tensor.name!r}")
    for node in model.graph.node:
        _check_node(node, onnx)
    if (
        _ports(model.graph.input) != manifest.inputs
        or _ports(model.graph.output) != manifest.outputs
    ):
        raise BundleRefused(reason="ports", detail="the graph's ports are not the manifest's")


def _check_node(node: Any, onnx: Any) -> None:  # noqa: ANN401  # onnx is untyped
    if node.domain or node.op_type not in OPERATORS:
        raise BundleRefused(reason="operator", detail=f"{node.domain}:{node.op_type}")
    nested = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
    if any(attribute.type in nested for attribute in node.attribute):
        raise BundleRefused(reason="operator", detail=f"{node.op_type} holds a subgraph")


def _tensors(model: Any) -> Iterator[Any]:  # noqa: ANN401  # onnx is untyped
    yield from model.graph.initializer
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _ports(values: Any) -> tuple[Port, ...]:  # noqa: ANN401  # onnx is untyped
    """The graph's own ports; one that is no float32 tensor gives a shape no manifest declares."""
    found: list[Port] = []
    for value in values:
        tensor = value.type.tensor_type
        sizes = [part.dim_param or int(part.dim_value) for part in tensor.shape.dim]
        shape = tuple(sizes) if tensor.elem_type == 1 and sizes else ("not-float32",)
        found.append(Port.model_construct(name=value.name, kind="float32", shape=shape))
    return tuple(found)


def check_golden(scorer: Scorer, data: bytes) -> None:
    """The golden rows still get their scores, and every score is a chance."""
    features, chances = _read_golden(data)
    scored = scorer.score(features)
    if scored.shape != chances.shape or not np.isfinite(scored).all():
        raise BundleRefused(reason="not-finite", detail="a golden row has no finite score")
    if scored.min() < 0 or scored.max() > 1:
        raise BundleRefused(reason="not-finite", detail="a golden score is no chance")
    worst = float(np.abs(scored - chances).max())
    if worst > TOLERANCE:
        raise BundleRefused(reason="golden", detail=f"scores differ by {worst:.2g}")


def _read_golden(data: bytes) -> tuple[Floats, Floats]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            features: npt.NDArray[np.generic] = archive["features"]
            chances: npt.NDArray[np.generic] = archive["chances"]
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as broken:
        raise BundleRefused(reason="golden", detail=str(broken)) from broken
    if features.shape != (len(chances), len(FEATURES)) or not len(chances):
        raise BundleRefused(reason="golden", detail="no golden rows for these features")
    return features.astype(np.float32), chances.astype(np.float32)


def write_golden(features: Floats, chances: Floats) -> bytes:
    """The golden file: rows and the trainer's own scores of them."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, features=features, chances=chances)
    return file.getvalue()
