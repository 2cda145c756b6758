from __future__ import annotations

from pathlib import Path

import pytest

from edge.lab.simulate.learned import learn
from edge.lab.simulate.population import ZONES
from models.errors import TooLittleData
from tests.edge.lab.demo.tiny_year import write_year


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_year(tmp_path_factory.mktemp("year"))


def test_people_shop_as_real_households_did(year: Path) -> None:
    population = learn(str(year), 1, 40)
    assert population == learn(str(year), 1, 40)
    assert population.goods
    assert {good.zone for good in population.goods.values()} <= set(ZONES)
    for shopper in population.shoppers:
        assert shopper.chances.keys() <= population.goods.keys()
        assert all(0 < chance <= 0.6 for chance in shopper.chances.values())


def test_there_are_as_many_as_make_so_many_visits(year: Path) -> None:
    population = learn(str(year), 1, 60)
    a_day = sum(shopper.a_week for shopper in population.shoppers) / 7
    assert 45 < a_day < 75


def test_a_year_of_too_few_trips_teaches_nothing(
    year: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.lab.simulate.learned._LEAST_TRIPS", 10_000)
    with pytest.raises(TooLittleData):
        learn(str(year), 1, 10)
