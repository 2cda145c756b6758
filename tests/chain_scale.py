"""The chain's stage at several sizes: seconds, memory and disk. ``python -m tests.chain_scale --times 1,5,25``.

Each size is so many copies of the public data's weeks before the cut: new households, days moved by up to
three, three lines in a hundred exchanged for another product of the same type, in Parquet by region and month.
Written, read and removed in a temporary folder; nothing is held in memory, and the stage runs in a child of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from models.out_of_core.cleaning import CleanPlan
from models.out_of_core.counting import count_plan
from models.out_of_core.duck import DuckLimits
from models.out_of_core.profiles import profiles
from models.out_of_core.stage import prepare
from models.out_of_core.tabulating import tabulate_chain
from models.sources.journey import LOCAL_OFFSET_S
from models.sources.parquet import data_folder
from models.statistics.tabulate import TablePlan

UNTIL_DAY = 17_468  # 2017-10-29, the last day of week 44: later weeks are for judging
WEEK = 44
SEED = 7
REGIONS = 8
_SWAPPED_PER_MILLE = 30
_HOUSEHOLDS_APART = 1_000_000
_KIB = 1024
_TOLD = (
    "times",
    "rows",
    "households",
    "items",
    "shards",
    "total_s",
    "s_a_million_rows",
    "cpu_s_a_million_rows",
    "peak_rss_mib",
    "disk_mib",
    "spilt_mib",
)

_SHELF = """
CREATE TABLE shelf AS
SELECT product_type, product_id,
    ROW_NUMBER() OVER (PARTITION BY product_type ORDER BY product_id) - 1 AS place,
    COUNT(*) OVER (PARTITION BY product_type) AS width
FROM (SELECT DISTINCT t.product_id, p.product_type FROM till AS t JOIN products AS p USING (product_id)
      WHERE p.product_type IS NOT NULL)
"""
_COPY = """
SELECT household_id + {copy} * {apart} AS household_id, store_id, basket_id * 64 + {copy} AS basket_id,
    COALESCE(s.product_id, m.product_id) AS product_id, quantity, sales_value, week,
    transaction_timestamp + TO_DAYS(moved) AS transaction_timestamp,
    store_id % {regions} AS region, STRFTIME(transaction_timestamp, '%Y-%m') AS month
