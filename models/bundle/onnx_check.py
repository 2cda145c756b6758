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
from models.bundle.tree_check import DOMAIN, check_learner
from models.errors import BundleRefused

# Rows of a batch that sizes are reckoned with; no store scores more at once.
ROWS = 1024

# All that a run may write, in numbers, at ROWS rows: 64 MiB as float32.
NUMBERS_MAX = 2**24

# Everything in the file but weights. A graph of a hundred nodes needs 10 kB; a parser unpacks empty parts to
# a hundred times their size, so they are counted before it sees them.
PLAIN_BYTES_MAX = 256 * 1024

# Numbers and words of tree ensembles, which stand between the nodes and not among the weights.
TREE_BYTES_MAX = 6 * 1024 * 1024

# Multiplications of one product of matrices: about a second, and nothing stops the runtime inside one.
_PRODUCTS_MAX = 2**32

# Our graphs have some twenty.
_NODES_MAX = 1_000
_DIMS_MAX = 8
# What one number takes, and two sizes.
_ROWS_BY_COLUMNS = 3
_FLOAT, _INT64 = 1, 7
_FORMATS = range(7, 14)
# Of trees and linear models; a later one holds trees in another form.
_LEARNER_OPSETS = (1, 2, 3)
# model.graph, graph.initializer, tensor.raw_data: the field numbers on the way to weights.
_TO_WEIGHTS = ((7,), (5,), (9,))
# model.graph, graph.node, node.attribute, its floats, ints and strings.
_TO_TREES = ((7,), (1,), (5,), (7, 8, 9))
# FLOAT, INT32, INT64, BOOL, DOUBLE; what a number of each takes of those of NUMBERS_MAX.
_KINDS = {1: 1, 6: 1, 7: 2, 9: 1, 11: 2}


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
    _check_bytes(memoryview(data))
    try:
        # From bytes: given a path, the library would fetch external weights by itself.
        model: Any = onnx.load_model_from_string(data)
    except decode_error as broken:
        raise BundleRefused(reason="graph", detail="not an ONNX file") from broken
    opsets = [(found.domain, found.version) for found in model.opset_import]
    # No other domain, which would bring operators of its own.
    learners = [(DOMAIN, version) for version in _LEARNER_OPSETS]
    known = opsets[:1] == [("", opset)] and opsets[1:] in [[], *([one] for one in learners)]
    if not known or model.ir_version not in _FORMATS:
        _refuse("opset", f"{opsets} in format {model.ir_version}, not opset {opset}")
    _check_parts(model, operators, onnx)
    if (_ports(model.graph.input), _ports(model.graph.output)) != ports:
        _refuse("ports", "the graph's ports are not the manifest's")
    _check_sizes(model)


def _check_bytes(data: memoryview) -> None:
    """Not too many bytes that a parser unpacks to a multiple of their size."""
    without_weights = _bytes_beside(data, _TO_WEIGHTS, PLAIN_BYTES_MAX + TREE_BYTES_MAX)
    trees = len(data) - _bytes_beside(data, _TO_TREES, len(data))
    if trees > TREE_BYTES_MAX or without_weights - trees > PLAIN_BYTES_MAX:
        _refuse("graph", f"more than {PLAIN_BYTES_MAX} bytes besides weights")


def _bytes_beside(data: memoryview, way: tuple[tuple[int, ...], ...], limit: int) -> int:
    """Bytes of ``data`` that are not at the end of ``way``, counted without unpacking anything."""
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
        plain += _beside_way(at - began, kind, field, body, way, limit)
        if plain > limit:
            _refuse("graph", f"more than {limit} bytes besides weights")
    if at > len(data):
        _refuse("graph", "the file ends too early")
    return plain


def _beside_way(
    spent: int,
    kind: int,
    field: int,
    body: memoryview,
    way: tuple[tuple[int, ...], ...],
    limit: int,
) -> int:
    """Of ``spent`` bytes of one part those that are not at the end of ``way``."""
    if field not in way[0]:
        return spent
    if not way[1:]:
        # Of words the marks before them count: a million empty ones would be unpacked to forty.
        return spent - len(body) if kind == 2 else 0  # noqa: PLR2004 - a part with its length before it
    if kind != 2:  # noqa: PLR2004 - as above
        return spent
    return spent - len(body) + _bytes_beside(body, way[1:], limit)


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
        onnx.TensorProto.DOUBLE: np.dtype("<f8"),
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
    if operator_of(node) not in operators:
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


