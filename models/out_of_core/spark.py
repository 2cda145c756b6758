"""The stage on an existing Spark: the same SQL files, run by a session that somebody else has set up.

``spark-submit`` runs it on a cluster; ``stage`` opens the folder that it leaves.

``spark-submit deploy/spark/counters.py --help`` tells the options; ``docs/scale.md`` the whole way.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import SourceUnreadable
from models.items import Keys
from models.out_of_core.cleaning import CleanedCounts, CleanPlan, clean
from models.out_of_core.counting import count, count_plan, count_profiles
from models.out_of_core.engine import Columns, absent_or_named
from models.out_of_core.errors import StageFailed
from models.out_of_core.layout import counts_name, profiles_name, seal_folder
from models.out_of_core.sources import show_source
from models.sources.goods import read_goods
from models.sources.journey import LOCAL_OFFSET_S
from models.statistics.tabulate import TablePlan

# Any: a Spark session; pyspark is there on clusters, and in no store.
Session = Any

SETTINGS = {
    # Times are shifted by the stage; the session must not shift them as well.
    "spark.sql.session.timeZone": "UTC",
    # Spark knows microseconds; pandas writes nanoseconds.
    "spark.sql.legacy.parquet.nanosAsLong": "true",
}

# RINT takes halves to even, as ``np.rint`` does in memory.
_TILL = """
SELECT
    CAST({household_id} AS BIGINT) AS household,
    CAST({store_id} AS BIGINT) AS store,
    CAST({basket_id} AS BIGINT) AS basket,
    CAST(product_id AS BIGINT) AS item,
    TRY_CAST(CEIL(quantity) AS BIGINT) AS quantity,
    CAST(sales_value AS DOUBLE) AS paid,
    CAST(RINT(CAST(sales_value AS DOUBLE) * 100) AS BIGINT) AS cents,
    CAST({week} AS BIGINT) AS week,
    {second} AS second_utc
FROM source
"""
_SECONDS = "CAST(FLOOR(CAST(CAST(transaction_timestamp AS TIMESTAMP) AS DOUBLE)) AS BIGINT)"
_NANOSECONDS = "CAST(FLOOR(transaction_timestamp / 1000000000.0) AS BIGINT)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkJob:
    """What to read, where to write, how to clean and what to count."""

    transactions: str
    promotions: str | None
    products: Path
    out: str
    clean: CleanPlan
    tables: TablePlan


class Spark:
    """A Spark session as a ``models.out_of_core.engine.Engine``; paths are any that it can open."""

    def __init__(self, session: Session) -> None:
        """Use ``session``, whose clock and Parquet settings are set to ``SETTINGS``."""
        self._session = session
        for name, value in SETTINGS.items():
            session.conf.set(name, value)

    def table(self, name: str, path: str) -> None:
        """See ``Engine``."""
        failure = _failure()
        try:
            self._session.read.parquet(path).createOrReplaceTempView(name)
        except failure as refused:
            raise SourceUnreadable(
                source=path, missing=f"not readable as Parquet ({_first_line(refused)})"
            ) from refused

    def kinds(self, name: str) -> dict[str, str]:
        """See ``Engine``."""
        return dict(self._session.table(name).dtypes)

    def till(self, kinds: Mapping[str, str]) -> str:
        """See ``Engine``."""
        counted = kinds["transaction_timestamp"] == "bigint"
        return _TILL.format(
            second=_NANOSECONDS if counted else _SECONDS, **absent_or_named(kinds)
        )

    def rows(self, name: str, columns: Mapping[str, Keys]) -> None:
        """See ``Engine``."""
        rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
        shape = ", ".join(f"{column} BIGINT" for column in columns)
        self._session.createDataFrame(rows, shape).createOrReplaceTempView(name)

    def view(self, name: str, sql: str) -> None:
        """See ``Engine``."""
        self._session.sql(sql).createOrReplaceTempView(name)

    def write(self, sql: str, path: str, by: str | None = None) -> None:
        """See ``Engine``."""
        failure = _failure()
        try:
            found = self._session.sql(sql)
            if by is None:
                found.write.parquet(path)
                return
            found.write.partitionBy(by).parquet(path)
            if not self._session.read.schema(found.schema).parquet(path).inputFiles():
                # no row, no folder, and no column to read
                found.limit(0).drop(by).write.parquet(f"{path}/{by}=0")
        except failure as failed:
            raise StageFailed(step=path, reason=_first_line(failed)) from failed

    def read(self, sql: str) -> Columns:
        """See ``Engine``."""
        found = self._session.sql(sql)
        rows = found.collect()
        return {name: np.array([row[name] for row in rows]) for name in found.columns}


def run(session: Session, job: SparkJob) -> CleanedCounts:
    """The whole stage: clean, count at the cut, count profiles. Progress is Spark's own."""
    engine, cut = Spark(session), job.clean.last_day
    show_source(engine, job.transactions, job.promotions)
    goods = read_goods(job.products)
    cleaned = clean(engine, goods.items, job.out, job.clean, _quiet)
    counts = count_plan(cut, job.tables, cleaned.weeks)
    count(engine, job.out, f"{job.out}/{counts_name(counts)}", cleaned.shards, counts, _quiet)
    profiles = f"{job.out}/{profiles_name(cut)}"
    count_profiles(engine, job.out, profiles, cleaned.shards, cut, _quiet)
    # An object store has no folder to put the facts into: whoever copies it down adds them.
    if Path(job.out).is_dir():
        seal_folder(Path(job.out), cleaned, job.products)
    return cleaned


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the job of the command line in the session that ``spark-submit`` has set up."""
    sql: Any = import_module("pyspark.sql")
    job = read_job(arguments)
    session = sql.SparkSession.builder.appName("storeside counters").getOrCreate()
    try:
        cleaned = run(session, job)
    finally:
        session.stop()
    told = {name: getattr(cleaned, name) for name in ("rows", "lines", "shards", "promoted")}
    sys.stdout.write(json.dumps(told) + "\n")


def read_job(arguments: Sequence[str] | None) -> SparkJob:
    """The job that a command line tells."""
    usual = TablePlan()
    told = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    told.add_argument(
        "--transactions", required=True, help="the till rows, any path Spark opens"
    )
    told.add_argument("--promotions", default=None, help="if there are any, any such path")
    told.add_argument("--products", required=True, type=Path, help="a path the driver opens")
    told.add_argument("--out", required=True, help="a new folder, any path Spark writes")
    told.add_argument("--until", required=True, type=date.fromisoformat, help="the last day")
    told.add_argument("--shards", type=int, default=None, help="groups of households")
    told.add_argument("--offset-hours", type=float, default=LOCAL_OFFSET_S / 3600)
    told.add_argument("--trips-min", type=int, default=usual.trips_min)
    told.add_argument("--kin", type=int, default=usual.kin)
    told.add_argument("--kin-support", type=int, default=usual.kin_support)
    given = told.parse_args(arguments)
    until = (given.until - date(1970, 1, 1)).days
    offset_s = round(given.offset_hours * 3600)
    return SparkJob(
        transactions=given.transactions,
        promotions=given.promotions,
        products=given.products,
        out=given.out,
        clean=CleanPlan(last_day=until, offset_s=offset_s, shards=given.shards),
        tables=TablePlan(
            trips_min=given.trips_min,
            kin=given.kin,
            kin_support=given.kin_support,
        ),
    )


def _failure() -> type[Exception]:
    errors: Any = import_module("pyspark.errors")
    failure: type[Exception] = errors.PySparkException
    return failure


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")


def _quiet(_step: str, _done: float) -> None:
    """Spark tells its progress itself."""
