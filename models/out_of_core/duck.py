"""The one door to DuckDB: SQL over Parquet in bounded memory, spilling to a folder.

``stage`` opens it for all its steps; a chain too large for one machine takes ``spark`` instead.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import numpy as np

from models.errors import SourceUnreadable
from models.items import Keys
from models.out_of_core.engine import Columns, absent_or_named
from models.out_of_core.errors import StageFailed

# ROUND_EVEN takes halves to even, as ``np.rint`` does in memory. TRY_CAST: a price too high for cents must
# not stop the stage, since lines.sql leaves its row out.
_TILL = """
SELECT
    CAST({household_id} AS BIGINT) AS household,
    CAST({store_id} AS BIGINT) AS store,
    CAST({basket_id} AS BIGINT) AS basket,
    CAST(product_id AS BIGINT) AS item,
    TRY_CAST(CEIL(quantity) AS BIGINT) AS quantity,
    CAST(sales_value AS DOUBLE) AS paid,
    TRY_CAST(ROUND_EVEN(CAST(sales_value AS DOUBLE) * 100, 0) AS BIGINT) AS cents,
    CAST({week} AS BIGINT) AS week,
    CAST(FLOOR(EPOCH(transaction_timestamp)) AS BIGINT) AS second_utc
FROM source
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckLimits:
    """What one run may take.

    DuckDB keeps to ``memory_mb`` for its own; Python and the file buffers come on top, about a
    gigabyte.
    """

    memory_mb: int = 4096
    threads: int = 2


class Duck:
    """An in-process DuckDB as a ``models.out_of_core.engine.Engine``."""

    def __init__(self, limits: DuckLimits, spill: Path, *, in_order: bool = False) -> None:
        """Open it; nothing is installed, loaded or sent anywhere. ``in_order``: what is written keeps its order."""
        self._opened = duckdb.connect(
            config={
                "memory_limit": f"{limits.memory_mb}MiB",
                "threads": limits.threads,
                "temp_directory": str(spill),
                # Where order matters the SQL asks for it, mostly; keeping that of the rows costs memory.
                "preserve_insertion_order": in_order,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def table(self, name: str, path: str) -> None:
        """See ``Engine``."""
        files = f"{path}/**/*.parquet" if Path(path).is_dir() else path
        quoted = files.replace("'", "''")
        with _refusing(path):
            self.view(name, f"FROM read_parquet('{quoted}', hive_partitioning = true)")

    def kinds(self, name: str) -> dict[str, str]:
        """See ``Engine``."""
        told = self._opened.execute(f"DESCRIBE {name}").fetchall()
        return {str(row[0]): str(row[1]) for row in told}

    def till(self, kinds: Mapping[str, str]) -> str:
        """See ``Engine``."""
        return _TILL.format(**absent_or_named(kinds))

    def rows(self, name: str, columns: Mapping[str, Keys]) -> None:
        """See ``Engine``."""
        self._opened.register("given", dict(columns))
        self._opened.execute(f"CREATE OR REPLACE TABLE {name} AS FROM given")
        # The table is a copy, so the arrays may go.
        self._opened.unregister("given")

    def view(self, name: str, sql: str) -> None:
        """See ``Engine``."""
        self._opened.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")

    def show(self, name: str, sql: str) -> None:
        """Show what a query reads of files that others wrote. Raises ``SourceUnreadable``."""
        try:
            self.view(name, sql)
        except duckdb.Error as refused:
            raise SourceUnreadable(
                source=name.replace("_", " "),
                missing=f"not readable as a table ({_first_line(refused)})",
                mend="name its delimiter and encoding in the map",
            ) from refused

    def copy(self, sql: str, file: Path) -> None:
        """Run a query into one Parquet file. Raises ``StageFailed``."""
        self._copy(sql, file)

    def rejected(self) -> int:
        """How many lines of text files could not be taken apart into cells, so far."""
        # The table is there from the first file of text on.
        known = self._opened.execute("SHOW TABLES").fetchall()
        if ("reject_errors",) not in known:
            return 0
        found = self.read(
            "SELECT COUNT(DISTINCT (s.file_path, e.line)) AS n FROM reject_errors AS e"
            " INNER JOIN reject_scans AS s USING (scan_id, file_id)"
        )
        return int(found["n"][0])

    def write(self, sql: str, path: str, by: str | None = None) -> None:
        """See ``Engine``."""
        folder = Path(path)
        folder.mkdir(parents=True)
        if by is None:
            self._copy(sql, folder / "part-0.parquet")
            return
        self._copy(sql, folder, f", PARTITION_BY ({by}), OVERWRITE_OR_IGNORE")
        if not any(folder.iterdir()):  # no row, no folder, and no column to read
            nothing = f"SELECT * EXCLUDE ({by}) FROM ({sql}) LIMIT 0"  # noqa: S608  # our own SQL
            self.write(nothing, f"{path}/{by}=0")

    def copy_chosen(
        self, name: str, column: str, file: Path, before_s: int | None = None
    ) -> None:
        """The rows of ``name`` whose ``column`` is in ``chosen(id)``, as they are, from before a second."""
        rows = f"FROM {name} WHERE {column} IN (SELECT id FROM chosen)"  # noqa: S608  # names of ours
        if before_s is not None:
            rows += f" AND EPOCH(transaction_timestamp) < {before_s:d}"
        self._copy(rows, file)

    def read(self, sql: str) -> Columns:
        """See ``Engine``."""
        with _failing("reading"):
            found = self._opened.execute(sql).fetchnumpy()
        return {name: np.asarray(column) for name, column in found.items()}

    def _copy(self, sql: str, to: Path, split: str = "") -> None:
        quoted = str(to).replace("'", "''")
        with _failing(str(to.parent.name)):
            self._opened.execute(
                f"COPY ({sql}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd{split})"
            )


@contextmanager
def _refusing(path: str) -> Generator[None]:
    try:
        yield
    except duckdb.Error as refused:
        raise SourceUnreadable(
            source=path, missing=f"not readable as Parquet ({_first_line(refused)})"
        ) from refused


@contextmanager
def _failing(step: str) -> Generator[None]:
    try:
        yield
    except duckdb.Error as failed:
        raise StageFailed(step=step, reason=_first_line(failed)) from failed


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
