"""The same SQL on Spark, as its users start it, in its local mode: every row as DuckDB has it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.out_of_core.cleaning import CleanPlan
from models.out_of_core.counting import count_plan
from models.out_of_core.engine import Columns
from models.out_of_core.spark import read_job
from models.out_of_core.stage import Stage, prepare
from models.out_of_core.tabulating import tabulate_chain
from models.sources.journey import LOCAL_OFFSET_S, read_journey
from models.statistics.tables import rounded
from models.statistics.tabulate import TablePlan, tabulate
from tests.models.out_of_core.conftest import LIMITS, quiet
from tests.models.town import SMALL, UNTIL, UNTIL_DAY

ROOT = Path(__file__).parents[3]
SUBMIT = Path(sys.executable).with_name("spark-submit")
QUIETLY = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@pytest.fixture(scope="module")
def counted(advertised: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The town with promotions, cleaned and counted by ``spark-submit``."""
    assert shutil.which("java"), "Spark needs Java 17: apt-get install openjdk-17-jre-headless"
    assert SUBMIT.exists(), "Spark is not here: pip install 'storeside[spark]'"
    home = tmp_path_factory.mktemp("spark")
    settings = [f"--conf={name}={value}" for name, value in QUIETLY.items()]
    told = [
        f"--transactions={advertised / 'transactions.parquet'}",
        f"--promotions={advertised / 'promotions.parquet'}",
        f"--products={advertised / 'products.parquet'}",
        f"--out={home / 'out'}",
        f"--until={UNTIL}",
        "--shards=1",
        "--trips-min=5",
        "--kin=5",
        "--kin-support=1",
    ]
    submitted = subprocess.run(  # noqa: S603  # what users type
        [
            str(SUBMIT),
            "--master=local[1]",
            "--driver-memory=600m",
            *settings,
            str(ROOT / "deploy/spark/counters.py"),
            *told,
        ],
        env={
            **os.environ,
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(home / "spill"),
        },
        cwd=home,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert submitted.returncode == 0, submitted.stderr[-3000:]
    assert json.loads(submitted.stdout.splitlines()[-1])["shards"] == [0]
    yield Stage(home / "out", LIMITS)
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def ours(advertised: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The same by DuckDB."""
    out = tmp_path_factory.mktemp("duck") / "out"
    plan = CleanPlan(last_day=UNTIL_DAY, offset_s=LOCAL_OFFSET_S, shards=1)
    staged = prepare(advertised, out, plan, LIMITS, quiet)
    staged.counts(count_plan(UNTIL_DAY, SMALL.tables, staged.facts.weeks), quiet)
    staged.counters(UNTIL_DAY, quiet)
    return staged


def rows_of(stage: Stage, folder: str) -> Columns:
    with stage.engine() as duck:
        duck.table("found", str(stage.folder / folder))
        return duck.read("SELECT * FROM found ORDER BY ALL")


@pytest.mark.slow  # Spark takes two minutes to start
@pytest.mark.timeout(400)
def test_every_row_is_the_same_on_both_engines(ours: Stage, counted: Stage) -> None:
    assert counted.facts == ours.facts
    (counts,) = (folder.name for folder in ours.folder.glob("counts-*"))
    tables = [f"{counts}/{folder.name}" for folder in (ours.folder / counts).iterdir()]
    assert len(tables) == 14
    own = ("lines", "trips", "promoted", "told", "cells", "places", f"profiles-{UNTIL_DAY}")
    for name in (*own, *tables):
        mine, theirs = rows_of(ours, name), rows_of(counted, name)
        assert set(mine) == set(theirs)
        assert len(next(iter(mine.values())))
        for column, values in mine.items():
            np.testing.assert_array_equal(theirs[column], values, f"{name}.{column}")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_spark_counted_makes_the_tables_of_the_definition(
    counted: Stage, advertised: Path
) -> None:
    theirs = tabulate(read_journey(advertised), UNTIL_DAY, SMALL.tables, 3)
    heard: list[str] = []
    made = tabulate_chain(
        counted, UNTIL_DAY, SMALL.tables, 3, lambda step, _: heard.append(step)
    )
    assert heard == ["tabulating"]
    assert rounded(made).to_bytes() == rounded(theirs).to_bytes()


def test_a_job_without_more_words_counts_as_training_does() -> None:
    job = read_job(
        ["--transactions=s3a://chain/till", "--products=p", "--out=o", "--until=2017-10-29"]
    )
    assert job.clean == CleanPlan(last_day=17_468, offset_s=LOCAL_OFFSET_S, shards=None)
    assert job.tables == TablePlan()
