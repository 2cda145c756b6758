"""Write the network as one ONNX graph, its preprocessing inside, so that serving cannot drift.

``train`` writes it into the bundle; ``bundle.scorer`` runs it.
"""

from importlib import import_module
from typing import Any

import numpy as np

from models.bundle.manifest import TensorSpec
from models.features.features import FEATURES, LOGGED_FEATURES
from models.serving.verify import INPUTS, OUTPUTS
from models.training.network import Layers, Network

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
        # ONNX has no log1p.
        node("Add", ["counted", "one"], ["counted_1"]),
        node("Log", ["counted_1"], ["logged"]),
        node("Concat", ["logged", "plain"], ["values"], axis=1),
    ]
    for number in range(len(network.members)):
        nodes += _member(node, constants, number, folded(network, number))
    outs = [f"member_{number}" for number in range(len(network.members))]
    while len(outs) > 1:
        # Two by two: Sum is not among the operators that a bundle may use.
        first, second, *rest = outs
        nodes.append(node("Add", [first, second], [f"{first}+"]))
        outs = [f"{first}+", *rest]
    nodes.append(node("Sigmoid", [outs[0]], ["chances"]))
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


def _member(
    node: Any,  # noqa: ANN401  # onnx is untyped
    constants: dict[str, Any],
    number: int,
    layers: Layers,
) -> list[Any]:
    """The nodes of one member, from ``values`` to ``member_<number>``; its weights go into ``constants``."""
    nodes: list[Any] = []
    values = "values"
    for depth, (weights, bias) in enumerate(layers):
        last = depth + 1 == len(layers)
        here = f"{number}_{depth}"
        constants[f"weights_{here}"], constants[f"bias_{here}"] = weights, bias
        sums = f"member_{number}" if last else f"sums_{here}"
        nodes.append(node("Gemm", [values, f"weights_{here}", f"bias_{here}"], [sums]))
        if not last:
            values = f"values_{here}"
            nodes.append(node("Relu", [sums], [values]))
    return nodes


def folded(network: Network, member: int) -> Layers:
    """A member's layers with the standardisation folded into the first, its part of the answer into the last."""
    (weights, bias), *middle, (ends, end) = network.members[member]
    # In double precision: the graph must agree with the trainer to a hundred-thousandth.
    first = weights.astype(np.float64) / network.scale[:, None]
    start = bias - network.mean.astype(np.float64) @ first
    part = network.stretch / len(network.members)
    return (
        (first.astype(np.float32), start.astype(np.float32)),
        *middle,
        (
            (ends * part).astype(np.float32),
            (end * part + network.shift / len(network.members)).astype(np.float32),
        ),
    )


def _port(helper: Any, onnx: Any, port: TensorSpec) -> Any:  # noqa: ANN401  # onnx is untyped
    return helper.make_tensor_value_info(port.name, onnx.TensorProto.FLOAT, list(port.shape))
