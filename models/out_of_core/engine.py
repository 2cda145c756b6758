"""What the stage asks of an engine: tables over Parquet folders, views, and SQL written to Parquet.

Every step is written against it; ``duck`` and ``spark`` are the two that fit.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy.typing as npt

from models.items import Keys

# Any: integers and floats of several widths.
Columns = dict[str, npt.NDArray[Any]]


class Engine(Protocol):
    """DuckDB in one process, or a Spark session; paths are whatever the engine can open."""

    def table(self, name: str, path: str) -> None:
        """Show a Parquet file, or a folder of them, as ``name``; folders ``column=value`` are columns.

        Raises ``SourceUnreadable``.
        """

    def kinds(self, name: str) -> dict[str, str]:
        """The columns of what is shown as ``name``, and the engine's words for their types."""
        ...

    def till(self, kinds: Mapping[str, str]) -> str:
        """The SQL that makes ``transactions`` of ``source``: engines read times in their own ways."""
        ...

    def rows(self, name: str, columns: Mapping[str, Keys]) -> None:
        """Show a small table from memory as ``name``, all columns 64-bit integers."""

    def view(self, name: str, sql: str) -> None:
        """Show a query as ``name``."""

    def write(self, sql: str, path: str, by: str | None = None) -> None:
        """Run a query into Parquet files in the new folder ``path``, one folder a value of ``by``.

        Raises ``StageFailed``.
        """

    def read(self, sql: str) -> Columns:
        """Run a query whose answer is small enough for memory. Raises ``StageFailed``."""
        ...


def absent_or_named(kinds: Mapping[str, str]) -> dict[str, str]:
    """For each column that a source may lack its name, or what stands for it in SQL."""
    # As in memory: a source that does not tell its store has one.
    absent = {"household_id": "NULL", "store_id": "0", "basket_id": "NULL", "week": "NULL"}
    return {name: name if name in kinds else other for name, other in absent.items()}
