from datetime import timedelta

from edge.lab.demo.replaying import usual_speed
from tests.devices.simulator.builders import NOON, trip


def test_the_usual_speed_lets_a_shopper_in_every_second_or_so() -> None:
    apart = [trip(arrives_at=NOON + timedelta(hours=n), duration_s=600) for n in range(10)]
    assert usual_speed(apart) == 600 * 0.9


def test_shoppers_at_the_same_time_need_less_speed() -> None:
    together = [trip(arrives_at=NOON, duration_s=600) for _ in range(10)]
    assert usual_speed(together) == 600 * 0.9 / 10


def test_a_store_without_shoppers_has_a_speed_too() -> None:
    assert usual_speed([]) == 1.0
