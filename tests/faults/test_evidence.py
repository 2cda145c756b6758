from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devices.errors import Refusal
from devices.messages import Consent, Purpose, Receipt, SignOut
from edge.domain.ids import event_name
from edge.storage.connection import open_connection
from tests.faults.diary import Diary, Key
from tests.faults.evidence import OnDisk, judge, read, together, waiting
from tests.faults.verdict import broken, counted, late, times

A, B = ("storeside/1/s/pos/till-1", "a"), ("storeside/1/s/pos/till-1", "b")
NAMES = frozenset(map(event_name, *zip(A, B, strict=True)))
WHOLE = OnDisk(seen=frozenset({A, B}), records=NAMES, consents=frozenset({"line"}), whole=True)
HUB = sorted(NAMES)


def diary(*promised: Key, consents: frozenset[str] = frozenset()) -> Diary:
    return Diary(promised=set(promised), consents=set(consents))


def test_what_was_promised_and_is_everywhere_once_is_clean() -> None:
    found = judge(diary(A, B, consents=frozenset({"line"})), WHOLE, HUB)
    assert found.clean
    assert broken(found) == ()
    assert counted(found)["receipts"] == 2


@pytest.mark.parametrize(
    ("disk", "hub", "says"),
    [
        (replace(WHOLE, seen=frozenset({A})), HUB, "1 receipted events are not on disk"),
        (replace(WHOLE, records=frozenset()), HUB, "2 receipted events have no record"),
        (WHOLE, HUB[:1], "1 records are not at the hub"),
        (WHOLE, [*HUB, HUB[0]], "1 events are at the hub twice"),
        (replace(WHOLE, whole=False), HUB, "1 file is damaged"),
        (replace(WHOLE, consents=frozenset()), HUB, "1 lines of consent are lost"),
    ],
)
def test_every_way_to_break_the_promise_is_told(
    disk: OnDisk, hub: list[str], says: str
) -> None:
    found = judge(diary(A, B, consents=frozenset({"line"})), disk, hub)
    assert not found.clean
    assert any(words.startswith(says) for words in broken(found))


def test_without_a_hub_only_the_disk_is_judged() -> None:
    assert judge(diary(A), WHOLE, None).clean


def test_several_judgements_add_up() -> None:
    bad = judge(diary(A, ("x", "y")), WHOLE, HUB)
    assert together([bad, bad]).losses == 2 * bad.losses == 4


def test_a_receipt_and_a_duplicate_promise_and_a_refusal_does_not() -> None:
    found = Diary()
    data = Consent(action="withdraw", purposes=(Purpose.TRAIN,))
    found.receipt(A, data, Receipt(id="a", accepted=True))
    found.receipt(B, SignOut(reason="person"), Receipt(id="b", accepted=True, duplicate=True))
    found.receipt(("s", "c"), data, Receipt(id="c", accepted=False, reason=Refusal.NO_SESSION))
    assert found.promised == {A, B}
    assert found.consents == {f"{event_name(*A)}.train"}
    assert found.refusals == {"no-session": 1}
    assert found.news.is_set()


def test_questions_without_an_answer_are_counted_apart() -> None:
    found = Diary()
    found.asked(3.0)
    found.asked(None)
    assert (found.answers, found.unanswered, found.answer_ms) == (1, 1, [3.0])


def test_a_fresh_file_holds_nothing_and_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "storeside.db"
    open_connection(file).close()
    assert read(file) == OnDisk(
        seen=frozenset(), records=frozenset(), consents=frozenset(), whole=True
    )
    assert waiting(file) == 0


def test_more_than_one_late_start_in_a_hundred_breaks_the_promise() -> None:
    assert late([0.5, 2.9]) == late([0.5] * 99 + [3.5]) == ()
    assert late([0.5, 3.5]) == ("1 of 2 starts took more than 3 s (worst 3.50 s)",)
    assert times([0.5, 3.5, 1.0]) == {"ready_s_p50": 1.0, "ready_s_worst": 3.5}
