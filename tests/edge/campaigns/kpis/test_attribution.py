"""Which showing a sale is joined to, at the till and later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.campaigns.kpis.attribution import Touchpoint, attribute, with_decisions
from edge.domain.event import StoreEvent
from edge.domain.ids import DecisionId, Sku, VisitId
from tests.edge.builders import ANN, NOW, later

HERE, BEFORE = VisitId("v-2"), VisitId("v-1")


def touch(name: str, *skus: str, after_s: float = -60, stay: VisitId | None = HERE) -> Touchpoint:  # fmt: skip
    return Touchpoint(
        decision=DecisionId(name),
        at=later(after_s),
        surface="kiosk",
        skus=frozenset(Sku(s) for s in skus or ("1",)),
        visit=stay,
    )


def joined(*touched: Touchpoint, skus: tuple[str, ...] = ("1",)) -> dict[str, str]:
    found = attribute([Sku(s) for s in skus], touched, visit=HERE, at=NOW)
    return {sku: one.decision for sku, one in found.items()}


def test_the_last_showing_before_the_sale_has_it() -> None:
    assert joined(touch("d-1", after_s=-90), touch("d-2")) == {"1": "d-2"}
    assert joined(touch("d-2"), touch("d-1", after_s=-90)) == {"1": "d-2"}


def test_this_visit_comes_before_an_earlier_one() -> None:
    earlier = touch("d-9", after_s=-30, stay=BEFORE)
    assert joined(earlier, touch("d-1", after_s=-600)) == {"1": "d-1"}
    assert joined(earlier) == {"1": "d-9"}


def test_what_was_shown_after_the_sale_or_too_long_before_has_nothing() -> None:
    assert joined(touch("d-1", after_s=1)) == {}
    assert joined(touch("d-1", after_s=-7 * 86_400)) == {"1": "d-1"}
    assert joined(touch("d-1", after_s=-7 * 86_400 - 1)) == {}


def test_a_product_that_nobody_showed_is_joined_to_nothing() -> None:
    assert joined(touch("d-1", "2"), skus=("1",)) == {}
    assert joined(touch("d-1", "1", "2"), skus=("2", "1")) == {"2": "d-1", "1": "d-1"}


@given(
    st.lists(
        st.builds(
            touch,
            st.sampled_from(["d-1", "d-2", "d-3"]),
            st.sampled_from("123"),
            after_s=st.integers(-900_000, 100),
            stay=st.sampled_from([HERE, BEFORE, None]),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_showings_are_told_does_not_matter(
    touched: list[Touchpoint], dice: st.DataObject
) -> None:
    shuffled = list(touched)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    skus = ("1", "2", "3")
    assert joined(*shuffled, skus=skus) == joined(*touched, skus=skus)


def fact(name: str, **properties: object) -> StoreEvent:
    return StoreEvent(id="f-1", name=name, at=NOW, source="s", token=ANN, properties=properties)


def test_a_sale_by_e_mail_is_joined_to_what_an_associate_said_two_days_before() -> None:
    tip = Touchpoint(
        decision=DecisionId("d-7"), at=NOW, surface="tablet", skus=frozenset({Sku("42")})
    )
    sale = attribute([Sku("42")], [tip], visit=None, at=NOW + timedelta(days=2))
    assert (sale[Sku("42")].decision, sale[Sku("42")].surface) == ("d-7", "tablet")
    assert attribute([Sku("42")], [tip], visit=None, at=NOW + timedelta(days=8)) == {}


def test_an_order_names_the_decision_at_the_product_and_nowhere_else() -> None:
    lines = [{"sku": "1", "quantity": 2}, {"sku": "5", "quantity": 1}]
    order = fact("Order Completed", order_id="b-1", products=lines)
    found = attribute([Sku("1")], [touch("d-1")], visit=HERE, at=NOW)
    assert with_decisions(order, found) == {
        "order_id": "b-1",
        "products": [{"sku": "1", "quantity": 2, "decision_id": "d-1"}, lines[1]],
    }
    assert with_decisions(order, {}) == order.properties
    assert "decision_id" not in repr(replace(order).properties)
