"""What a bundle says of itself: every file sealed, every name and shape declared.

``training.train`` writes it last, ``serving.verify`` reads it first, and ``signature`` signs its bytes.
"""

import hashlib
import json
import os
import stat
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import BundleRefused

MANIFEST = "manifest.json"
GRAPH = "model.onnx"
TABLES = "tables.npz"
GOLDEN = "golden.npz"
CARD = "MODEL_CARD.md"
SEALED = (GRAPH, TABLES, GOLDEN, CARD)
OFFERS = "offers.onnx"
OFFERS_GOLDEN = "offers_golden.npz"
# Both or neither: a source that tells of no campaigns gives a bundle without chances of redemption.
SEALED_WITH_OFFERS = (*SEALED, OFFERS, OFFERS_GOLDEN)

# The answer of a graph that was learnt; any other word is the strategy that it counts by.
LEARNT = "network"

# Far above what a bundle needs (about 4 MB), low enough to refuse a bomb before it is read.
BYTES_MAX = 20 * 1024 * 1024
# More than ten times what ours take.
MANIFEST_BYTES_MAX = 64 * 1024

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Width = Annotated[int, Field(ge=1, le=65_536)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class FileSeal(_Record):
    """One file of the bundle: its plain name, SHA-256 and size in bytes."""

    # Neither a slash nor a dot in front: no name leads out of the folder.
    name: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_]+\.[a-z]+$")]
    sha256: Digest
    size: Annotated[int, Field(ge=1, le=BYTES_MAX)]


class TensorSpec(_Record):
    """An input or output of the graph; a string in ``shape`` is a free dimension."""

    name: Word
    kind: Literal["float32"] = "float32"
    shape: Annotated[tuple[Width | Word, ...], Field(min_length=1, max_length=4)]


class Manifest(_Record):
    """``manifest.json``. ``version`` is the training window's last day and the seed.

    ``metrics`` are validation figures from after the window. ``rollback`` rises with every
    release that must not be replaced by an older one. ``expires`` is the last day on which the
    bundle may be put in use. ``offer_features`` is empty where it knows no chances of redemption.
    ``answer``: what the graph is, something learnt or the strategy that was better than it.
    """

    format: Literal[1] = 1
    name: Word
    version: Word
    source: Line
    trained_from: date
    trained_until: date
    seed: int
    items: Annotated[int, Field(ge=1)]
    opset: Annotated[int, Field(ge=9, le=30)]
    inputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=4)]
    outputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=4)]
    features: Annotated[tuple[Line, ...], Field(min_length=1, max_length=256)]
    offer_features: Annotated[tuple[Line, ...], Field(max_length=256)] = ()
    answer: Word = LEARNT
    metrics: Annotated[dict[Line, float], Field(max_length=256)]
    minimum_service: Annotated[str, Field(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")]
    expires: date | None
    rollback: Annotated[int, Field(ge=0, le=2**31)]
    files: Annotated[tuple[FileSeal, ...], Field(min_length=1, max_length=16)]

    @property
    def label(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    def to_bytes(self) -> bytes:
        """The file's bytes; their SHA-256 names the bundle."""
        # Left out where it says nothing new: services from before it refuse a name they do not know.
        untold = {"answer"} if self.answer == LEARNT else None
        return (self.model_dump_json(indent=2, exclude=untold) + "\n").encode()


def seal(name: str, data: bytes) -> FileSeal:
    """The seal of a file with these bytes."""
    return FileSeal(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def digest_of(manifest_bytes: bytes) -> str:
    """The digest that names a bundle."""
    return hashlib.sha256(manifest_bytes).hexdigest()


def read_manifest(folder: Path) -> tuple[Manifest, bytes]:
    """The manifest and its exact bytes, whoever wrote them. Raises ``BundleRefused``."""
    data = read_plain(folder / MANIFEST, limit=MANIFEST_BYTES_MAX)
    return parse_manifest(data, folder), data


def parse_manifest(data: bytes, folder: Path) -> Manifest:
    """What the bytes say; a key that is there twice could be read in two ways. Raises ``BundleRefused``."""
    try:
        manifest = Manifest.model_validate_json(data)
        # Read a second time: of two equal keys pydantic takes one and says nothing.
        json.loads(data, object_pairs_hook=_each_once)
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        says = f"{where[:100]}: {first['msg'][:200]}"
        raise BundleRefused(reason="manifest", detail=says, path=folder) from invalid
    except ValueError as twice:
        raise BundleRefused(reason="manifest", detail=str(twice), path=folder) from twice
    return manifest


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these members. Raises ``ValueError``."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("document: a key is there twice")
    return members


def read_plain(path: Path, *, limit: int) -> bytes:
    """The bytes of a regular file of at most ``limit`` bytes; links are not followed, pipes not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as absent:
        raise BundleRefused(
            reason="file-missing", detail=f"{path.name} is no plain file", path=path
        ) from absent
    try:
        # Asked of what was opened: by now the path may lead to something else.
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BundleRefused(
                reason="file-missing", detail=f"{path.name} is no plain file", path=path
            )
        with open(handle, "rb", closefd=False) as file:
            # One byte more than allowed shows that there is more, whatever the file's size says.
            data = file.read(limit + 1)
    finally:
        os.close(handle)
    if len(data) > limit:
        raise BundleRefused(
            reason="file-size", detail=f"{path.name} is larger than {limit} bytes", path=path
        )
    return data
