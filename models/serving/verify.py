"""Everything that must hold before a bundle may answer for a store.

``registry`` checks before it activates, ``open_bundle`` before it opens; what fails is told by
``BundleRefused``.

The bytes that were signed and hashed are the bytes that are opened and kept: nothing is read twice.
"""

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from models.bundle.manifest import (
    BYTES_MAX,
    GOLDEN,
    GRAPH,
    MANIFEST,
    MANIFEST_BYTES_MAX,
    OFFERS,
    OFFERS_GOLDEN,
    SEALED,
    SEALED_WITH_OFFERS,
    TABLES,
    Manifest,
    TensorSpec,
    digest_of,
    parse_manifest,
    read_plain,
)
from models.bundle.onnx_check import check_graph
from models.bundle.scorer import Scorer
from models.bundle.signature import SIGNATURE, Trust, read_signature, trust_in
from models.bundle.tree_check import LEARNER_OPERATORS
from models.errors import BundleRefused
from models.features.features import FEATURES
from models.features.raw_history import RAW_HISTORY
from models.offers.features import OFFER_FEATURES, OFFER_INPUTS, OFFER_OUTPUTS
from models.statistics.npz_reader import read_arrays
from models.statistics.tables import Floats, Tables, read_tables

# What a store can give a graph: features, and for one of somebody's own the raw past besides.
FED = (FEATURES, (*FEATURES, *RAW_HISTORY))
OUTPUTS = (TensorSpec(name="chance", shape=("n",)),)
# What our own graphs of offers are made of.
OFFER_OPERATORS = frozenset({"Add", "Concat", "Gemm", "Log", "Sigmoid", "Split", "Squeeze"})
# What people's own models are exported with, and what can neither loop, look outside nor make arrays of
# sizes that only a run would tell.
OPERATORS = (
    OFFER_OPERATORS
    | LEARNER_OPERATORS
    | frozenset(
        [
            "Abs",
            "And",
            "BatchNormalization",
            "Cast",
            "Ceil",
            "Celu",
            "Clip",
            "Constant",
            "Div",
            "Elu",
            "Equal",
            "Erf",
            "Exp",
            "Flatten",
            "Floor",
            "Gather",
            "Gelu",
            "Greater",
            "GreaterOrEqual",
            "HardSigmoid",
            "HardSwish",
            "Identity",
            "LayerNormalization",
            "LeakyRelu",
            "Less",
            "LessOrEqual",
            "LogSoftmax",
            "MatMul",
            "Max",
            "Mean",
            "Min",
            "Mul",
            "Neg",
            "Not",
            "Or",
            "PRelu",
            "Pow",
            "Reciprocal",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceSum",
            "Relu",
            "Reshape",
            "Selu",
            "Sign",
            "Slice",
            "Softmax",
            "Softplus",
            "Softsign",
            "Sqrt",
            "Sub",
            "Sum",
            "Tanh",
            "Transpose",
            "Unsqueeze",
            "Where",
            "Xor",
        ]
    )
)


def inputs_of(features: tuple[str, ...]) -> tuple[TensorSpec, ...]:
    """The inputs of a graph that is given these columns."""
    return (TensorSpec(name="features", shape=("n", len(features))),)


INPUTS = inputs_of(FEATURES)

REASONS = {
    "unsigned": "nobody has signed it",
    "signature": "the manifest is not what was signed",
    "untrusted": "signed with a key that is not trusted here",
    "manifest": "manifest.json is not a manifest",
    "service": "made for a newer service",
    "expired": "its last day is past",
    "withdrawn": "whoever made it has taken it back",
    "older": "older than what is, or was, in use",
    "file-missing": "a sealed file is absent, a link or no plain file",
    "file-extra": "a file that is not part of the bundle",
    "file-size": "a file or the whole bundle is larger than allowed",
    "hash": "a file is not the one that was sealed",
    "features": "the bundle was made for other features",
    "ports": "inputs or outputs differ from the manifest or from what the service feeds",
    "graph": "the graph cannot be parsed, reckoned with or run",
    "external-data": "the graph wants weights from outside the file",
    "operator": "an operator, domain, function or subgraph that no ranker here needs",
    "opset": "the graph's opset or format is not the manifest's",
    "tables": "the tables cannot be read or do not fit together",
    "golden": "the graph does not give the scores it gave when it was made",
    "not-finite": "a weight or score is NaN or infinite, or a score is no chance",
    "deadline": "scoring takes too long",
}

