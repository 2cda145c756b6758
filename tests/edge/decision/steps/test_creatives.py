from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from edge.decision.steps.context import describe
from edge.decision.steps.creatives import drawn, fitting_creatives, said
from edge.decision.steps.experiment import Arms
from edge.domain.creative import Creative, Modules, Odds
from edge.domain.decision import Choice, Inputs
from edge.domain.experiment import POINTS, Arm, Variant
from edge.domain.ids import DecisionId, OfferId, Sku
from edge.domain.offer import Offer
from tests.edge.builders import campaign, catalogue, decision, evidence, inputs, offer, personal


def creative(name: str, *templates: str, headline: str | None = None) -> Creative:
    return Creative(id=name, modules={"en": Modules(headline=headline)}, templates=templates)


THREE = (creative("a"), creative("b"), creative("c"))
WON = Choice(sku=Sku("1"), points=1, worth=1, sources=(), offer=OfferId("o"))


def draw(
    given: Inputs,
    one: Offer,
    odds: Odds | None = None,
    variant: Variant | None = None,
    **more: Any,
) -> Choice:
    test = campaign(variants=() if variant is None else (variant,), **more)
    sold = catalogue(offers=[one], campaigns=[test])
    context = describe(given, replace(evidence(), odds=odds or {}), sold)
    arms = Arms(everywhere=Arm.TREATED, campaigns={"june": context.assignment.of("june")})
    return drawn(context, replace(WON, offer=one.id), arms)


def shares(one: Offer, odds: Odds, **more: Any) -> Counter[tuple[str | None, int | None]]:
    """How often each creative was drawn, and with which propensity, in 4,000 decisions."""
    found = (draw(inputs(id=DecisionId(f"d-{n}")), one, odds, **more) for n in range(4_000))
    return Counter((choice.creative, choice.propensity) for choice in found)


def test_an_offer_without_creatives_and_an_item_without_an_offer_stay_as_they_are() -> None:
    assert draw(inputs(), offer("o")) == WON
    context = describe(inputs(), evidence(), catalogue(offers=[offer("o")]))
    plain = replace(WON, offer=None)
    assert drawn(context, plain, Arms(everywhere=Arm.TREATED, campaigns={})) is plain


def test_what_does_not_fit_the_template_is_not_drawn() -> None:
    one = offer("o", creatives=(creative("board", "board"), creative("tiles", "tiles")))
    found = draw(inputs("kiosk-home"), one)
    assert (found.creative, found.propensity) == ("tiles", POINTS)
    assert draw(inputs("till-addon"), one).creative is None


def test_a_variant_may_keep_to_some_creatives() -> None:
    one = offer("o", creatives=THREE)
    found = draw(personal(), one, variant=Variant(name="v", creatives=("b",)))
    assert (found.creative, found.propensity) == ("b", POINTS)
    assert [c.id for c in fitting_creatives(one, "tiles", ("b", "c"))] == ["b", "c"]


def test_creatives_are_drawn_as_often_as_their_propensities_say() -> None:
    odds = {"o": {"": {"a": 7_000, "b": 2_500, "c": 500}}}
    found = shares(offer("o", creatives=THREE), odds, bandit=True)
    assert dict(found.keys()) == {"a": 7_000, "b": 2_500, "c": 500}
    for (_, points), count in found.items():
        part = (points or 0) / POINTS
        assert abs(count / 4_000 - part) < 4 * (part * (1 - part) / 4_000) ** 0.5


def test_without_learning_or_with_a_creative_unknown_yet_all_are_drawn_evenly() -> None:
    known = {"o": {"": {"a": 9_000, "b": 500, "c": 500}}}
    missing = {"o": {"": {"a": 9_000, "b": 1_000}}}
    one = offer("o", creatives=THREE)
    for odds, bandit in ((known, False), (missing, True), ({}, True)):
        found = shares(one, odds, bandit=bandit)
        assert {points for _, points in found} == {3_334, 3_333}
        assert min(found.values()) > 1_200


def test_a_segments_own_odds_come_before_everybodys() -> None:
    odds = {"o": {"": {"a": 9_999, "b": 1}, "loyal": {"a": 1, "b": 9_999}}}
    one = offer("o", creatives=THREE[:2])
    asked = (personal(segments=("new", "loyal")), personal(segments=("new",)), inputs())
    assert [draw(g, one, odds, bandit=True).propensity for g in asked] == [9_999] * 3
    assert [draw(g, one, odds, bandit=True).creative for g in asked] == ["b", "a", "a"]


@given(st.lists(st.integers(1, 9_000), min_size=3, max_size=3), st.uuids())
def test_a_drawn_creative_carries_its_own_chance_and_what_rounding_leaves_is_the_firsts(
    weights: list[int], id_: UUID
) -> None:
    odds = {"o": {"": dict(zip("abc", weights, strict=True))}}
    given_ = inputs(id=DecisionId(f"d-{id_}"))
    found = draw(given_, offer("o", creatives=THREE), odds, bandit=True)
    points = [POINTS * weight // sum(weights) for weight in weights]
    points[0] += POINTS - sum(points)
    assert found.propensity == points["abc".index(found.creative or "")] > 0


def test_a_decision_is_drawn_again_the_same_and_others_apart() -> None:
    one = offer("o", creatives=THREE)
    assert draw(inputs(), one) == draw(inputs(), one)
    names = {draw(inputs(id=DecisionId(f"d-{n}")), one).creative for n in range(40)}
    assert names == {"a", "b", "c"}


def test_a_creative_of_no_name_says_nothing() -> None:
    assert said(offer("o", creatives=THREE), "gone", "en") == Modules()
    assert said(offer("o", creatives=THREE), None, "en") == Modules()


def test_the_drawn_creative_speaks_on_the_screen_in_the_persons_language() -> None:
    german, english = (
        Modules(badge="Nimm zwei", code="X1"),
        Modules(headline="Take two", text="T"),
    )
    one = Creative(id="a", modules={"de": german, "en": english})
    sold = catalogue(offers=[offer("o", 1, creatives=(one,))])
    slot = decision(inputs(locale="de-AT"), sold).slots[0]
    assert (slot.creative, slot.badge, slot.code, slot.text) == ("a", "Nimm zwei", "X1", None)
    slot = decision(inputs(locale="fr"), sold).slots[0]
    assert (slot.badge, slot.text) == ("Take two", "T")


def test_a_module_left_out_leaves_its_place_to_the_offers_own_words() -> None:
    silent = offer("o", 1, cents=40, creatives=(creative("a"),))
    slot = decision(inputs(), catalogue(offers=[silent])).slots[0]
    assert (slot.creative, slot.badge, slot.image) == ("a", "Save 40", None)
