"""What a graph's file is made of, looked at part by part before anything of it runs.

``serving.verify`` calls it on both graphs of a bundle; only then does ``scorer`` open a session on them.

Nothing outside the file, nothing but listed operators, no part that could repeat itself, and the size of every
array known beforehand: what passes can neither run for ever nor ask for more memory than is meant for it.
"""

import math
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NoReturn

import numpy as np

from models.bundle.manifest import TensorSpec
from models.errors import BundleRefused

# Rows of a batch that sizes are reckoned with; no store scores more at once.
ROWS = 1024

# All that a run may write, in numbers, at ROWS rows: 64 MiB as float32.
NUMBERS_MAX = 2**24

# Everything in the file but weights. A graph of a hundred nodes needs 10 kB; a parser unpacks empty parts to
# a hundred times their size, so they are counted before it sees them.
PLAIN_BYTES_MAX = 256 * 1024

# Our graphs have some twenty.
_NODES_MAX = 1_000
_DIMS_MAX = 8
_FORMATS = range(7, 14)
# model.graph, graph.initializer, tensor.raw_data: the field numbers on the way to weights.
_TO_WEIGHTS = (7, 5, 9)


def check_graph(
    data: bytes,
    *,
    opset: int,
    ports: tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]],
    operators: frozenset[str],
) -> None:
    """Check the file of a graph with these inputs and outputs. Raises ``BundleRefused``."""
    onnx: Any = import_module("onnx")
    decode_error: Any = import_module("google.protobuf.message").DecodeError
    _plain_bytes(memoryview(data), _TO_WEIGHTS)
    try:
        # From bytes: given a path, the library would fetch external weights by itself.
        model: Any = onnx.load_model_from_string(data)
    except decode_error as broken:
        raise BundleRefused(reason="graph", detail="not an ONNX file") from broken
    opsets = [(found.domain, found.version) for found in model.opset_import]
    # The one entry: a second domain would bring operators of its own.
    if opsets != [("", opset)] or model.ir_version not in _FORMATS:
        _refuse("opset", f"{opsets} in format {model.ir_version}, not opset {opset}")
    _check_parts(model, operators, onnx)
    if (_ports(model.graph.input), _ports(model.graph.output)) != ports:
        _refuse("ports", "the graph's ports are not the manifest's")
    _check_sizes(model)


def _plain_bytes(data: memoryview, way: tuple[int, ...]) -> int:
    """Bytes of ``data`` that are no weights, counted without unpacking anything."""
    plain = at = 0
    while at < len(data):
        began = at
        tag, at = _number(data, at)
        kind, field = tag & 7, tag >> 3
        size = {1: 8, 5: 4}.get(kind, 0)
        if kind == 2:  # noqa: PLR2004 - a part with its length before it
            size, at = _number(data, at)
        elif kind == 0:
            _, at = _number(data, at)
        # Groups, which ONNX does not use, and wire types that do not exist.
        elif not size:
            _refuse("graph", "not an ONNX file")
        body, at = data[at : at + size], at + size
        plain += at - began
        if kind == 2 and way and field == way[0]:  # noqa: PLR2004 - the wire type of nested messages
            plain -= size
            plain += _plain_bytes(body, way[1:]) if way[1:] else 0
        if plain > PLAIN_BYTES_MAX:
            _refuse("graph", f"more than {PLAIN_BYTES_MAX} bytes besides weights")
    if at > len(data):
        _refuse("graph", "the file ends too early")
    return plain


def _number(data: memoryview, at: int) -> tuple[int, int]:
    """The number at ``at`` in base 128, least digit first, and where it ends."""
    value = 0
    # Ten digits hold 64 bits; a number that goes on is none.
    for digit, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << 7 * digit
        if byte < 128:  # noqa: PLR2004 - the last digit
            return value, at + digit + 1
    raise BundleRefused(reason="graph", detail="not an ONNX file")


def _check_parts(model: Any, operators: frozenset[str], onnx: Any) -> None:  # noqa: ANN401  # onnx is untyped
    graph = model.graph
    # Their nodes and weights stand where the checks below do not look.
    if model.functions or graph.sparse_initializer or model.training_info:
        _refuse("operator", "functions, sparse or training parts")
    if len(graph.node) > _NODES_MAX:
        _refuse("graph", f"{len(graph.node)} nodes")
    # A declared size would be believed where ``_check_sizes`` can reckon none.
    if graph.value_info or graph.quantization_annotation:
        _refuse("graph", "it declares values that no ranker here declares")
    for tensor in _tensors(graph):
        _check_tensor(tensor, onnx)
    for node in graph.node:
        _check_node(node, operators, onnx)


