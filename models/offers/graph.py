"""Write the offer model as one ONNX graph, its logarithms and calibration inside.

``training.train`` writes it into the bundle; ``redemption`` runs it through ``bundle.scorer``.
"""

from importlib import import_module
from typing import Any

import numpy as np

from models.bundle.manifest import TensorSpec
from models.offers.features import (
    LOGGED_OFFER_FEATURES,
    OFFER_FEATURES,
    OFFER_INPUTS,
    OFFER_OUTPUTS,
)
from models.offers.learning import OfferModel

# The file format of onnx 1.12: old enough for every onnxruntime that knows the opset.
_IR_VERSION = 8


def write_offer_graph(model: OfferModel, opset: int) -> bytes:
    """The graph's bytes: features (n, F) in, chance (n,) out; equal models, equal bytes."""
    helper: Any = import_module("onnx.helper")
    numpy_helper: Any = import_module("onnx.numpy_helper")
    onnx: Any = import_module("onnx")
    plain = len(OFFER_FEATURES) - LOGGED_OFFER_FEATURES
    constants: dict[str, Any] = {
        "widths": np.array([LOGGED_OFFER_FEATURES, plain], np.int64),
        "one": np.ones(1, np.float32),
        "last_axis": np.array([1], np.int64),
        "weights": model.weights[:, None],
        "bias": model.bias,
    }
    node = helper.make_node
    nodes: list[Any] = [
        node("Split", ["features", "widths"], ["counted", "plain"], axis=1),
        # ONNX has no log1p.
        node("Add", ["counted", "one"], ["counted_1"]),
        node("Log", ["counted_1"], ["logged"]),
        node("Concat", ["logged", "plain"], ["values"], axis=1),
        node("Gemm", ["values", "weights", "bias"], ["sums"]),
        node("Sigmoid", ["sums"], ["chances"]),
        node("Squeeze", ["chances", "last_axis"], ["chance"]),
    ]
    ports = (
        [_port(helper, onnx, one) for one in side] for side in (OFFER_INPUTS, OFFER_OUTPUTS)
    )
    tensors = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "offers", *ports, tensors)
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=_IR_VERSION,
        producer_name="storeside",
    )
    written: bytes = made.SerializeToString(deterministic=True)
    return written


def _port(helper: Any, onnx: Any, port: TensorSpec) -> Any:  # noqa: ANN401  # onnx is untyped
    return helper.make_tensor_value_info(port.name, onnx.TensorProto.FLOAT, list(port.shape))
