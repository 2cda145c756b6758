"""Tree ensembles and linear models as nodes of a graph: nothing in them may run in a circle or read outside a row.

``onnx_check`` asks for each such node, once it knows how wide the rows are that it is given. The runtime
follows a tree's node numbers and reads the columns they name without asking, so they are asked here.
"""

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from models.errors import BundleRefused

DOMAIN = "ai.onnx.ml"
REGRESSOR = f"{DOMAIN}:TreeEnsembleRegressor"
CLASSIFIER = f"{DOMAIN}:TreeEnsembleClassifier"
LINEAR_REGRESSOR = f"{DOMAIN}:LinearRegressor"
LINEAR_CLASSIFIER = f"{DOMAIN}:LinearClassifier"
SCALER = f"{DOMAIN}:Scaler"
TREE_OPERATORS = frozenset({REGRESSOR, CLASSIFIER})
LEARNER_OPERATORS = frozenset({*TREE_OPERATORS, LINEAR_REGRESSOR, LINEAR_CLASSIFIER, SCALER})

# 1,000 trees of 50 leaves; ten times what boosting to convergence took on the public data.
_NODES_MAX = 100_000
# Steps down the trees for one row: at a thousand rows some hundred milliseconds.
_STEPS_MAX = 40_000
_OUTPUTS_MAX = 16

Ints = npt.NDArray[np.int64]
Attributes = dict[str, Any]


def check_learner(node: Any, width: int) -> int:  # noqa: ANN401  # onnx is untyped
    """How many columns the node's scores have, given rows of ``width``. Raises ``BundleRefused``."""
    attributes = {one.name: one for one in node.attribute}
    if f"{node.domain}:{node.op_type}" in TREE_OPERATORS:
        return _check_trees(attributes, width)
    return _check_linear(node.op_type, attributes, width)


def _check_trees(attributes: Attributes, width: int) -> int:
    treeids, nodeids = _ints(attributes, "nodes_treeids"), _ints(attributes, "nodes_nodeids")
    nodes = len(treeids)
    if (
        not 0 < nodes <= _NODES_MAX
        or len(nodeids) != nodes
        or min(treeids.min(), nodeids.min()) < 0
    ):
        _refuse(f"{nodes} nodes of trees")
    if max(int(treeids.max()), int(nodeids.max())) > _NODES_MAX:
        _refuse("numbers of nodes are too large")
    number = treeids * (_NODES_MAX + 1) + nodeids
    order = np.argsort(number, kind="stable")
    if len(np.unique(number)) != nodes:
        _refuse("a node of a tree is there twice")
    modes = attributes.get("nodes_modes")
    leaf = np.array([mode == b"LEAF" for mode in (modes.strings if modes else ())], np.bool_)
    columns = _ints(attributes, "nodes_featureids")
    if (
        len(leaf) != nodes
        or len(columns) != nodes
        or len(_floats(attributes, "nodes_values")) != nodes
    ):
        _refuse("lists of nodes of unequal length")
    if columns[~leaf].size and not 0 <= columns[~leaf].min() <= columns[~leaf].max() < width:
        _refuse(f"a tree asks for a column outside the {width} that it is given")
    children = [
        _found(number[order], order, treeids, _ints(attributes, name), ~leaf)
        for name in ("nodes_truenodeids", "nodes_falsenodeids")
    ]
    _check_depth(nodes, leaf, children)
    return _check_leaves(attributes, number[order])


def _found(
    known: Ints, order: Ints, treeids: Ints, ids: Ints, inner: npt.NDArray[np.bool_]
) -> Ints:
    """Rows of the children of the inner nodes."""
    if len(ids) != len(treeids):
        _refuse("lists of nodes of unequal length")
    wanted = treeids[inner] * (_NODES_MAX + 1) + ids[inner]
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    if not np.array_equal(known[at], wanted):
        _refuse("a tree leads to a node that is not there")
    return order[at]


def _check_depth(nodes: int, leaf: npt.NDArray[np.bool_], children: list[Ints]) -> None:
    """Every node is reached from a root once, so no path comes back to itself; and paths are short."""
    both = np.concatenate(children)
    if len(np.unique(both)) != len(both):
        _refuse("two ways lead to one node of a tree")
    inner = np.flatnonzero(~leaf)
    row = np.full(nodes, -1)
    row[inner] = np.arange(len(inner))
    level = np.setdiff1d(np.arange(nodes), both)
    seen = steps = 0
    while len(level):
        seen += len(level)
        steps += len(level) if not steps else 0
        at = row[level]
        at = at[at >= 0]
        level = np.concatenate([children[0][at], children[1][at]])
        # No more paths than roots are walked for one row, each a step longer.
        steps += min(len(level), nodes - len(both))
        if steps > _STEPS_MAX:
            _refuse("trees too many or too deep")
    if seen != nodes:
        _refuse("a tree runs in a circle")


def _check_leaves(attributes: Attributes, known: Ints) -> int:
    kind = "class" if "class_ids" in attributes else "target"
    ids = _ints(attributes, f"{kind}_ids")
    labels = attributes.get("classlabels_int64s")
    if kind == "class":
        outputs = len(labels.ints) if labels else 0
    else:
        outputs = int(attributes["n_targets"].i) if "n_targets" in attributes else 1
    if (
        not 0 < outputs <= _OUTPUTS_MAX
        or not len(ids)
        or not 0 <= ids.min() <= ids.max() < outputs
    ):
        _refuse(
            "leaves that speak of other outputs than there are; classes must be whole numbers"
        )
    trees, nodes = _ints(attributes, f"{kind}_treeids"), _ints(attributes, f"{kind}_nodeids")
    weights = _floats(attributes, f"{kind}_weights")
    if not len(trees) == len(nodes) == len(weights) == len(ids):
        _refuse("lists of leaves of unequal length")
    if not np.isin(trees * (_NODES_MAX + 1) + nodes, known).all():
        _refuse("a leaf that is in no tree")
    base = _floats(attributes, "base_values")
    if len(base) not in {0, 1, outputs}:
        _refuse("base values for other outputs than there are")
    return outputs


def _check_linear(operator: str, attributes: Attributes, width: int) -> int:
    if operator == "Scaler":
        for name in ("offset", "scale"):
            if len(_floats(attributes, name)) not in {1, width}:
                _refuse(
                    f"a scaler's {name} for other columns than the {width} that it is given"
                )
        return width
    outputs = 1
    if operator == "LinearClassifier":
        labels = attributes.get("classlabels_ints")
        outputs = len(labels.ints) if labels else 0
    elif "targets" in attributes:
        outputs = int(attributes["targets"].i)
    weights = len(_floats(attributes, "coefficients"))
    starts = len(_floats(attributes, "intercepts"))
    # A classifier of two classes may hold the weights of the second alone.
    if (
        not 0 < outputs <= _OUTPUTS_MAX
        or weights != outputs * width
        or starts not in {0, outputs}
    ):
        _refuse(f"linear weights for other columns than the {width} that it is given")
    return outputs


def _ints(attributes: Attributes, name: str) -> Ints:
    return np.array(attributes[name].ints if name in attributes else [], np.int64)


def _floats(attributes: Attributes, name: str) -> npt.NDArray[np.float64]:
    values = np.array(attributes[name].floats if name in attributes else [], np.float64)
    if not np.isfinite(values).all():
        raise BundleRefused(reason="not-finite", detail=name)
    return values


def _refuse(detail: str) -> NoReturn:
    raise BundleRefused(reason="graph", detail=detail)
