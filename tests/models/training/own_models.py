"""Graphs as people export them: written by ``onnx.helper``, in the shapes that common tools give them."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.features.features import FEATURES

FLOAT, DOUBLE, INT64 = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64


def model(  # noqa: PLR0913 - what a graph is made of
    nodes: list[Any],
    inputs: list[Any],
    outputs: list[Any],
    weights: dict[str, Any],
    *,
    opset: int = 17,
    learners: int | None = None,
    listed: bool = False,
) -> bytes:
    """``listed``: weights are named among the inputs as well, as old exports do."""
    ports = list(inputs)
    arrays = {name: np.array(values) for name, values in weights.items()}
    if listed:
        ports += [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(one.dtype), one.shape
            )
            for name, one in arrays.items()
        ]
    graph = helper.make_graph(
        nodes,
        "theirs",
        ports,
        outputs,
        [numpy_helper.from_array(one, name) for name, one in arrays.items()],
    )
    domains = [helper.make_opsetid("", opset)]
    if learners is not None:
        domains.append(helper.make_opsetid("ai.onnx.ml", learners))
    return bytes(helper.make_model(graph, opset_imports=domains).SerializeToString())


def port(name: str, kind: int = FLOAT, *shape: Any) -> Any:
    return helper.make_tensor_value_info(name, kind, list(shape))


def logistic(**options: Any) -> bytes:
    """A regression on three columns: Gemm, Sigmoid."""
    return model(
        [
            helper.make_node("Gemm", ["x", "w", "b"], ["z"]),
            helper.make_node("Sigmoid", ["z"], ["chance"]),
        ],
        [port("x", FLOAT, "batch", 3)],
        [port("chance", FLOAT, "batch", 1)],
        {"w": np.array([[0.3], [0.1], [0.01]], "f4"), "b": np.array([-3], "f4")},
        **options,
    )


def trees(columns: int = 2, *, second: int = 2, **changes: Any) -> bytes:
    """One tree of three nodes, as gradient boosting is exported."""
    given = {
        "n_targets": 1,
        "nodes_treeids": [0, 0, 0],
        "nodes_nodeids": [0, 1, 2],
        "nodes_featureids": [columns - 1, 0, 0],
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_values": [0.5, 0.0, 0.0],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [second, 0, 0],
        "target_ids": [0, 0],
        "target_treeids": [0, 0],
        "target_nodeids": [1, 2],
        "target_weights": [0.01, 0.4],
    }
    node = helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", **{**given, **changes}
    )
    return model(
        [node], [port("x", FLOAT, None, columns)], [port("y", FLOAT, None, 1)], {}, learners=1
    )


def everything(network: bytes) -> bytes:
    """Our own graph of all features, renamed as somebody else's would be."""
    own = onnx.load_model_from_string(network)
    own.graph.input[0].name = "inputs"
    for node in own.graph.node:
        for at, name in enumerate(node.input):
            node.input[at] = "inputs" if name == "features" else name
    return bytes(own.SerializeToString())


def named(flat: bool = False) -> bytes:  # noqa: FBT001, FBT002 - one word for one fact
    """Two inputs by the features' names, in double precision inside."""
    one, two = FEATURES[0], FEATURES[1]
    shape: tuple[Any, ...] = ("N",) if flat else ("N", 1)
    nodes = [
        helper.make_node("Add", [one, two], ["s"]),
        helper.make_node("Cast", ["s"], ["d"], to=DOUBLE),
        helper.make_node("Mul", ["d", "k"], ["m"]),
        helper.make_node("Identity", ["m"], ["i"]),
        helper.make_node("Sigmoid", ["i"], ["p"]),
    ]
    inputs = [port(one, FLOAT, *shape), port(two, FLOAT, *shape)]
    return model(nodes, inputs, [port("p", DOUBLE, *shape)], {"k": np.array([-0.1])}, opset=15)


def of_raw_past() -> bytes:
    """Each trip on which it was bought counts, the longer ago the less."""
    nodes = [
        helper.make_node("Mul", ["days_ago", "k"], ["late"]),
        helper.make_node("Exp", ["late"], ["weight"]),
        helper.make_node("Mul", ["bought", "weight"], ["m"]),
        helper.make_node("ReduceSum", ["m", "axis"], ["s"], keepdims=0),
        helper.make_node("Add", ["s", "b"], ["z"]),
    ]
    weights = {
        "k": np.array([-0.02], "f4"),
        "axis": np.array([1]),
        "b": np.array([-4], "f4"),
    }
    inputs = [port("bought", FLOAT, "n", 32), port("days_ago", FLOAT, "n", 32)]
    return model(nodes, inputs, [port("z", FLOAT, "n")], weights)


def learners(operators: tuple[str, ...] = ("Scaler", "LinearClassifier", "ZipMap")) -> bytes:
    """A pipeline as scikit-learn's exporter writes it: scaled, classified, told as maps of label and chance."""
    nodes = [
        helper.make_node(
            "Scaler", ["x"], ["s"], domain="ai.onnx.ml", offset=[1.0, 2.0], scale=[0.5, 0.5]
        ),
        helper.make_node(
            "LinearClassifier",
            ["s"],
            ["label", "both"],
            domain="ai.onnx.ml",
            coefficients=[-0.2, -0.3, 0.2, 0.3],
            intercepts=[1.0, -1.0],
            classlabels_ints=[0, 1],
            post_transform="LOGISTIC",
            multi_class=1,
        ),
        helper.make_node(
            "ZipMap", ["both"], ["maps"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]
        ),
    ]
    maps = helper.make_map_type_proto(INT64, helper.make_tensor_type_proto(FLOAT, []))
    outputs = [
        port("label", INT64, "n"),
        helper.make_value_info("maps", helper.make_sequence_type_proto(maps)),
    ]
    kept = [node for node in nodes if node.op_type in operators]
    return model(kept, [port("x", FLOAT, "n", 2)], outputs, {}, learners=1)


def classes(**changes: Any) -> bytes:
    """Boosted trees of a classifier: label, and the chances of both classes."""
    given = {
        "classlabels_int64s": [0, 1],
        "nodes_treeids": [0, 0, 0],
        "nodes_nodeids": [0, 1, 2],
        "nodes_featureids": [0, 0, 0],
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_values": [0.5, 0.0, 0.0],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0],
        "class_ids": [0, 0],
        "class_treeids": [0, 0],
        "class_nodeids": [1, 2],
        "class_weights": [-3.0, 0.5],
        "post_transform": "LOGISTIC",
    }
    node = helper.make_node(
        "TreeEnsembleClassifier",
        ["x"],
        ["label", "both"],
        domain="ai.onnx.ml",
        **{**given, **changes},
    )
    outputs = [port("label", INT64, "n"), port("both", FLOAT, "n", 2)]
    return model([node], [port("x", FLOAT, "n", 2)], outputs, {}, learners=3)