# Graphs of offers are our own, also beside a ranker of somebody else's in another opset.
_OFFERS_OPSET = 17

# Parity between trainer and runtime; another CPU may round a little differently.
TOLERANCE = 1e-5

# The golden rows take a millisecond; a machine may be busy, and what never ends is not waited for.
CANARY_S = 2.0

# Training writes 256; checking must not become a way to keep a store busy.
_GOLDEN_ROWS_MAX = 1024
_GOLDEN_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBundle:
    """A bundle whose every byte is vouched for, not opened yet. ``files``: all of them, by name."""

    manifest: Manifest
    digest: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBundle:
    """A bundle that holds all its promises, opened; ``offers`` is None where it knows no chances of redemption."""

    manifest: Manifest
    digest: str
    tables: Tables
    scorer: Scorer
    offers: Scorer | None


def verify_bundle(folder: Path, trust: Trust | None = None) -> Manifest:
    """Check the bundle in ``folder``. Raises ``BundleRefused`` with one of ``REASONS``."""
    return check_bundle(folder, trust).manifest


def check_bundle(
    folder: Path, trust: Trust | None = None, deadline_s: float | None = None
) -> CheckedBundle:
    """Read, check and open in one pass; ``trust`` is the release key's alone if none is given.

    Raises ``BundleRefused`` with one of ``REASONS``.
    """
    return check_sealed(read_sealed(folder, trust), deadline_s)


def read_sealed(folder: Path, trust: Trust | None = None) -> SealedBundle:
    """Every file, once signature and seals have been proven; nothing unsigned is parsed."""
    data = read_plain(folder / MANIFEST, limit=MANIFEST_BYTES_MAX)
    signature = read_signature(folder)
    (trust or trust_in()).signer(data, signature)
    manifest = parse_manifest(data, folder)
    # Before the files: those of a newer service may be others, and the answer must be to upgrade.
    _check_service(manifest, folder)
    files = {MANIFEST: data, **_sealed_files(folder, manifest)}
    if signature is not None:
        files[SIGNATURE] = signature
    _check_closed(folder, files)
    return SealedBundle(manifest=manifest, digest=digest_of(data), files=files)


def check_sealed(sealed: SealedBundle, deadline_s: float | None = None) -> CheckedBundle:
    """Open the bundle, and score its golden rows. Raises ``BundleRefused`` with one of ``REASONS``."""
    manifest, files = sealed.manifest, sealed.files
    if manifest.features not in FED:
        raise BundleRefused(reason="features", detail="not the service's features")
    if manifest.offer_features != (OFFER_FEATURES if OFFERS in files else ()):
        raise BundleRefused(reason="features", detail="not the service's features of offers")
    ports = (manifest.inputs, manifest.outputs)
    if ports != (inputs_of(manifest.features), OUTPUTS):
        raise BundleRefused(reason="ports", detail="not the service's ports")
    check_graph(files[GRAPH], opset=manifest.opset, ports=ports, operators=OPERATORS)
    tables = read_tables(files[TABLES])
    if len(tables) != manifest.items:
        raise BundleRefused(reason="tables", detail="another number of items")
    scorer = Scorer(files[GRAPH], CANARY_S)
    check_golden(scorer, files[GOLDEN], len(manifest.features))
    scorer.deadline_s = deadline_s
    offers = _check_offers(files, deadline_s) if OFFERS in files else None
    return CheckedBundle(
        manifest=manifest, digest=sealed.digest, tables=tables, scorer=scorer, offers=offers
    )


