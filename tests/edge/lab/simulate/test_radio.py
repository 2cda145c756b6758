from __future__ import annotations

from statistics import mean

from edge.lab.simulate.population import ZONES
from edge.lab.simulate.radio import heard


def words(zone: str, count: int = 2_000) -> list[tuple[str, int]]:
    return [(w.zone, w.rssi_dbm) for n in range(count) for w in heard(zone, "seed", n)]


def test_a_frame_is_mostly_heard_in_its_own_zone_and_sometimes_missed() -> None:
    own = sum(zone == "fresh" for zone, _ in words("fresh"))
    assert 0.75 < own / 2_000 < 0.9


def test_echoes_come_from_the_next_zone_and_are_weaker() -> None:
    found = words("fresh")
    echoes = [rssi for zone, rssi in found if zone == "chilled"]
    assert {zone for zone, _ in found} == {"fresh", "chilled"}
    assert 0.03 < len(echoes) / 2_000 < 0.1
    assert mean(echoes) < mean(rssi for zone, rssi in found if zone == "fresh") - 5


def test_strengths_are_such_as_a_receiver_can_report() -> None:
    assert all(-92 <= rssi <= 0 for _, rssi in words(ZONES[-1]))


def test_the_same_frame_is_heard_alike() -> None:
    assert list(heard("home", 1, 2)) == list(heard("home", 1, 2))
