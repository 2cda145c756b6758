"""What a bundle says of itself."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle.manifest import MANIFEST, Manifest, parse_manifest, read_manifest, read_plain
from models.errors import BundleRefused
from models.serving.verify import REASONS

HERE = Path("bundle")


@pytest.fixture(scope="module")
def manifest(bundle_dir: Path) -> Manifest:
    return read_manifest(bundle_dir)[0]


def test_writing_and_reading_is_identity(manifest: Manifest) -> None:
    assert parse_manifest(manifest.to_bytes(), HERE) == manifest
    assert parse_manifest(manifest.to_bytes(), HERE).to_bytes() == manifest.to_bytes()


@given(st.binary(max_size=200))
def test_bytes_that_are_no_manifest_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(BundleRefused) as caught:
        parse_manifest(data, HERE)
    assert caught.value.reason == "manifest"


@given(st.data())
def test_no_field_is_there_twice(manifest: Manifest, data: st.DataObject) -> None:
    plain = json.loads(manifest.to_bytes())
    field = data.draw(st.sampled_from(sorted(plain)))
    again = f"{{{json.dumps(field)}: {json.dumps(plain[field])}, "
    with pytest.raises(BundleRefused, match="twice"):
        parse_manifest((again + json.dumps(plain)[1:]).encode(), HERE)


def test_a_file_is_read_up_to_its_limit_and_no_further(tmp_path: Path) -> None:
    file = tmp_path / MANIFEST
    file.write_bytes(b"12345")
    assert read_plain(file, limit=5) == b"12345"
    with pytest.raises(BundleRefused) as caught:
        read_plain(file, limit=4)
    assert caught.value.reason in REASONS
