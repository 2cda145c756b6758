"""Two named strategies against each other at the kiosks: people are drawn, and what sells more is found."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from edge.domain.errors import SettingsInvalid
from edge.lab.simulate.findings import findings
from edge.lab.simulate.options import SimulateOptions, strategies_of
from edge.lab.simulate.planted_truth import PlantedTruth
from edge.lab.simulate.portfolio import SHELVES
from edge.lab.simulate.run import play

NEW, BOUGHT = "new-for-you", "recently-bought"


# Three hours of a store, played twice; `storeside simulate --strategies` shows the same.
@pytest.mark.slow
def test_each_arm_is_shown_by_its_own_strategy_and_held_beside_the_other(
    tmp_path: Path,
) -> None:
    options = SimulateOptions(
        hours=3,
        seed=2,
        visits_a_day=400,
        source="completejourney",
        strategies=(NEW, BOUGHT),
        plant=PlantedTruth(shown_pct=400),
    )
    played = play(options, tmp_path)
    trial = next(c for c in played.portfolio.campaigns if c.id == SHELVES)
    with closing(sqlite3.connect(played.database)) as conn:
        rows = conn.execute(
            "SELECT token, output FROM decisions"
            " WHERE placement = 'kiosk-home' AND token IS NOT NULL"
        ).fetchall()
        (found,) = (
            f for f in findings(conn, played.portfolio, played.truth) if f.campaign == SHELVES
        )
    led = {(trial.variant(t), json.loads(zlib.decompress(out))["strategy"]) for t, out in rows}
    # A strategy with nothing to say, such as to who never bought anything, leaves it to chance.
    assert {(v.name, s) for v, s in led if v and s != "chance"} == {
        (NEW, NEW),
        (BOUGHT, BOUGHT),
    }
    assert (found.arm, min(found.units) > 3) == (BOUGHT, True)
    assert found.truth is not None
    assert found.truth > 0.05


@pytest.mark.parametrize(
    ("text", "source"), [("one", "data"), ("one,one", "data"), ("one,", "data"), ("a,b", None)]
)
def test_one_strategy_or_a_town_without_a_model_is_refused(
    text: str, source: str | None
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        strategies_of(text, source)
    assert refused.value.hint
