"""Spoiled messages at a real service in short: the whole of it is ``make faults ARGS="--only 'spoiled messages'"``."""

from __future__ import annotations

from tests.faults.spoiled import spoil_messages


async def test_a_thousand_spoiled_messages_at_a_real_service_are_each_answered() -> None:
    found = await spoil_messages(7, 1, lambda: None)
    assert found.violations == ()
    answers = found.figures["answers"]
    assert isinstance(answers, dict)
    assert sum(answers.values()) == 1_000 + 50
    assert answers["accepted"] > 300
