"""What a bundle says of itself: every file sealed, every name and shape declared."""

import hashlib
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

# Far above what a bundle needs (about 4 MB), low enough to refuse a bomb before it is read.
BYTES_MAX = 20 * 1024 * 1024
_MANIFEST_BYTES_MAX = 64 * 1024

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Seal(_Record):
    """One file of the bundle: its plain name, SHA-256 and size in bytes."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+\.[a-z]+$")]
    sha256: Digest
    size: Annotated[int, Field(ge=1, le=BYTES_MAX)]


class Port(_Record):
    """An input or output of the graph; a string in ``shape`` is a free dimension."""

    name: Word
    kind: Literal["float32"] = "float32"
    shape: Annotated[tuple[int | str, ...], Field(min_length=1, max_length=4)]


class Manifest(_Record):
    """``manifest.json``. ``version`` is the training window's last day and the seed.

    ``metrics`` are validation figures from after the window. ``rollback`` rises with every
    release that must not be replaced by an older one.
    """

    format: Literal[1] = 1
    name: Word
    version: Word
    source: Annotated[str, Field(max_length=200)]
    trained_from: date
    trained_until: date
    seed: int
    items: Annotated[int, Field(ge=1)]
    opset: Annotated[int, Field(ge=13, le=30)]
    inputs: Annotated[tuple[Port, ...], Field(min_length=1, max_length=4)]
    outputs: Annotated[tuple[Port, ...], Field(min_length=1, max_length=4)]
    features: Annotated[tuple[str, ...], Field(min_length=1, max_length=256)]
    metrics: dict[str, float]
    minimum_service: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    expires: date | None
    rollback: Annotated[int, Field(ge=0)]
    files: Annotated[tuple[Seal, ...], Field(min_length=1, max_length=16)]

    @property
    def label(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    def to_bytes(self) -> bytes:
        """The file's bytes; their SHA-256 names the bundle."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def seal(name: str, data: bytes) -> Seal:
    """The seal of a file with these bytes."""
    return Seal(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def digest_of(manifest_bytes: bytes) -> str:
    """The digest that names a bundle."""
    return hashlib.sha256(manifest_bytes).hexdigest()


def read_manifest(folder: Path) -> tuple[Manifest, bytes]:
    """The manifest and its exact bytes. Raises ``BundleRefused``."""
    data = read_plain(folder / MANIFEST, limit=_MANIFEST_BYTES_MAX)
    try:
        return Manifest.model_validate_json(data), data
    except ValidationError as invalid:
        first = invalid.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise BundleRefused(
            reason="manifest", detail=f"{where}: {first['msg']}", path=folder
        ) from invalid


def read_plain(path: Path, *, limit: int) -> bytes:
    """The bytes of a regular file of at most ``limit`` bytes; links are not followed."""
    if path.is_symlink() or not path.is_file():
        raise BundleRefused(
            reason="file-missing", detail=f"{path.name} is no plain file", path=path
        )
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise BundleRefused(
            reason="file-size", detail=f"{path.name} is larger than {limit} bytes", path=path
        )
    return data