def operator_of(node: Any) -> str:  # noqa: ANN401  # onnx is untyped
    """A node's operator, with its domain before it where that is not ONNX's own."""
    return f"{node.domain}:{node.op_type}" if node.domain else str(node.op_type)


def _check_sizes(model: Any) -> None:  # noqa: ANN401  # onnx is untyped
    """Reckon every array that a run with ``ROWS`` rows would write, before it is run."""
    fixed = _with_rows(model)
    known = _inferred(fixed)
    for node in fixed.graph.node:
        if node.domain == DOMAIN:
            known = _with_learner(fixed, node, known)
    written = [name for node in fixed.graph.node for name in node.output if name]
    for name in written:
        if name not in known:
            _refuse("graph", f"the size of {name[:64]!r} is not known beforehand")
    if sum(math.prod(known[name]) for name in written) > NUMBERS_MAX:
        _refuse("graph", f"more than {NUMBERS_MAX} numbers at {ROWS} rows")
    for node in fixed.graph.node:
        _check_product(node, known)


def _with_rows(model: Any) -> Any:  # noqa: ANN401  # onnx is untyped
    """A copy that takes exactly ``ROWS`` rows, so that every size is a number."""
    fixed = type(model)()
    fixed.CopyFrom(model)
    for part in (part for port in fixed.graph.input for part in _dims(port)):
        if part.dim_param:
            part.dim_value = ROWS
    # What the file says of its outputs is asked elsewhere; here they are reckoned.
    for port in fixed.graph.output:
        port.type.tensor_type.ClearField("shape")
    return fixed


# What a number takes of those of NUMBERS_MAX, and the sizes.
_Shapes = dict[str, tuple[int, ...]]


def _inferred(model: Any) -> _Shapes:  # noqa: ANN401  # onnx is untyped
    """Of each array that can be reckoned: what one number takes, then its sizes."""
    inference: Any = import_module("onnx.shape_inference")
    try:
        told: Any = inference.infer_shapes(
            model, check_type=True, strict_mode=True, data_prop=True
        )
    except (inference.InferenceError, RuntimeError, ValueError) as broken:
        raise BundleRefused(reason="graph", detail=_brief(broken)) from broken
    graph = told.graph
    known: _Shapes = {
        tensor.name: (_KINDS.get(tensor.data_type, 2), *tensor.dims)
        for tensor in graph.initializer
    }
    for value in (*graph.input, *graph.value_info, *graph.output):
        shape = _shape(value)
        if shape is not None:
            known[value.name] = shape
    return known


def _shape(value: Any) -> tuple[int, ...] | None:  # noqa: ANN401  # onnx is untyped
    """What one number takes, then the sizes; None if they depend on what the graph is given, or are of words."""
    tensor = value.type.tensor_type
    takes = _KINDS.get(tensor.elem_type)
    parts = _dims(value)
    if takes is None or not tensor.HasField("shape"):
        return None
    if not all(part.HasField("dim_value") and part.dim_value >= 0 for part in parts):
        return None
    return (takes, *(int(part.dim_value) for part in parts))


def _with_learner(model: Any, node: Any, known: _Shapes) -> _Shapes:  # noqa: ANN401  # onnx is untyped
    """Check trees or a linear model by the rows they are given, and go on reckoning behind them."""
    given = known.get(node.input[0])
    if given is None or len(given) != _ROWS_BY_COLUMNS or not node.output:
        _refuse("graph", f"what {node.op_type} is given is no table of known size")
    columns = check_learner(node, given[2])
    classifier = node.op_type.endswith("Classifier")
    scores = node.output[1 if classifier and len(node.output) > 1 else 0]
    helper: Any = import_module("onnx.helper")
    if classifier:
        labels = helper.make_tensor_value_info(node.output[0], _INT64, [given[1]])
        model.graph.value_info.append(labels)
    told = helper.make_tensor_value_info(scores, _FLOAT, [given[1], columns])
    model.graph.value_info.append(told)
    return _inferred(model)


def _check_product(node: Any, known: _Shapes) -> None:  # noqa: ANN401  # onnx is untyped
    """A product of matrices must end soon."""
    if node.op_type not in {"Gemm", "MatMul"}:
        return
    written, given = known[node.output[0]], known.get(node.input[0])
    if given is None or math.prod(written[1:]) * max(given[1:], default=1) > _PRODUCTS_MAX:
        _refuse("graph", "a product of matrices that takes too long")


def _dims(value: Any) -> Any:  # noqa: ANN401  # onnx is untyped
    return value.type.tensor_type.shape.dim


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _refuse(reason: str, detail: str) -> NoReturn:
    raise BundleRefused(reason=reason, detail=detail)
