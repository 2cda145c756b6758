"""Trees and linear models inside a graph: what could run for ever, or read outside a row, is never run."""

from typing import Any

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle.tree_check import check_learner
from models.errors import BundleRefused
from tests.models.training.own_models import classes, learners, trees


def node_of(data: bytes, at: int = 0) -> Any:
    return onnx.load_model_from_string(data).graph.node[at]


def test_sound_trees_and_linear_models_pass_with_the_width_of_their_scores() -> None:
    assert check_learner(node_of(trees()), 2) == 1
    assert check_learner(node_of(classes()), 2) == 2
    assert check_learner(node_of(learners(), 0), 2) == 2
    assert check_learner(node_of(learners(), 1), 2) == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"nodes_falsenodeids": [0, 0, 0]}, "circle"),
        ({"nodes_falsenodeids": [1, 0, 0]}, "two ways"),
        ({"nodes_falsenodeids": [7, 0, 0]}, "not there"),
        ({"nodes_featureids": [2, 0, 0]}, "outside"),
        ({"nodes_featureids": [-1, 0, 0]}, "outside"),
        ({"nodes_featureids": [0, 0]}, "unequal"),
        ({"nodes_modes": ["BRANCH_LEQ", "LEAF"]}, "unequal"),
        ({"nodes_values": [0.5]}, "unequal"),
        ({"nodes_truenodeids": [1]}, "unequal"),
        ({"nodes_nodeids": [0, 1, 1]}, "twice"),
        ({"nodes_nodeids": [0, 1, 2**40]}, "too large"),
        ({"nodes_treeids": [-1, 0, 0]}, "nodes of trees"),
        ({"target_ids": [0, 5]}, "other outputs"),
        ({"n_targets": 0}, "other outputs"),
        ({"n_targets": 10**9}, "other outputs"),
        ({"target_nodeids": [1, 9]}, "in no tree"),
        ({"target_weights": [0.5]}, "unequal"),
        ({"base_values": [0.1, 0.2, 0.3]}, "base values"),
        ({"target_weights": [float("nan"), 0.1]}, "target_weights"),
    ],
)
def test_trees_that_could_do_harm_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(BundleRefused, match=says):
        check_learner(node_of(trees(**changes)), 2)


def test_too_deep_a_tree_takes_too_long() -> None:
    depth = 45_000
    inner, ids = range(depth), list(range(2 * depth + 1))
    deep = trees(
        nodes_treeids=[0] * len(ids),
        nodes_nodeids=ids,
        nodes_featureids=[0] * len(ids),
        nodes_modes=["BRANCH_LEQ" if at % 2 == 0 and at < 2 * depth else "LEAF" for at in ids],
        nodes_values=[0.0] * len(ids),
        nodes_truenodeids=[at + 1 if at % 2 == 0 else 0 for at in ids],
        nodes_falsenodeids=[at + 2 if at % 2 == 0 else 0 for at in ids],
    )
    assert len(inner) == depth
    with pytest.raises(BundleRefused, match="too deep"):
        check_learner(node_of(deep), 2)


@pytest.mark.parametrize(("at", "width"), [(0, 3), (1, 3)])
def test_linear_models_of_other_columns_are_refused(at: int, width: int) -> None:
    with pytest.raises(BundleRefused, match="other columns"):
        check_learner(node_of(learners(), at), width)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), min_size=1, max_size=6
    )
)
def test_whatever_passes_is_walked_from_its_root_to_a_leaf(
    drawn: list[tuple[int, int, bool]],
) -> None:
    size = len(drawn)
    node = node_of(
        trees(
            nodes_treeids=[0] * size,
            nodes_nodeids=list(range(size)),
            nodes_featureids=[0] * size,
            nodes_modes=["LEAF" if leaf else "BRANCH_LEQ" for _, _, leaf in drawn],
            nodes_values=[0.0] * size,
            nodes_truenodeids=[one for one, _, _ in drawn],
            nodes_falsenodeids=[two for _, two, _ in drawn],
            target_ids=[0],
            target_treeids=[0],
            target_nodeids=[0],
            target_weights=[0.1],
        )
    )
    try:
        check_learner(node, 2)
    except BundleRefused:
        return
    children = {c for one, two, leaf in drawn if not leaf for c in (one, two)}
    waiting = sorted(set(range(size)) - children)
    seen: list[int] = []
    while waiting:
        at = waiting.pop()
        assert at not in seen
        seen.append(at)
        one, two, leaf = drawn[at]
        waiting += [] if leaf else [one, two]
    assert sorted(seen) == list(range(size))
