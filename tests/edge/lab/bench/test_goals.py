from __future__ import annotations

import pytest

from edge.lab.bench.goals import SpeedGoal, goals

ECHO = {"best_p50_ms": 0.3, "best_p99_ms": 1.0}
HOP = {"best_p50_ms": 0.1, "best_p99_ms": 0.5}
OURS = {"best_p50_ms": 0.6, "best_p99_ms": 5.5}
MACHINE: dict[str, float | None] = {
    "receipt_to_sync": 1.5,
    "qos_1_to_0": None,
    "sustained": 1_000.0,
    "deadlines_kept_pct": 100.0,
    "ready_start_s": 0.9,
    "ready_kill_s": 3.1,
    "rss_mb": 160.0,
}


def seen() -> dict[str, SpeedGoal]:
    rates = {100.0: {"hop": HOP, "echo": ECHO, "ask": OURS, "show": OURS}}
    core = {"decision": {"p50_ms": 0.3}, "graph": {"p50_ms": 0.1}}
    return {goal.what: goal for goal in goals(rates, core, MACHINE)}


@pytest.mark.parametrize(
    ("what", "met"),
    [
        ("ask p50 at 100/s, to the echo's", True),
        ("show p99 at 100/s, to one bare hop's", False),
        ("decision core p50", False),
        ("decision core p50, to the bare graph's", False),
        ("sustained with p99 within 50 ms", False),
        ("tills' deadlines kept, 10 lanes", True),
        ("ready after a start", True),
        ("ready after kill -9", False),
    ],
)
def test_a_goal_is_met_or_missed_by_what_was_seen(what: str, *, met: bool) -> None:
    assert seen()[what].met is met


def test_what_was_not_seen_is_neither_met_nor_missed() -> None:
    assert seen()["QoS 1 p50, to QoS 0's"].met is None


def test_without_a_trained_graph_nothing_is_compared_with_it() -> None:
    found = {g.what: g for g in goals({}, {"decision": {"p50_ms": 0.1}}, MACHINE)}
    assert found["decision core p50, to the bare graph's"].seen is None
    assert found["decision core p50"].as_json()["met"] is True
