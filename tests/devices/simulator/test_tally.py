from devices.device_classes import DeviceClass
from devices.errors import Refusal
from devices.messages import Receipt
from devices.simulator.floor import Spot
from devices.simulator.tally import ReplayTally, Sent, percentiles, shown_of
from tests.devices.simulator.builders import NOON, show

SPOT = Spot(name="display-fresh", device_class=DeviceClass.DISPLAY, zone="fresh")


def sent(number: int, receipt: Receipt | None) -> Sent:
    return Sent(id=f"e{number}", device="d", kind="Play", at=NOON, receipt=receipt)


def test_events_are_accepted_refused_or_waiting() -> None:
    tally = ReplayTally()
    refused = Receipt(id="e2", accepted=False, reason=Refusal.UNKNOWN_BEACON)
    for one in (sent(1, Receipt(id="e1", accepted=True)), sent(2, refused), sent(3, None)):
        tally.sent[one.id] = one
    assert [one.id for one in tally.accepted] == ["e1"]
    assert [one.id for one in tally.waiting] == ["e3"]
    assert tally.refusals == {"unknown-beacon": 1}


def test_shows_and_answers_are_counted_apart() -> None:
    tally = ReplayTally()
    tally.show(shown_of(show(), spot=SPOT, at=NOON, asked=False))
    tally.answer(shown_of(show(), spot=SPOT, at=NOON, asked=True), 3.0)
    tally.answer(None, 500.0)
    assert (tally.shows, tally.answers, tally.late_answers) == (1, 1, 1)
    assert tally.answer_ms == [3.0, 500.0]


def test_the_way_to_the_screen_is_timed_from_the_moment_before() -> None:
    tally = ReplayTally()
    tally.show(shown_of(show(), spot=SPOT, at=NOON, asked=False))
    assert tally.to_screen_ms == []
    tally.begin_moment()
    tally.show(shown_of(show(), spot=SPOT, at=NOON, asked=False))
    assert len(tally.to_screen_ms) == 1
    assert tally.to_screen_ms[0] >= 0


def test_percentiles_are_of_the_sorted_values() -> None:
    assert percentiles([3.0, 1.0, 2.0]) == {"p50": 2.0, "p99": 3.0}
    assert percentiles([]) == {"p50": None, "p99": None}
