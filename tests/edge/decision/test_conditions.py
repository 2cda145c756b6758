"""Conditions are refused when they are written, and a doubt is a no when they are asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision import conditions
from edge.decision.conditions import LONGEST, Expression
from edge.domain.audience import FACTS, SOMEBODY, ConditionValue
from edge.domain.errors import ExpressionInvalid

NOBODY: dict[str, ConditionValue] = {name: value for name, (value, _) in FACTS.items()}


def refusal(text: str) -> str:
    with pytest.raises(ExpressionInvalid) as refused:
        Expression(text)
    return str(refused.value)


def holds(text: str, **facts: ConditionValue) -> bool:
    return Expression(text).holds({**NOBODY, **facts})


def test_a_condition_is_true_or_not() -> None:
    assert holds("trips >= 3 && 'loyal' in segments", trips=3, segments=("loyal",))
    assert not holds("trips >= 3 && 'loyal' in segments", trips=2, segments=("loyal",))


def test_it_names_the_facts_it_reads() -> None:
    text = "hour > 8 && segments.exists(s, s == 'loyal')"
    assert Expression(text).reads == {"hour", "segments"}


def test_a_fact_that_there_is_not_is_refused_and_those_that_there_are_are_named() -> None:
    said = refusal("income > 10")
    assert "'income'" in said
    assert "trips" in said


def test_a_member_of_a_list_is_no_fact() -> None:
    assert holds(
        "bought_categories.exists(c, c.startsWith('mil'))", bought_categories=("milk",)
    )
    assert "fact 'd'" in refusal("segments.exists(c, d == 'x')")


@pytest.mark.parametrize(
    "text", ["trips >", "trips = 3", "", "   ", "'", "trips >= 3 &&", ")(", "if trips then"]
)
def test_what_is_no_expression_is_refused_in_one_line(text: str) -> None:
    assert "\n" not in refusal(text)


def test_one_too_long_is_refused_before_it_is_read() -> None:
    assert f"at most {LONGEST}" in refusal("(" * (LONGEST + 1))
    assert holds("true" + " " * (LONGEST - 4))


@pytest.mark.parametrize(
    "text", ["trips", "'loyal'", "segments", "trips + 1", "hour > 8 ? 1 : 2"]
)
def test_what_says_something_else_than_true_or_false_is_refused(text: str) -> None:
    assert "true or false" in refusal(text)


@pytest.mark.parametrize(
    "text",
    ["trips > 'three'", "segments > 3", "trips && identified", "nothing(trips)", "!trips"],
)
def test_what_can_never_be_told_is_refused_when_it_is_written(text: str) -> None:
    assert refusal(text)


def test_a_type_that_only_somebody_shows_is_found_too() -> None:
    assert refusal("identified ? trips > 'three' : false")


def test_what_is_true_of_some_and_cannot_be_told_of_others_is_a_no() -> None:
    text = "bought_categories[0] == 'milk'"
    assert holds(text, bought_categories=("milk", "bread"))
    assert not holds(text)
    assert not holds("10 / trips > 1", trips=0)
    assert holds("10 / trips > 1", trips=2)


@pytest.mark.parametrize(
    "text", ["identified", "trips > 0", "segments.size() > 0", "days_since_trip >= 0"]
)
def test_nobody_is_in_no_audience_of_people(text: str) -> None:
    assert Expression(text).holds({**NOBODY, **SOMEBODY})
    assert not Expression(text).holds(NOBODY)


@given(st.text(max_size=60))
def test_whatever_is_written_it_is_refused_or_it_answers(text: str) -> None:
    try:
        found = Expression(text)
    except ExpressionInvalid:
        return
    assert found.holds(NOBODY) in (True, False)
    assert found.holds(SOMEBODY) in (True, False)


def test_equal_facts_are_asked_once_and_only_so_many_answers_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conditions, "_KEPT", 3)
    condition = Expression("trips >= 2")
    found = [condition.holds({**NOBODY, "trips": n}) for n in (*range(10), *range(10))]
    assert found == [n >= 2 for n in range(10)] * 2
    assert len(condition._answers) <= 3  # noqa: SLF001 - what is kept, nobody can ask for
