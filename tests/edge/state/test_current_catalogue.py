from __future__ import annotations

from edge.domain.ids import ItemKey, OfferId
from edge.domain.trade_unit import TradeUnit
from edge.state.catalogue import CurrentCatalogue, Stock
from tests.edge.builders import ANN, catalogue, offer, product

MILK, TEA, WINE = ItemKey(1), ItemKey(2), ItemKey(3)


def sold() -> CurrentCatalogue:
    products = [product(1, "dairy"), product(2, "tea"), product(3, "wine")]
    offers = [
        offer("a", 1, category="dairy"),
        offer("b", 1, category="dairy", cents=90),
        offer("c", 2, category="tea"),
    ]
    return CurrentCatalogue(catalogue(products, offers, ["wine"]))


def test_before_the_first_catalogue_there_is_nothing() -> None:
    nothing = CurrentCatalogue()
    assert (nothing.digest, nothing.products, nothing.offers) == ("", {}, {})
    assert nothing.sensitive == frozenset()
    assert not nothing.contradict(OfferId("a"), OfferId("b"))
    nothing.forget(ANN)


def test_products_offers_and_what_is_sensitive_are_those_of_the_catalogue_in_force() -> None:
    here = sold()
    assert here.in_force is not None
    assert here.digest == here.in_force.digest
    assert set(here.products) == {MILK, TEA, WINE}
    assert set(here.offers) == {"a", "b", "c"}
    assert here.sensitive == {WINE}


def test_offers_contradict_each_other_within_a_category_and_unknown_ones_never() -> None:
    here = sold()
    a, b, c = map(OfferId, "abc")
    assert (
        here.contradict(a, b)
        == here.contradict(b, a)
        == here.offers[a].contradicts(here.offers[b])
    )
    assert here.contradict(a, b)
    assert not here.contradict(a, c)
    assert not here.contradict(a, OfferId("unknown"))


def test_only_what_has_just_run_out_is_told() -> None:
    here = sold()
    assert here.restock(Stock({MILK: 0, TEA: 2})) == {MILK}
    assert here.restock(Stock({MILK: 0, TEA: 2})) == frozenset()
    assert here.sell([(TEA, 1, TradeUnit.EACH)]) == frozenset()
    assert here.sell([(TEA, 1, TradeUnit.EACH), (WINE, 5, TradeUnit.EACH)]) == {TEA}
    assert here.out_of_stock == (MILK, TEA)
    assert here.on_hand == {MILK: 0, TEA: 0}
    assert here.restock(Stock({TEA: 9})) == frozenset()
    assert not here.out_of_stock
