"""Whatever bytes a graph or an archive is made of, it is checked or refused by name, and nothing else happens."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle.manifest import Manifest, read_manifest
from models.bundle.onnx_check import check_graph
from models.errors import BundleRefused
from models.serving.verify import OPERATORS, REASONS
from models.statistics.npz_reader import read_arrays

Edits = list[tuple[float, int]]
EDITS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4
)


def edited(data: bytes, edits: Edits) -> bytes:
    """``data`` with other bytes at these parts of its length."""
    changed = bytearray(data)
    for part, byte in edits:
        changed[int(part * len(data))] = byte
    return bytes(changed)


@pytest.fixture(scope="module")
def manifest(bundle_dir: Path) -> Manifest:
    return read_manifest(bundle_dir)[0]


def looked_at(data: bytes, manifest: Manifest) -> str | None:
    """The reason of refusal; None if the graph may be opened."""
    try:
        check_graph(
            data,
            opset=manifest.opset,
            ports=(manifest.inputs, manifest.outputs),
            operators=OPERATORS,
        )
    except BundleRefused as refused:
        return refused.reason
    return None


def test_a_graph_of_ours_is_left_to_run(bundle_dir: Path, manifest: Manifest) -> None:
    assert looked_at((bundle_dir / "model.onnx").read_bytes(), manifest) is None


@settings(max_examples=200, deadline=None)
@given(edits=EDITS)
def test_a_graph_with_other_bytes_in_it_is_checked_or_refused(
    edits: Edits, bundle_dir: Path, manifest: Manifest
) -> None:
    data = edited((bundle_dir / "model.onnx").read_bytes(), edits)
    assert looked_at(data, manifest) in {None, *REASONS}


@settings(deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes_at_all_are_no_graph(data: bytes, manifest: Manifest) -> None:
    assert looked_at(data, manifest) in {"graph", "opset"}


@pytest.mark.parametrize(
    "data",
    [
        b"\x09" + bytes(8) + b"\x0d" + bytes(4),
        b"\x0b",
        b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x3a\x05ab",
        b"\x3a\x02\x0a\x7f",
    ],
    ids=["plain numbers", "a group", "a length without end", "cut off", "cut off inside"],
)
def test_parts_that_do_not_add_up_are_no_graph(data: bytes, manifest: Manifest) -> None:
    assert looked_at(data, manifest) in {"graph", "opset"}


@settings(max_examples=200, deadline=None)
@given(edits=EDITS)
def test_arrays_with_other_bytes_in_them_are_read_or_refused(
    edits: Edits, bundle_dir: Path
) -> None:
    data = edited((bundle_dir / "tables.npz").read_bytes(), edits)
    with suppress(BundleRefused):
        assert len(read_arrays(data, reason="tables", limit=2**24)) > 5
