from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.simulator.agenda import Agenda
from devices.simulator.script import ScriptedMessage
from tests.devices.simulator.builders import NOON


def act(seconds: int, device: str = "d") -> ScriptedMessage:
    return ScriptedMessage(at=NOON + timedelta(seconds=seconds), device=device)


@given(st.lists(st.integers(0, 50)))
def test_acts_come_in_order_of_time_and_then_of_planning(seconds: list[int]) -> None:
    agenda = Agenda()
    agenda.put_all(act(s, str(number)) for number, s in enumerate(seconds))
    taken = agenda.take_until(NOON + timedelta(seconds=50))
    assert [(a.at, int(a.device)) for a in taken] == sorted(
        (a.at, int(a.device)) for a in taken
    )
    assert len(taken) == len(seconds)


def test_only_what_is_due_is_taken() -> None:
    agenda = Agenda()
    agenda.put_all([act(5), act(1)])
    assert agenda.take_until(NOON + timedelta(seconds=1)) == [act(1)]
    assert len(agenda) == 1
    assert agenda.next_at() == act(5).at


def test_what_is_called_off_does_not_happen() -> None:
    agenda = Agenda()
    number = agenda.put(act(1))
    assert agenda.call_off(number)
    assert agenda.next_at() is None
    assert agenda.take_until(NOON + timedelta(days=1)) == []


def test_what_was_taken_cannot_be_called_off() -> None:
    agenda = Agenda()
    number = agenda.put(act(1))
    agenda.take_until(act(1).at)
    assert not agenda.call_off(number)
