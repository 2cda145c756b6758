from __future__ import annotations

from edge.lab.bench.load import BlockTiming


def test_an_answer_is_timed_once_and_an_unasked_one_not_at_all() -> None:
    timing = BlockTiming()
    timing.sends("a")
    timing.answered("a", b'{"kind":"personal"}')
    timing.answered("a", b"")
    timing.answered("b", b"")
    assert len(timing.delays_us) == 1
    assert (timing.personal, timing.kept, timing.late) == (1, 1, 0)


def test_a_signal_sent_again_before_its_answer_keeps_its_older_time() -> None:
    timing = BlockTiming()
    timing.sends("zone")
    first = timing.sent_ns["zone"]
    timing.sends("zone")
    assert timing.sent_ns["zone"] == first


def test_a_block_is_done_with_the_last_answer_and_not_before() -> None:
    timing = BlockTiming()
    timing.sends("a")
    timing.answered("a", b"")
    assert not timing.done.is_set()
    timing.sends("b")
    timing.all_sent = True
    timing.answered("b", b'{"late":true}')
    assert timing.done.is_set()
    assert timing.late == 1
