from __future__ import annotations

import pytest

from devices.messages import Ask, BasketAction, parse_up
from devices.topics import parse
from edge.lab.bench import signals
from edge.lab.bench.signals import BenchSignal

EVERY = [
    signals.sign_in(3),
    signals.question(21),
    *(signals.sighting(n) for n in range(60)),
    signals.basket(1, "b-1", BasketAction.OPEN),
    signals.basket(1, "b-1", BasketAction.ADD, "400001"),
    signals.basket(1, "b-1", BasketAction.IDENTIFY),
    signals.add_on(2, "b-1"),
]


@pytest.mark.parametrize("signal", EVERY, ids=lambda s: s.topic)
def test_every_signal_of_the_load_is_one_that_the_service_takes(signal: BenchSignal) -> None:
    event = parse_up(parse(signal.topic), signal.payload)
    assert event.id == signal.id
    assert event.topic.device == signal.device


def test_a_till_waits_a_tenth_of_a_second() -> None:
    signal = signals.add_on(0, "b-1")
    data = parse_up(parse(signal.topic), signal.payload).data
    assert isinstance(data, Ask)
    assert data.deadline_ms == 100