def _tensors(graph: Any) -> Iterator[Any]:  # noqa: ANN401  # onnx is untyped
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _check_tensor(tensor: Any, onnx: Any) -> None:  # noqa: ANN401  # onnx is untyped
    """Inside the file, exactly as many bytes as it declares, every number finite."""
    name = f"tensor {tensor.name[:64]!r}"
    if tensor.external_data or tensor.data_location != onnx.TensorProto.DEFAULT:
        _refuse("external-data", name)
    kinds: dict[int, np.dtype[Any]] = {
        onnx.TensorProto.FLOAT: np.dtype("<f4"),
        onnx.TensorProto.INT64: np.dtype("<i8"),
        onnx.TensorProto.INT32: np.dtype("<i4"),
        onnx.TensorProto.BOOL: np.dtype("?"),
    }
    kind = kinds.get(tensor.data_type)
    dims = tuple(tensor.dims)
    if kind is None or len(dims) > _DIMS_MAX or min(dims, default=0) < 0:
        _refuse("graph", f"{name} is of a kind or shape that no ranker here needs")
    # Numbers that stand elsewhere than in raw_data leave it empty, and are refused here too.
    if math.prod(dims) * kind.itemsize != len(tensor.raw_data):
        _refuse("graph", f"{name} has another size than it declares")
    if not np.isfinite(np.frombuffer(tensor.raw_data, kind)).all():
        _refuse("not-finite", name)


def _check_node(node: Any, operators: frozenset[str], onnx: Any) -> None:  # noqa: ANN401  # onnx is untyped
    if node.domain or node.op_type not in operators:
        _refuse("operator", f"{node.domain[:64]}:{node.op_type[:64]}")
    kinds = onnx.AttributeProto
    nested = (kinds.GRAPH, kinds.GRAPHS, kinds.SPARSE_TENSOR, kinds.SPARSE_TENSORS)
    for attribute in node.attribute:
        # The type is only what the attribute says of itself, so what it holds is looked at as well.
        parts = (attribute.HasField("g"), attribute.graphs, attribute.HasField("sparse_tensor"))
        if attribute.type in nested or any(parts) or attribute.sparse_tensors:
            _refuse("operator", f"{node.op_type} holds a subgraph or sparse weights")


def _ports(values: Any) -> tuple[TensorSpec, ...]:  # noqa: ANN401  # onnx is untyped
    """The graph's own ports; one that is no float32 tensor gives a shape no manifest declares."""
    found: list[TensorSpec] = []
    for value in values:
        tensor = value.type.tensor_type
        sizes = [part.dim_param or int(part.dim_value) for part in tensor.shape.dim]
        shape = tuple(sizes) if tensor.elem_type == 1 and sizes else ("not-float32",)
        # Not validated: an odd name must differ from the manifest's, and not fail in its own way.
        found.append(TensorSpec.model_construct(name=value.name, kind="float32", shape=shape))
    return tuple(found)


def _check_sizes(model: Any) -> None:  # noqa: ANN401  # onnx is untyped
    """Reckon every array that a run would write, before it is run."""
    inference: Any = import_module("onnx.shape_inference")
    # Without the empty name, which every dimension bears that is a plain number.
    free = {part.dim_param for port in model.graph.input for part in _dims(port)} - {""}
    try:
        told: Any = inference.infer_shapes(model, check_type=True, strict_mode=True)
    except (inference.InferenceError, RuntimeError, ValueError) as broken:
        raise BundleRefused(reason="graph", detail=_brief(broken)) from broken
    known = {
        value.name: _numbers(value, free)
        for value in (*told.graph.value_info, *told.graph.output)
        if value.type.tensor_type.HasField("shape")
    }
    total = 0
    for name in (name for node in told.graph.node for name in node.output if name):
        numbers = known.get(name)
        if numbers is None:
            _refuse("graph", f"the size of {name[:64]!r} is not known beforehand")
        total += numbers
        if total > NUMBERS_MAX:
            _refuse("graph", f"more than {NUMBERS_MAX} numbers at {ROWS} rows")


def _numbers(value: Any, free: set[str]) -> int | None:  # noqa: ANN401  # onnx is untyped
    """How many numbers the array holds at ``ROWS`` rows; None if that depends on what it is given."""
    total = 1
    for part in _dims(value):
        if part.dim_param in free:
            total *= ROWS
        elif part.HasField("dim_value") and part.dim_value >= 0:
            total *= part.dim_value
        else:
            return None
    return total


def _dims(value: Any) -> Any:  # noqa: ANN401  # onnx is untyped
    return value.type.tensor_type.shape.dim


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _refuse(reason: str, detail: str) -> NoReturn:
    raise BundleRefused(reason=reason, detail=detail)
