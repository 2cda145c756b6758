"""A source of the analyst's commands: as it is, or written in our columns first by ``--columns``.

``model_training`` opens one before it learns, counts or judges.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.output import note
from models.sources.column_map import SourceMap, read_source_map, ready_maps
from models.sources.journey import LOCAL_OFFSET_S
from models.sources.ta_feng import NAME as TA_FENG

_PUBLIC = frozenset({"completejourney", TA_FENG})

Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="MAP",
        help="Which column is which: a .toml file, or " + ", ".join(ready_maps()) + ".",
    ),
]
Offset = Annotated[
    float | None,
    typer.Option(
        "--utc-offset",
        metavar="HOURS",
        min=-14,
        max=14,
        help="Local time less that of the timestamps; 0 where they are local. Default: what the map says,"
        " without one -5.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSource:
    """What readers are given: the name of public data, or a folder in our columns, and its offset."""

    data: str
    utc_offset_hours: float


@contextmanager
def open_source(
    data: str, columns: str | None, utc_offset: float | None, told: Callable[[str, float], None]
) -> Generator[OpenedSource]:
    """The source; what had to be written for it is gone afterwards. Raises ``SourceUnreadable``."""
    read = None if columns is None else read_source_map(columns)
    hours = utc_offset if utc_offset is not None else _hours_of(read)
    # DuckDB is in the extra "train" and not needed for anything else.
    mapped = import_module("models.out_of_core.mapped")
    source = Path(data)
    if data in _PUBLIC or (read is None and not mapped.needs_writing(source)):
        yield OpenedSource(data=data, utc_offset_hours=hours)
        return
    with tempfile.TemporaryDirectory(prefix="storeside-source-") as room:
        # Under its own name: a bundle tells what it was made of.
        written = mapped.write_mapped(source, read, Path(room) / source.resolve().stem, told)
        if written.broken:
            note(f"{written.broken:,} lines left out: they cannot be taken apart into cells")
        yield OpenedSource(data=str(written.folder), utc_offset_hours=hours)


def _hours_of(read: SourceMap | None) -> float:
    return LOCAL_OFFSET_S / 3600 if read is None else read.utc_offset_hours
