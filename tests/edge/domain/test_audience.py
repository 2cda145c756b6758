"""No condition, however short, may keep the service busy."""

from __future__ import annotations

import pytest

from edge.decision.conditions import Expression
from edge.domain.errors import ExpressionInvalid

TEN = "[0,1,2,3,4,5,6,7,8,9]"


def inside_one_another(deep: int, macro: str = ".all(") -> str:
    text = "true"
    for n in range(deep):
        text = f"{TEN}{macro}x{n}, {text})"
    return text


@pytest.mark.parametrize("macro", [".all(", " . all (", ".existsOne(", ".all//\n("])
def test_lists_are_not_looked_through_three_deep(macro: str) -> None:
    with pytest.raises(ExpressionInvalid, match="inside one another"):
        Expression(inside_one_another(3, macro))


@pytest.mark.parametrize(
    "text", ["r'\\' == ''", "'''it's''' == ''", '"(" == "\'"', "'\\\\'==''"]
)
def test_no_text_hides_a_list_from_being_counted(text: str) -> None:
    with pytest.raises(ExpressionInvalid, match="inside one another"):
        Expression(f"{text} || {inside_one_another(3)} || '' == 'x'")


def test_lists_beside_one_another_and_two_deep_are_conditions() -> None:
    beside = " && ".join(f"segments.exists(s, s == '({n}.all(')" for n in range(4))
    assert not Expression(beside).holds({"segments": ("a",)})
    assert Expression(inside_one_another(2)).holds({})
