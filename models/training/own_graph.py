"""A graph that somebody else exported becomes one that a store can run: its inputs fed from our features.

``wrap`` calls it. What the graph computes is left as it is; what it takes and gives is put into the form that
``serving.verify`` asks for, and everything that its answer does not need is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import numpy as np

from models.bundle.onnx_check import operator_of
from models.bundle.tree_check import DOMAIN
from models.errors import WrapRefused
from models.features.features import FEATURES
from models.features.raw_history import BOUGHT, DAYS_AGO, RAW_HISTORY
from models.serving.verify import FED, INPUTS, OUTPUTS, inputs_of

# Selecting columns, the last step before the chance, is written alike from here on.
OPSET_MIN, OPSET_MAX = 9, 23
_IR_VERSION = 8
# The latest that the runtime reads; onnx writes a later one.
IR_VERSION_MAX = 13
# Trees stand in later ones in another form; what is written in the old one may say so.
_LEARNER_OPSET = 3
# Inputs that are tables of the raw past.
_TABLES = {"bought": BOUGHT, "days_ago": DAYS_AGO}
_FEATURES, _CHANCE = INPUTS[0].name, OUTPUTS[0].name
# FLOAT, INT32, INT64, BOOL, DOUBLE.
_TAKEN = (1, 6, 7, 9, 11)
_FLOAT = 1
_WORDS_OF_TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnContract:
    """``features``: names of a matrix's columns in their order, empty = by the inputs' names, or all.

    ``output``: which output is the answer, empty = the only one of numbers. ``logits``: it is no chance yet.
    """

    features: tuple[str, ...] = ()
    output: str = ""
    logits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInput:
    """One input of the graph. ``columns``: the features it takes; ``flat``: as (n,), else (n, k)."""

    name: str
    kind: int
    columns: tuple[str, ...]
    flat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnGraph:
    """A graph that was read and understood. ``answer``: the value that its chances come from."""

    model: Any
    opset: int
    inputs: tuple[OwnInput, ...]
    answer: str
    logits: bool

    @property
    def fed(self) -> tuple[str, ...]:
        """The columns that a store gives it: the raw past only where it asks for it."""
        asked = {name for one in self.inputs for name in one.columns}
        return FED[1] if asked.intersection(RAW_HISTORY) else FED[0]


def read_graph(data: bytes, contract: OwnContract) -> OwnGraph:
    """Understand what the graph takes and gives. Raises ``WrapRefused``."""
    onnx: Any = import_module("onnx")
    decode_error: Any = import_module("google.protobuf.message").DecodeError
    try:
        model: Any = onnx.load_model_from_string(data)
    except decode_error as broken:
        raise WrapRefused(
            "it is not an ONNX file", "give the file that the export wrote"
        ) from broken
    _check_file(model, onnx)
    model = _in_known_opset(model)
    inputs = _inputs(model.graph, contract.features)
    return OwnGraph(
        model=model,
        opset=_opset(model),
        inputs=inputs,
        answer=_answer(model.graph, contract.output),
        logits=contract.logits,
    )


def runnable(own: OwnGraph) -> bytes:
    """The graph as it came, with nothing but its answer: what the wrapped one is compared with."""
    helper: Any = import_module("onnx.helper")
    model = type(own.model)()
    model.CopyFrom(own.model)
    _prune(model, own.answer)
    # A later form of the file holds nothing that such a graph could need.
    model.ir_version = min(model.ir_version, IR_VERSION_MAX)
    del model.graph.output[:]
    # Without a type: the runtime finds it, and the file may have declared none.
    model.graph.output.append(helper.make_empty_tensor_value_info(own.answer))
    data: bytes = model.SerializeToString()
    return data


def feeds(own: OwnGraph, rows: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """What the graph as it came is given for ``rows``, (n, len(own.fed))."""
    kinds: Any = import_module("onnx.helper").tensor_dtype_to_np_dtype
    at = {name: column for column, name in enumerate(own.fed)}
    made: dict[str, np.ndarray[Any, Any]] = {}
    for one in own.inputs:
        values = rows[:, [at[name] for name in one.columns]].astype(kinds(one.kind))
        made[one.name] = values[:, 0] if one.flat else values
    return made


def wrapped(own: OwnGraph, columns: int) -> bytes:
    """The graph in our form; ``columns``: of the answer, 1, or 2 of which the second is the chance."""
    helper: Any = import_module("onnx.helper")
    numpy_helper: Any = import_module("onnx.numpy_helper")
    model = type(own.model)()
    model.CopyFrom(own.model)
    _prune(model, own.answer)
    graph = model.graph
    _rename(graph)
    constants = {"all": np.array([-1], np.int64), "second": np.array([1], np.int64)}
    before = [node for one in own.inputs for node in _fed(helper, one, own.fed, constants)]
    after = _after(helper, own, columns, constants)
    tensors = [
        numpy_helper.from_array(_plain(numpy_helper, tensor), tensor.name)
        for tensor in graph.initializer
    ]
    for node in graph.node:
        _cleaned(numpy_helper, node)
    made = helper.make_graph(
        [*before, *graph.node, *after],
        "own",
        [helper.make_tensor_value_info(_FEATURES, _FLOAT, list(inputs_of(own.fed)[0].shape))],
        [helper.make_tensor_value_info(_CHANCE, _FLOAT, list(OUTPUTS[0].shape))],
        [
            *tensors,
            *(numpy_helper.from_array(array, name) for name, array in constants.items()),
        ],
    )
    domains = [helper.make_opsetid("", own.opset)]
    if any(node.domain == DOMAIN for node in graph.node):
        domains.append(helper.make_opsetid(DOMAIN, _learner_opset(own.model)))
    whole = helper.make_model(
        made, opset_imports=domains, ir_version=_IR_VERSION, producer_name="storeside"
    )
    data: bytes = whole.SerializeToString(deterministic=True)
    return data


def _check_file(model: Any, onnx: Any) -> None:  # noqa: ANN401  # onnx is untyped
    graph = model.graph
    if model.functions:
        raise WrapRefused(
            "it is made of functions of its own", "export it with its functions inlined"
        )
    for tensor in graph.initializer:
        if tensor.external_data or tensor.data_location != onnx.TensorProto.DEFAULT:
            raise WrapRefused(
                f"weights of {tensor.name[:64]!r} lie in another file",
                "onnx.save_model(model, path, save_as_external_data=False)",
            )


def _opset(model: Any) -> int:  # noqa: ANN401  # onnx is untyped
    found = [one.version for one in model.opset_import if one.domain in {"", "ai.onnx"}]
    # A graph of trees alone needs no operators of ONNX's own, and may name none.
    return int(found[0]) if found else OPSET_MIN


def _in_known_opset(model: Any) -> Any:  # noqa: ANN401  # onnx is untyped
    """The same graph in an opset that the runtime knows: exports are often ahead of it."""
    version = _opset(model)
    if OPSET_MIN <= version <= OPSET_MAX:
        return model
    converter: Any = import_module("onnx.version_converter")
    target = OPSET_MIN if version < OPSET_MIN else OPSET_MAX
    try:
        return converter.convert_version(model, target)
    except (RuntimeError, ValueError, TypeError) as broken:
        raise WrapRefused(
            f"it is written in opset {version}; {OPSET_MIN} to {OPSET_MAX} can be run here",
            f"export it in opset {OPSET_MAX}",
        ) from broken


def _learner_opset(model: Any) -> int:  # noqa: ANN401  # onnx is untyped
    found = [one.version for one in model.opset_import if one.domain == DOMAIN]
    return min(int(found[0]), _LEARNER_OPSET) if found else 1


def _inputs(graph: Any, names: tuple[str, ...]) -> tuple[OwnInput, ...]:  # noqa: ANN401  # onnx is untyped
    # Weights that may be overridden are listed as inputs too, and are none.
    weights = {tensor.name for tensor in graph.initializer}
    ports = [port for port in graph.input if port.name not in weights]
    if not ports:
        raise WrapRefused("it takes nothing", "export a graph that takes features")
    for port in ports:
        _check_port(port)
    if len(ports) == 1 and (names or ports[0].name not in {*FED[1], *_TABLES}):
        return (_matrix(ports[0], names),)
    if names:
        raise WrapRefused(
            f"--features names the columns of one matrix, and it takes {len(ports)} inputs",
            "leave --features out: these inputs are fed by their own names",
        )
    _check_names([port.name for port in ports if port.name not in _TABLES])
    return tuple(_named(port) for port in ports)


def _check_port(port: Any) -> None:  # noqa: ANN401  # onnx is untyped
    tensor = port.type.tensor_type
    if tensor.elem_type not in _TAKEN:
        raise WrapRefused(
            f"input {port.name[:64]!r} takes no numbers of a kind that can be given",
            "export it with float32, float64 or whole numbers as inputs",
        )
    sizes = tensor.shape.dim
    if len(sizes) > _WORDS_OF_TWO:
        raise WrapRefused(
            f"input {port.name[:64]!r} has {len(sizes)} dimensions",
            "a row a candidate is given: shapes (n,), (n, 1) or (n, k)",
        )
    if sizes and sizes[0].HasField("dim_value"):
        raise WrapRefused(
            f"input {port.name[:64]!r} takes exactly {sizes[0].dim_value} rows",
            "export it with a free first dimension (torch: dynamic_axes or dynamic_shapes)",
        )


def _matrix(port: Any, names: tuple[str, ...]) -> OwnInput:  # noqa: ANN401  # onnx is untyped
    sizes = port.type.tensor_type.shape.dim
    told = [int(part.dim_value) for part in sizes[1:] if part.HasField("dim_value")]
    columns = names or FEATURES
    _check_names(columns)
    if told and told[0] != len(columns):
        what = f"--features names {len(names)}" if names else f"a store has {len(FEATURES)}"
        raise WrapRefused(
            f"input {port.name[:64]!r} takes {told[0]} columns and {what}",
            "say which features they are: --features NAME,NAME,… in the order of the columns;"
            " storeside models features names them all",
        )
    return OwnInput(
        name=port.name, kind=port.type.tensor_type.elem_type, columns=columns, flat=False
    )


def _named(port: Any) -> OwnInput:  # noqa: ANN401  # onnx is untyped
    sizes = port.type.tensor_type.shape.dim
    return OwnInput(
        name=port.name,
        kind=port.type.tensor_type.elem_type,
        columns=_TABLES.get(port.name, (port.name,)),
        flat=len(sizes) == 1,
    )


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if name not in FED[1]:
            near = get_close_matches(name, FED[1], 3)
            raise WrapRefused(
                f"{name[:64]!r} is no feature of a store",
                f"did you mean {', '.join(near)}?"
                if near
                else "storeside models features names them all",
            )


def _answer(graph: Any, wanted: str) -> str:  # noqa: ANN401  # onnx is untyped
    """The value that the chances come from; of a table of labels and chances the chances."""
    made = {name: node for node in graph.node for name in node.output}
    outputs = {port.name: port for port in graph.output}
    if wanted:
        if wanted not in outputs:
            raise WrapRefused(
                f"it has no output {wanted[:64]!r}", f"its outputs: {', '.join(outputs)}"
            )
        found = [wanted]
    else:
        found = [name for name, port in outputs.items() if not _is_label(port, made.get(name))]
    if len(found) != 1:
        raise WrapRefused(
            f"it has {len(found)} outputs that could be the answer",
            f"say which: --output NAME, one of {', '.join(outputs)}",
        )
    node = made.get(found[0])
    # Maps of label and chance, as scikit-learn's export ends; what goes into it is the chances.
    if node is not None and node.op_type == "ZipMap":
        return str(node.input[0])
    return found[0]


def _is_label(port: Any, node: Any) -> bool:  # noqa: ANN401  # onnx is untyped
    if node is not None and node.op_type == "ZipMap":
        return False
    return port.type.tensor_type.elem_type not in {0, _FLOAT, 11}


def _prune(model: Any, answer: str) -> None:  # noqa: ANN401  # onnx is untyped
    """Leave out what the answer does not need, and what the file says about it for people."""
    graph = model.graph
    needed, kept = {answer}, list[Any]()
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    weights = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(weights)
    names = {tensor.name for tensor in weights}
    ports = [port for port in graph.input if port.name not in names]
    del graph.input[:]
    graph.input.extend(ports)
    del graph.value_info[:], graph.quantization_annotation[:]


def _rename(graph: Any) -> None:  # noqa: ANN401  # onnx is untyped
    """Every value gets a name of which ours can be none."""
    for node in graph.node:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                names[at] = _own(name)
    for tensor in graph.initializer:
        tensor.name = _own(tensor.name)


def _own(name: str) -> str:
    # An input that is left out has no name, and must stay without.
    return f"own/{name}" if name else ""


def _fed(
    helper: Any,  # noqa: ANN401  # onnx is untyped
    one: OwnInput,
    fed: tuple[str, ...],
    constants: dict[str, Any],
) -> Iterable[Any]:
    """The nodes from our features to one input."""
    last, name = _FEATURES, _own(one.name)
    steps: list[tuple[str, list[str], dict[str, Any]]] = []
    if one.columns != fed:
        constants[f"columns/{one.name}"] = np.array(
            [fed.index(column) for column in one.columns], np.int64
        )
        steps.append(("Gather", [f"columns/{one.name}"], {"axis": 1}))
    if one.flat:
        steps.append(("Reshape", ["all"], {}))
    # At least one step gives the input its name.
    if one.kind != _FLOAT or not steps:
        steps.append(("Cast", [], {"to": one.kind}))
    for number, (operator, more, attributes) in enumerate(steps):
        out = name if number + 1 == len(steps) else f"{operator}/{one.name}"
        yield helper.make_node(operator, [last, *more], [out], **attributes)
        last = out


def _after(
    helper: Any,  # noqa: ANN401  # onnx is untyped
    own: OwnGraph,
    columns: int,
    constants: dict[str, Any],
) -> list[Any]:
    """The nodes from the answer to the chance."""
    last, nodes = _own(own.answer), list[Any]()
    steps: list[tuple[str, list[str], dict[str, Any]]] = []
    if columns == _WORDS_OF_TWO:
        steps.append(("Gather", ["second"], {"axis": 1}))
    steps += [("Reshape", ["all"], {}), ("Cast", [], {"to": _FLOAT})]
    if own.logits:
        steps.append(("Sigmoid", [], {}))
    else:
        # Rounding, or trees that were fitted to 0 and 1, may end a hair outside.
        constants["least"], constants["most"] = np.zeros(1, np.float32), np.ones(1, np.float32)
        steps += [("Max", ["least"], {}), ("Min", ["most"], {})]
    for number, (operator, more, attributes) in enumerate(steps):
        out = _CHANCE if number + 1 == len(steps) else f"answer/{operator}"
        nodes.append(helper.make_node(operator, [last, *more], [out], **attributes))
        last = out
    return nodes


def _cleaned(numpy_helper: Any, node: Any) -> None:  # noqa: ANN401  # onnx is untyped
    for told in ("name", "doc_string"):
        node.ClearField(told)
    if node.domain == "ai.onnx":
        node.domain = ""
    for attribute in node.attribute:
        if attribute.HasField("t"):
            array = _plain(numpy_helper, attribute.t)
            attribute.t.CopyFrom(numpy_helper.from_array(array))


def _plain(numpy_helper: Any, tensor: Any) -> Any:  # noqa: ANN401  # onnx is untyped
    """A tensor's numbers, wherever in the file they stand. Raises ``WrapRefused``."""
    try:
        return numpy_helper.to_array(tensor)
    except (TypeError, ValueError) as broken:
        raise WrapRefused(
            f"weights {tensor.name[:64]!r} cannot be read", "export it anew"
        ) from broken


def operators_of(own: OwnGraph) -> tuple[str, ...]:
    """The operators that the answer needs, each once."""
    model = type(own.model)()
    model.CopyFrom(own.model)
    _prune(model, own.answer)
    return tuple(sorted({operator_of(node) for node in model.graph.node}))
