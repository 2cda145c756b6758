from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.decision.codec import encode_decision
from edge.domain.decision import Rule
from edge.domain.experiment import Arm, held_out
from edge.domain.ids import ItemKey, OfferId
from tests.edge.builders import ANN, BEN, catalogue, decision, inputs, offer, personal, profile
from tests.edge.fakes import Rates

OFFERS = [offer("a", 1, 2, category="x"), offer("b", 3, category="y")]


def test_equal_inputs_make_equal_bytes() -> None:
    given_ = personal(basket=(ItemKey(4),), exposures={OfferId("a"): 1})
    one, other = (
        encode_decision(decision(given_, catalogue(offers=OFFERS), habits=profile(1, 9)))
        for _ in range(2)
    )
    assert one == other


def test_the_order_in_which_the_centre_told_things_does_not_matter() -> None:
    sold = catalogue(offers=OFFERS)
    shuffled = catalogue(list(sold.products.values())[::-1], OFFERS[::-1])
    assert sold.digest == shuffled.digest
    assert decision(inputs(), sold) == decision(inputs(), shuffled)


def test_habits_change_what_wins_and_only_for_whom_they_are_given() -> None:
    mine = decision(personal(), habits=profile(9))
    assert mine.choices[0].sku == "9"
    assert decision(inputs()).choices[0].sku == "1"


def test_a_person_held_out_sees_the_same_products_without_their_offers() -> None:
    sold = catalogue(offers=OFFERS, holdout_pct=100, offer_boost_pct=0)
    treated = decision(personal(), replace(sold, tuning=replace(sold.tuning, holdout_pct=0)))
    control = decision(personal(), sold)
    assert (treated.arm, control.arm) == (Arm.TREATED, Arm.HELD_OUT)
    assert [c.sku for c in control.choices] == [c.sku for c in treated.choices]
    assert not any(c.offer for c in control.choices)
    ghosts = {(x.sku, x.offer) for x in control.losers if x.rule is Rule.OFFER_HELD_OUT}
    assert ghosts == {("1", "a"), ("2", "a"), ("3", "b")}


def test_nobody_in_particular_is_outside_the_experiment_and_gets_offers() -> None:
    made = decision(inputs(), catalogue(offers=OFFERS, holdout_pct=100))
    assert made.arm == Arm.OUTSIDE
    assert any(choice.offer for choice in made.choices)


@given(st.integers(0, 100), st.sampled_from([ANN, BEN]))
def test_the_arm_of_a_decision_is_the_arm_of_its_person(pct: int, token: object) -> None:
    sold = catalogue(holdout_pct=pct)
    made = decision(personal(token=token), sold)  # type: ignore[arg-type]  # one of two tokens
    out = held_out(sold.tuning.holdout_salt, str(made.token), pct)
    assert made.arm == (Arm.HELD_OUT if out else Arm.TREATED)


@given(st.lists(st.integers(1, 12), max_size=4, unique=True))
def test_the_basket_is_never_recommended_back(scanned: list[int]) -> None:
    made = decision(inputs("till-addon", basket=tuple(map(ItemKey, scanned))))
    assert not {int(c.sku) for c in made.choices} & set(scanned)


def test_one_changed_chance_changes_the_decision_and_its_model_is_named() -> None:
    other = Rates({n: 0.4 - n / 100 for n in range(1, 12)} | {12: 0.9})
    made = decision(inputs(), ranker=other)
    assert made.choices[0].sku == "12"
    assert made.model == "rates@1"