FROM (
    SELECT t.*, own.product_type, own.width,
        CAST(HASH(t.household_id, CAST(t.transaction_timestamp AS DATE), {copy}, {seed}) % 7 AS INT) - 3 AS moved,
        HASH(t.basket_id, t.product_id, {copy}, {seed}) AS luck
    FROM till AS t LEFT JOIN shelf AS own USING (product_id)
) AS m
LEFT JOIN shelf AS s
    ON m.luck % 1000 < {swapped} AND s.product_type = m.product_type AND s.place = (m.luck // 1000) % m.width
"""


def replicate(folder: Path, copies: int, limits: DuckLimits) -> None:
    """Write so many copies of the public data as a source folder."""
    public = data_folder("completejourney")
    folder.mkdir(parents=True)
    shutil.copyfile(public / "products.parquet", folder / "products.parquet")
    with duckdb.connect(config={"memory_limit": f"{limits.memory_mb}MiB", "threads": 2}) as db:
        db.execute(f"SET temp_directory = '{folder}.spill'")
        db.execute("SET preserve_insertion_order = false")
        before_s = (UNTIL_DAY + 1) * 86_400 - LOCAL_OFFSET_S
        db.execute(
            f"CREATE VIEW till AS FROM '{public}/transactions.parquet' "
            f"WHERE EPOCH(transaction_timestamp) < {before_s}"
        )
        db.execute(f"CREATE VIEW products AS FROM '{public}/products.parquet'")
        db.execute(_SHELF)
        db.execute(
            f"COPY (FROM '{public}/promotions.parquet' WHERE week <= {WEEK}) "
            f"TO '{folder}/promotions.parquet' (FORMAT parquet)"
        )
        for copy in range(copies):
            rows = _COPY.format(
                copy=copy,
                apart=_HOUSEHOLDS_APART,
                regions=REGIONS,
                seed=SEED,
                swapped=_SWAPPED_PER_MILLE,
            )
            db.execute(
                f"COPY ({rows}) TO '{folder}/transactions' (FORMAT parquet, PARTITION_BY (region, month), "
                f"OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'copy-{copy}-{{i}}')"
            )


def stage_all(source: Path, out: Path, limits: DuckLimits) -> dict[str, object]:
    """The whole stage, as a child runs it: seconds a step, processor time, and the peak of its memory."""
    seconds: dict[str, float] = {}
    began = time.monotonic()

    def lap(name: str) -> None:
        seconds[name] = round(time.monotonic() - began - sum(seconds.values()), 2)

    plan = CleanPlan(last_day=UNTIL_DAY, offset_s=LOCAL_OFFSET_S)
    stage = prepare(source, out, plan, limits, _quiet)
    lap("clean")
    stage.counts(count_plan(UNTIL_DAY, TablePlan(), stage.facts.weeks), _quiet)
    lap("count")
    tables = tabulate_chain(stage, UNTIL_DAY, TablePlan(), SEED, _quiet)
    lap("tables")
    households = written = 0
    for _, profile in profiles(stage, UNTIL_DAY, _quiet):
        households += 1
        written += len(profile)
    lap("profiles")
    status = Path("/proc/self/status").read_text()
    peak_kib = next(
        int(row.split()[1]) for row in status.splitlines() if row.startswith("VmHWM")
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": stage.facts.rows,
        "shards": len(stage.facts.shards),
        "households": households,
        "items": len(tables),
        "profile_bytes": written,
        "seconds": seconds,
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_rss_mib": peak_kib // _KIB,
    }


def measure(copies: int, limits: DuckLimits, room: Path) -> dict[str, Any]:
    """One size, from nothing to nothing."""
    source, out = room / "source", room / "work" / "stage"
    began = time.monotonic()
    replicate(source, copies, limits)
    replicated_s = time.monotonic() - began
    out.parent.mkdir()
    child = [sys.executable, "-m", "tests.chain_scale", "--child", str(source), str(out)]
    child += ["--memory-mb", str(limits.memory_mb), "--threads", str(limits.threads)]
    disk = spilt = 0
    with subprocess.Popen(child, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603  # itself
        while running.poll() is None:
            disk = max(disk, _size(out.parent))
            spilt = max(spilt, _size(out.with_name(".stage.spill")))
            time.sleep(0.5)
        told = running.stdout.read() if running.stdout else ""
    if running.returncode:
        raise SystemExit(f"the stage failed at {copies} copies")
    found: dict[str, Any] = json.loads(told)
    total = sum(found["seconds"].values())
    source_mib = _size(source) >> 20
    shutil.rmtree(source)
    shutil.rmtree(out.parent)
    return {
        "times": copies,
        **found,
        "total_s": round(total, 1),
        "s_a_million_rows": round(1e6 * total / found["rows"], 2),
        "cpu_s_a_million_rows": round(1e6 * found["cpu_s"] / found["rows"], 2),
        "source_mib": source_mib,
        "disk_mib": disk >> 20,
        "spilt_mib": spilt >> 20,
        "replicated_s": round(replicated_s, 1),
    }


def main() -> None:
    """Measure every size, print a table, write the figures."""
    told = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    told.add_argument("--times", default="1,5,25")
    told.add_argument("--memory-mb", type=int, default=4096)
    told.add_argument("--threads", type=int, default=2)
    told.add_argument("--json", type=Path, default=Path("reports/chain-scale.json"))
    told.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = told.parse_args()
    limits = DuckLimits(memory_mb=given.memory_mb, threads=given.threads)
    if given.child:
        source, out = given.child
        sys.stdout.write(json.dumps(stage_all(source, out, limits)))
        return
    sizes: list[dict[str, Any]] = []
    for times in map(int, given.times.split(",")):
        with tempfile.TemporaryDirectory(prefix="chain-scale-") as room:
            sizes.append(measure(times, limits, Path(room)))
        sys.stdout.write(_line(sizes[-1], head=len(sizes) == 1))
        sys.stdout.flush()
    given.json.parent.mkdir(parents=True, exist_ok=True)
    document = {"memory_mb": limits.memory_mb, "threads": limits.threads, "sizes": sizes}
    given.json.write_text(json.dumps(document, indent=1) + "\n")


def _line(size: dict[str, Any], *, head: bool) -> str:
    wide = [max(len(name), 10) for name in _TOLD]
    first = "  ".join(name.rjust(width) for name, width in zip(_TOLD, wide, strict=True))
    values = [f"{size[name]:,}" for name in _TOLD]
    row = "  ".join(value.rjust(width) for value, width in zip(values, wide, strict=True))
    steps = ", ".join(f"{name} {taken} s" for name, taken in size["seconds"].items())
    return (f"{first}\n" if head else "") + f"{row}   ({steps})\n"


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:  # gone meanwhile
            continue
    return total


def _quiet(_step: str, _done: float) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main()
