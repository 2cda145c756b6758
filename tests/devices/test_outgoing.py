"""The queue to the broker: bounded, in order, and honest about what it dropped."""

from hypothesis import given
from hypothesis import strategies as st

from devices.line import LinkLimits
from devices.outgoing import Outgoing, OutgoingMessage


def _message(text: str, *, qos: int = 1, expires_at_s: float | None = None) -> OutgoingMessage:
    return OutgoingMessage(topic=text, payload=b"", qos=qos, expires_at_s=expires_at_s)


def _rest(outgoing: Outgoing) -> list[str]:
    found = list[str]()
    while (message := outgoing.take(0.0)) is not None:
        found.append(message.topic)
    return found


def test_a_full_queue_lets_the_oldest_go_and_counts_it() -> None:
    outgoing = Outgoing(2)
    for text in "abc":
        outgoing.put(_message(text))
    assert _rest(outgoing) == ["b", "c"]
    assert outgoing.counts.dropped_full == outgoing.counts.dropped == 1


def test_what_is_no_longer_worth_sending_is_dropped_and_counted() -> None:
    outgoing = Outgoing(9)
    outgoing.put(_message("old", expires_at_s=1.0))
    outgoing.put(_message("new", expires_at_s=3.0))
    found = outgoing.take(2.0)
    assert found is not None
    assert found.topic == "new"
    assert outgoing.counts.dropped_expired == 1
    assert outgoing.take(2.0) is None


def test_a_refused_message_is_counted_as_dropped() -> None:
    outgoing = Outgoing(9)
    outgoing.sent(1, _message("a"))
    outgoing.acknowledged(1, taken=False)
    assert (outgoing.counts.refused, outgoing.counts.dropped, outgoing.idle) == (1, 1, True)


def test_an_acknowledgement_of_nothing_changes_nothing() -> None:
    outgoing = Outgoing(9)
    outgoing.acknowledged(7, taken=True)
    assert outgoing.counts.acknowledged == 0


def test_qos_0_is_never_waited_for() -> None:
    outgoing = Outgoing(9)
    outgoing.sent(1, _message("a", qos=0))
    assert outgoing.idle
    assert outgoing.counts.published == 1


@given(st.lists(st.booleans(), max_size=20))
def test_after_a_loss_all_that_was_not_acknowledged_waits_again_in_order(
    answered: list[bool],
) -> None:
    outgoing = Outgoing(99)
    for number, done in enumerate(answered):
        outgoing.sent(number, _message(str(number)))
        if done:
            outgoing.acknowledged(number, taken=True)
    outgoing.put(_message("last"))
    outgoing.lost()
    open_ = [str(number) for number, done in enumerate(answered) if not done]
    assert outgoing.in_flight == 0
    assert outgoing.counts.repeated == len(open_)
    assert _rest(outgoing) == [*open_, "last"]


def test_a_message_put_back_is_the_next_again() -> None:
    outgoing = Outgoing(9)
    outgoing.put(_message("b"))
    outgoing.put_back(_message("a"))
    assert outgoing.waiting == 2
    assert _rest(outgoing) == ["a", "b"]


@given(st.integers(0, 10_000))
def test_the_wait_between_tries_is_jittered_up_to_a_growing_limit(attempt: int) -> None:
    limits = LinkLimits(backoff_first_s=0.5, backoff_cap_s=8.0)
    assert 0 <= limits.backoff_s(attempt) <= min(8.0, 0.5 * 2 ** min(attempt, 9))
