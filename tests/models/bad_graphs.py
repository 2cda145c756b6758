"""Bad bundles by their graph: sealed and signed by the retailer, so that the graph alone is wrong."""

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.features.features import FEATURES
from tests.models.bad_bundles import bad

WIDTH = len(FEATURES)


def changed(folder: Path, change: Callable[[Any], object]) -> None:
    model = onnx.load_model_from_string((folder / "model.onnx").read_bytes())
    change(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def first(model: Any, *nodes: Any) -> None:
    """Put nodes before the others; the last one's output goes on in the place of the features."""
    for node in model.graph.node:
        for at, name in enumerate(node.input):
            if name == "features":
                node.input[at] = nodes[-1].output[0]
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *rest])


def constant(model: Any, name: str, values: Any) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.array(values), name))


def body() -> Any:
    """A loop's body that does nothing but go on."""
    return helper.make_graph(
        [
            helper.make_node("Identity", ["more"], ["more_1"]),
            helper.make_node("Identity", ["x"], ["x_1"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("more", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH]),
        ],
        [
            helper.make_tensor_value_info("more_1", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x_1", TensorProto.FLOAT, ["n", WIDTH]),
        ],
    )


def endless(model: Any) -> None:
    constant(model, "trips", np.int64(2**62))
    constant(model, "go", np.bool_(True))
    first(model, helper.make_node("Loop", ["trips", "go", "features"], ["x_2"], body=body()))


def outside(tensor: Any, location: str) -> Any:
    del tensor.external_data[:]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    return tensor


def hardlinked(folder: Path) -> None:
    """One of the bundle's own names leads to a file that is also somewhere else."""
    elsewhere = folder.parent / f".{folder.name}"
    (folder / "MODEL_CARD.md").rename(elsewhere)
    os.link(elsewhere, folder / "MODEL_CARD.md")


def sparse(location: str) -> Any:
    values = outside(helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0]), location)
    places = helper.make_tensor("p", TensorProto.INT64, [1], [0])
    return helper.make_sparse_tensor(values, places, [4])


@bad("graph", sealed=True)
def no_graph(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"not a graph at all")


