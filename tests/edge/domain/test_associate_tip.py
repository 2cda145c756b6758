from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.associate_tip import AssociateTip, settled
from edge.domain.basket import BasketLine
from edge.domain.ids import DecisionId, DeviceId, Sku, VisitId
from tests.edge.builders import NOW, later, line


def tip(
    sku: str = "1", device: str = "tablet-1", *, after_s: float = 0, in_basket: bool = False
) -> AssociateTip:
    return AssociateTip(
        visit=VisitId("v-1"),
        device=DeviceId(device),
        sku=Sku(sku),
        decision=DecisionId("d-1"),
        at=later(after_s),
        in_basket=in_basket,
    )


def test_a_tip_is_worth_what_the_till_took_for_its_product() -> None:
    (done,) = settled([tip()], [line(1, 2), line(5)], NOW)
    assert (done.pieces, done.cents, done.paid_at) == (2, 202, NOW)


def test_a_tip_whose_product_was_not_bought_is_paid_for_nothing() -> None:
    (done,) = settled([tip()], [line(5)], NOW)
    assert (done.pieces, done.cents, done.paid_at) == (0, 0, NOW)


def test_what_was_in_the_basket_is_nobodys_sale() -> None:
    later_too = tip(device="tablet-2", after_s=5)
    done = settled([later_too, tip(in_basket=True)], [line(1)], NOW)
    assert [one.pieces for one in done] == [0, 0]


def test_the_first_tablet_that_named_it_has_the_sale() -> None:
    second = tip(device="tablet-0", after_s=5)
    done = settled([second, tip()], [line(1)], NOW)
    assert {one.device: one.pieces for one in done} == {"tablet-1": 1, "tablet-0": 0}


@given(
    st.lists(
        st.builds(
            tip,
            st.sampled_from("123"),
            st.sampled_from(["tablet-1", "tablet-2"]),
            after_s=st.integers(0, 9),
            in_basket=st.booleans(),
        ),
        max_size=12,
    ),
    st.lists(st.builds(line, st.integers(1, 4), st.integers(1, 3)), max_size=5),
)
def test_tips_never_sell_more_than_the_basket_held(
    tips: list[AssociateTip], lines: list[BasketLine]
) -> None:
    done = settled(tips, lines, NOW)
    assert sum(one.pieces for one in done) <= sum(one.quantity for one in lines)
    assert sum(one.cents for one in done) <= sum(x.quantity * x.price_cents for x in lines)


@given(st.integers(1, 50))
def test_more_taps_of_a_product_sell_no_more(taps: int) -> None:
    done = settled([replace(tip(), at=later(n)) for n in range(taps)], [line(1)], NOW)
    assert sum(one.pieces for one in done) == 1
