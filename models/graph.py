"""Write the network as one ONNX graph, its preprocessing inside, so that serving cannot drift."""

from importlib import import_module
from typing import Any

import numpy as np

from models.features import FEATURES, LOGGED_FEATURES
from models.manifest import Port
from models.network import Network
from models.tables import Floats
from models.verify import INPUTS, OUTPUTS

OPSET = 17
# The file format of onnx 1.12: old enough for every onnxruntime that knows the opset.
_IR_VERSION = 8


def write_graph(network: Network) -> bytes:
    """The graph's bytes: features (n, F) in, chance (n,) out; equal networks, equal bytes."""
    helper: Any = import_module("onnx.helper")
    numpy_helper: Any = import_module("onnx.numpy_helper")
    onnx: Any = import_module("onnx")
    constants: dict[str, Any] = {
        "widths": np.array([LOGGED_FEATURES, len(FEATURES) - LOGGED_FEATURES], np.int64),
        "one": np.ones(1, np.float32),
        "last_axis": np.array([1], np.int64),
    }
    node = helper.make_node
    nodes: list[Any] = [
        node("Split", ["features", "widths"], ["counted", "plain"], axis=1),
        node("Add", ["counted", "one"], ["counted_1"]),
        node("Log", ["counted_1"], ["logged"]),
        node("Concat", ["logged", "plain"], ["values_0"], axis=1),
    ]
    layers = folded(network)
    for number, (weights, bias) in enumerate(layers):
        constants[f"weights_{number}"], constants[f"bias_{number}"] = weights, bias
        names = [f"values_{number}", f"weights_{number}", f"bias_{number}"]
        nodes.append(node("Gemm", names, [f"sums_{number}"]))
        if number + 1 < len(layers):
            nodes.append(node("Relu", [f"sums_{number}"], [f"values_{number + 1}"]))
    nodes.append(node("Sigmoid", [f"sums_{len(layers) - 1}"], ["chances"]))
    nodes.append(node("Squeeze", ["chances", "last_axis"], ["chance"]))
    graph = helper.make_graph(
        nodes,
        "ranker",
        [_port(helper, onnx, port) for port in INPUTS],
        [_port(helper, onnx, port) for port in OUTPUTS],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="storeside",
    )
    written: bytes = model.SerializeToString(deterministic=True)
    return written


def folded(network: Network) -> tuple[tuple[Floats, Floats], ...]:
    """The layers with the standardisation folded into the first."""
    (weights, bias), *rest = network.layers
    first = weights.astype(np.float64) / network.scale[:, None]
    shift = bias - network.mean.astype(np.float64) @ first
    return ((first.astype(np.float32), shift.astype(np.float32)), *rest)


def _port(helper: Any, onnx: Any, port: Port) -> Any:  # noqa: ANN401  # onnx is untyped
    return helper.make_tensor_value_info(port.name, onnx.TensorProto.FLOAT, list(port.shape))