@bad("graph", sealed=True)
def graph_cut_in_half(folder: Path) -> None:
    data = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(data[: len(data) // 2])


@bad("external-data", sealed=True)
def hardlinked_initializer(folder: Path) -> None:
    hardlinked(folder)
    changed(folder, lambda model: outside(model.graph.initializer[1], "MODEL_CARD.md"))


@bad("external-data", sealed=True)
def hardlinked_constant(folder: Path) -> None:
    hardlinked(folder)
    tensor = outside(helper.make_tensor("c", TensorProto.FLOAT, [1], [1.0]), "MODEL_CARD.md")
    node = helper.make_node("Constant", [], ["c"], value=tensor)
    changed(folder, lambda model: model.graph.node.append(node))


@bad("operator", sealed=True)
def hardlinked_sparse_constant(folder: Path) -> None:
    hardlinked(folder)
    node = helper.make_node("Constant", [], ["c"], sparse_value=sparse("MODEL_CARD.md"))
    changed(folder, lambda model: model.graph.node.append(node))


@bad("operator", sealed=True)
def hardlinked_sparse_initializer(folder: Path) -> None:
    hardlinked(folder)
    changed(
        folder,
        lambda model: model.graph.sparse_initializer.append(sparse("MODEL_CARD.md")),
    )


@bad("external-data", sealed=True)
def weights_from_above(folder: Path) -> None:
    changed(folder, lambda model: outside(model.graph.initializer[1], "../../etc/passwd"))


@bad("external-data", sealed=True)
def weights_from_the_system(folder: Path) -> None:
    changed(folder, lambda model: outside(model.graph.initializer[1], "/etc/passwd"))


@bad("operator", sealed=True)
def a_loop_of_2_to_the_62(folder: Path) -> None:
    changed(folder, endless)


@bad("operator", sealed=True)
def a_branch(folder: Path) -> None:
    def branch(model: Any) -> None:
        constant(model, "go", np.bool_(True))
        port = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", WIDTH])
        half = helper.make_graph(
            [helper.make_node("Identity", ["features"], ["y"])], "half", [], [port]
        )
        first(model, helper.make_node("If", ["go"], ["x"], then_branch=half, else_branch=half))

    changed(folder, branch)


@bad("operator", sealed=True)
def a_scan(folder: Path) -> None:
    node = helper.make_node("Scan", ["features"], ["x"], num_scan_inputs=1, body=body())
    changed(folder, lambda model: first(model, node))


@bad("operator", sealed=True)
def a_subgraph_in_a_listed_operator(folder: Path) -> None:
    hidden = helper.make_attribute("body", body())
    changed(folder, lambda model: model.graph.node[0].attribute.append(hidden))


@bad("operator", sealed=True)
def a_subgraph_that_says_it_is_a_number(folder: Path) -> None:
    def hidden(model: Any) -> None:
        made = helper.make_attribute("body", body())
        made.type = onnx.AttributeProto.INT
        model.graph.node[0].attribute.append(made)

    changed(folder, hidden)


@bad("operator", sealed=True)
def a_function(folder: Path) -> None:
    made = helper.make_function("here", "F", ["x"], ["y"], [], [helper.make_opsetid("", 17)])
    changed(folder, lambda model: model.functions.append(made))


@bad("operator", sealed=True)
def training_parts(folder: Path) -> None:
    changed(folder, lambda model: model.training_info.add())


@bad("operator", sealed=True)
def an_operator_of_another_maker(folder: Path) -> None:
    node = helper.make_node("Gelu", ["features"], ["x"], domain="com.microsoft")
    changed(folder, lambda model: first(model, node))


@bad("operator", sealed=True)
def an_operator_nobody_knows(folder: Path) -> None:
    changed(folder, lambda model: first(model, helper.make_node("Fetch", ["features"], ["x"])))


@bad("operator", sealed=True)
def four_terabytes_of_constant(folder: Path) -> None:
    def huge(model: Any) -> None:
        constant(model, "many", np.array([2**40], np.int64))
        first(model, helper.make_node("ConstantOfShape", ["many"], ["x"]))

    changed(folder, huge)


@bad("operator", sealed=True)
def an_absurd_expansion(folder: Path) -> None:
    def huge(model: Any) -> None:
        constant(model, "many", np.array([2**20, 2**20, WIDTH], np.int64))
        first(model, helper.make_node("Expand", ["features", "many"], ["x"]))

    changed(folder, huge)


@bad("graph", sealed=True)
def features_doubled_forty_times(folder: Path) -> None:
    """Every operator is listed; the width of the last array is 65 × 2^40."""

    def doubled(model: Any) -> None:
        names = ["features", *(f"twice_{number}" for number in range(40))]
        pairs = pairwise(names)
        model.graph.node.extend(
            helper.make_node("Concat", [one, one], [two], axis=1) for one, two in pairs
        )

    changed(folder, doubled)


@bad("graph", sealed=True)
def a_thousand_and_one_nodes(folder: Path) -> None:
    nodes = [helper.make_node("Relu", ["features"], [f"again_{n}"]) for n in range(1001)]
    changed(folder, lambda model: model.graph.node.extend(nodes))


@bad("graph", sealed=True)
def four_million_empty_nodes(folder: Path) -> None:
    """Eight megabytes that a parser unpacks to several hundred."""
    nodes = b"\x0a\x00" * 2**22
    length = bytearray()
    left = len(nodes)
    while left > 127:
        length.append(left & 127 | 128)
        left >>= 7
    length.append(left)
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\x3a" + bytes(length) + nodes)


@bad("graph", sealed=True)
def weights_that_declare_a_terabyte(folder: Path) -> None:
    def huge(model: Any) -> None:
        model.graph.initializer[1].dims[:] = [2**20, 2**20]

    changed(folder, huge)


@bad("graph", sealed=True)
def weights_of_negative_size(folder: Path) -> None:
    def less(model: Any) -> None:
        model.graph.initializer[1].dims[:] = [-1, -1]

    changed(folder, less)


@bad("graph", sealed=True)
def weights_of_text(folder: Path) -> None:
    tensor = TensorProto(
        name="t", data_type=TensorProto.STRING, dims=[1], string_data=[b"text"]
    )
    changed(folder, lambda model: model.graph.initializer.append(tensor))


@bad("graph", sealed=True)
def a_declared_value_of_a_terabyte(folder: Path) -> None:
    value = helper.make_tensor_value_info("logged", TensorProto.FLOAT, [2**20, 2**20])
    changed(folder, lambda model: model.graph.value_info.append(value))


@bad("graph", sealed=True)
def layers_that_do_not_fit(folder: Path) -> None:
    def unfit(model: Any) -> None:
        del model.graph.node[1:3]

    changed(folder, unfit)


@bad("opset", sealed=True)
def opset_of_another_time(folder: Path) -> None:
    def later(model: Any) -> None:
        model.opset_import[0].version = 99

    changed(folder, later)


@bad("opset", sealed=True)
def opset_of_a_second_domain(folder: Path) -> None:
    changed(folder, lambda model: model.opset_import.append(helper.make_opsetid("x", 1)))


@bad("opset", sealed=True)
def format_of_another_time(folder: Path) -> None:
    def later(model: Any) -> None:
        model.ir_version = 2**40

    changed(folder, later)


@bad("ports", sealed=True)
def an_output_by_another_name(folder: Path) -> None:
    def renamed(model: Any) -> None:
        model.graph.output[0].name = "score"
        model.graph.node[-1].output[0] = "score"

    changed(folder, renamed)


@bad("ports", sealed=True)
def an_input_too_many(folder: Path) -> None:
    more = helper.make_tensor_value_info("more", TensorProto.FLOAT, ["n"])
    changed(folder, lambda model: model.graph.input.append(more))


@bad("ports", sealed=True)
def an_output_without_a_rank(folder: Path) -> None:
    changed(
        folder,
        lambda model: model.graph.output[0].type.tensor_type.ClearField("shape"),
    )


def port_kind(folder: Path, kind: int) -> None:
    def other(model: Any) -> None:
        model.graph.output[0].type.tensor_type.elem_type = kind

    changed(folder, other)


@bad("ports", sealed=True)
def an_output_of_half_precision(folder: Path) -> None:
    port_kind(folder, TensorProto.FLOAT16)


@bad("ports", sealed=True)
def an_output_of_double_precision(folder: Path) -> None:
    port_kind(folder, TensorProto.DOUBLE)


def last_weights(folder: Path, change: Callable[[Any], Any]) -> None:
    def other(model: Any) -> None:
        tensor = model.graph.initializer[-1]
        weights = change(numpy_helper.to_array(tensor)).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(weights, tensor.name))

    changed(folder, other)


@bad("not-finite", sealed=True)
def weights_that_are_no_numbers(folder: Path) -> None:
    last_weights(folder, lambda weights: weights * np.nan)


@bad("not-finite", sealed=True)
def weights_without_end(folder: Path) -> None:
    last_weights(folder, lambda weights: weights + np.inf)


@bad("golden", sealed=True)
def weights_nudged(folder: Path) -> None:
    last_weights(folder, lambda weights: weights + 0.01)


@bad("not-finite", sealed=True)
def scores_that_are_no_chances(folder: Path) -> None:
    def bare(model: Any) -> None:
        del model.graph.node[-2]
        model.graph.node[-1].input[0] = model.graph.node[-2].output[0]

    changed(folder, bare)
