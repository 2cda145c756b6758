from __future__ import annotations

from edge.domain.complement import ComplementOutcome, MethodComparison, TillShowing, outcome

NOTHING = frozenset[int]()


def showing(*scanned: int, ours: set[int], personal: bool = False) -> TillShowing:
    products = MethodComparison(frozenset(ours), frozenset({8}), frozenset({9}))
    return TillShowing(basket=frozenset(scanned), products=products, personal=personal)


def judged(bought: set[int], *showings: TillShowing) -> ComplementOutcome:
    found = outcome(showings, frozenset(bought))
    assert found is not None
    return found


def test_a_product_scanned_after_it_was_shown_is_a_hit() -> None:
    assert judged({1, 2, 8}, showing(1, ours={2, 3})).hit == (True, True, False)


def test_what_was_scanned_before_is_none() -> None:
    assert judged({1, 2}, showing(1, ours={1, 3})).hit == (False, False, False)


def test_a_showing_in_the_last_quarter_or_of_an_empty_basket_does_not_count() -> None:
    bought = frozenset({1, 2, 3, 4})
    assert outcome([showing(1, 2, 3, ours={4})], bought) is not None
    assert outcome([showing(1, 2, 3, 4, ours={4})], bought) is None
    assert outcome([showing(ours={4})], bought) is None
    assert outcome([showing(1, ours={4})], frozenset({1})) is None
    assert outcome([], bought) is None


def test_any_showing_hits_and_the_last_one_is_told_apart() -> None:
    found = judged({1, 2, 3, 4, 5}, showing(1, ours={5, 6}), showing(1, 2, ours={6, 7}))
    assert (found.hit.ours, found.last_hit.ours) == (True, False)
    assert found.products == (3, 1, 1)


def test_a_basket_is_somebodys_if_one_showing_was() -> None:
    nobody, somebody = showing(1, ours={2}), showing(1, ours={2}, personal=True)
    assert not judged({1, 2}, nobody).personal
    assert judged({1, 2}, nobody, somebody).personal