def _check_offers(files: Mapping[str, bytes], deadline_s: float | None) -> Scorer:
    """The graph that says how likely an offer is redeemed, held to all that the ranker's is held to."""
    check_graph(
        files[OFFERS],
        opset=_OFFERS_OPSET,
        ports=(OFFER_INPUTS, OFFER_OUTPUTS),
        operators=OFFER_OPERATORS,
    )
    scorer = Scorer(files[OFFERS], CANARY_S)
    check_golden(scorer, files[OFFERS_GOLDEN], len(OFFER_FEATURES))
    scorer.deadline_s = deadline_s
    return scorer


def _check_service(manifest: Manifest, folder: Path) -> None:
    here = version("storeside")
    if _numbers(manifest.minimum_service) > _numbers(here):
        raise BundleRefused(
            reason="service",
            detail=f"it needs storeside {manifest.minimum_service}, this is {here}",
            path=folder,
        )


def _numbers(said: str) -> tuple[int, ...]:
    return tuple(int(part) for part in said.split(".")[:3] if part.isdigit())


def _sealed_files(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    names = [sealed.name for sealed in manifest.files]
    if sorted(names) not in (sorted(SEALED), sorted(SEALED_WITH_OFFERS)):
        raise BundleRefused(
            reason="manifest",
            detail=f"seals {', '.join(names)}, not {', '.join(SEALED)}",
            path=folder,
        )
    # By the signed sizes: nothing has been read yet.
    if sum(sealed.size for sealed in manifest.files) > BYTES_MAX:
        raise BundleRefused(
            reason="file-size", detail=f"more than {BYTES_MAX} bytes", path=folder
        )
    files: dict[str, bytes] = {}
    for sealed in manifest.files:
        data = read_plain(folder / sealed.name, limit=sealed.size)
        if hashlib.sha256(data).hexdigest() != sealed.sha256:
            raise BundleRefused(reason="hash", detail=f"{sealed.name} was changed", path=folder)
        files[sealed.name] = data
    return files


def _check_closed(folder: Path, own: Iterable[str]) -> None:
    """Nothing lies beside the bundle's own files, so nobody can take it for a part."""
    strange = sorted({file.name for file in folder.iterdir()} - {MANIFEST, SIGNATURE, *own})
    if strange:
        raise BundleRefused(
            reason="file-extra", detail=f"{strange[0]!r} is not part of it", path=folder
        )


def check_golden(scorer: Scorer, data: bytes, width: int = len(FEATURES)) -> None:
    """The golden rows, ``width`` features each, still get their scores, and every score is a chance."""
    features, chances = _read_golden(data, width)
    scored = scorer.score(features)
    if scored.shape != chances.shape or not np.isfinite(scored).all():
        raise BundleRefused(reason="not-finite", detail="a golden row has no finite score")
    if scored.min() < 0 or scored.max() > 1:
        raise BundleRefused(reason="not-finite", detail="a golden score is no chance")
    worst = float(np.abs(scored - chances).max())
    # Written so that NaN is refused as well.
    if not worst <= TOLERANCE:
        raise BundleRefused(reason="golden", detail=f"scores differ by {worst:.2g}")


def _read_golden(data: bytes, width: int) -> tuple[Floats, Floats]:
    arrays = read_arrays(data, reason="golden", limit=_GOLDEN_BYTES_MAX)
    if arrays.keys() != {"features", "chances"}:
        raise BundleRefused(reason="golden", detail="not the arrays of golden rows")
    features, chances = arrays["features"], arrays["chances"]
    rows = chances.size
    if (
        not 0 < rows <= _GOLDEN_ROWS_MAX
        or (features.shape, chances.shape) != ((rows, width), (rows,))
        or not features.dtype == chances.dtype == np.float32
    ):
        raise BundleRefused(reason="golden", detail="no golden rows for these features")
    return features.astype(np.float32), chances.astype(np.float32)


def write_golden(features: Floats, chances: Floats) -> bytes:
    """The golden file: rows and the trainer's own scores of them."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, features=features, chances=chances)
    return file.getvalue()
