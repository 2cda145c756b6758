from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.complement import ComplementOutcome, MethodComparison
from edge.state.counters import Complements, Counters, Delays, HitCounter


def test_without_measurements_there_is_nothing_to_report() -> None:
    assert Delays().summary() == {"p50": 0.0, "p99": 0.0}
    assert HitCounter().share(0) is None


def test_percentiles_are_measured_values() -> None:
    delays = Delays()
    for ms in range(1, 101):
        delays.add(float(ms))
    assert delays.summary() == {"p50": 51.0, "p99": 100.0}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0, 100))
def test_a_percentile_lies_within_what_was_measured(ms: list[float], pct: float) -> None:
    delays = Delays()
    for one in ms:
        delays.add(one)
    assert round(min(ms), 3) <= delays.percentile(pct) <= round(max(ms), 3)


def test_only_the_latest_are_kept() -> None:
    delays = Delays()
    for ms in [1_000.0] * 100 + [1.0] * 2_000:
        delays.add(ms)
    assert delays.percentile(100) == 1.0


def test_the_hit_rate_counts_visits_and_its_baseline_alike() -> None:
    rate = HitCounter()
    ten = MethodComparison(frozenset({1, 2}), frozenset({3}), frozenset({9, 8}))
    rate.add(ten, [2, 9])
    rate.add(ten, [3])
    rate.add(MethodComparison(frozenset[int](), frozenset[int](), frozenset[int]()), [3])
    assert (rate.visits, rate.hits, rate.baseline, rate.popular) == (3, 1, 1, 1)
    assert rate.shares == (0.3333, 0.3333, 0.3333)


def test_complements_are_counted_apart_for_known_and_unknown_baskets() -> None:
    found = Complements()
    hit, miss = MethodComparison(True, True, False), MethodComparison(False, False, False)
    for personal, came in ((True, hit), (True, miss), (False, hit), (False, miss)):
        found.add(
            ComplementOutcome(
                personal=personal, hit=came, last_hit=miss, products=MethodComparison(4, 3, 0)
            )
        )
    assert (found.identified.baskets, found.anonymous.baskets, found.both.baskets) == (2, 2, 4)
    assert found.both.shares == (0.5, 0.5, 0.0)
    assert found.both.a_basket(found.both.last_hits) == (0.0, 0.0, 0.0)
    assert found.both.a_basket(found.both.products) == (4.0, 3.0, 0.0)
    assert Complements().both.a_basket(MethodComparison(0, 0, 0)) == (None, None, None)


def test_decisions_and_refusals_are_counted_by_closed_names() -> None:
    counters = Counters()
    counters.decided(personal=True, core_ms=1.5)
    counters.decided(personal=False, core_ms=0.5)
    counters.refuse("stale")
    counters.refuse("stale")
    assert counters.counts == {"decisions": 2, "personal": 1, "refused": 2}
    assert counters.refusals == {"stale": 2}
    assert counters.decision_ms.percentile(100) == 1.5
