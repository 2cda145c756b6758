"""Expressions that find a field in another till's order: JMESPath, with a budget of steps.

`devices.tills.mapping` compiles them when a mapping is read, `devices.tills.orders` asks them for each order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any, Final, cast

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter
from pydantic import JsonValue

from devices.errors import MessageRefused, Refusal

MOST_STEPS: Final = 200_000
"""Steps that all expressions of one order may take together; an order of 500 lines needs a tenth."""
_LONGEST: Final = 500
_MOST_NODES: Final = 100


class ExpressionRefused(ValueError):
    """An expression is no JMESPath, or larger than one may be; the text says which limit."""


class FieldExpression:
    """One compiled expression."""

    def __init__(self, text: str) -> None:
        """Raises ExpressionRefused."""
        if len(text) > _LONGEST:
            raise ExpressionRefused(f"longer than {_LONGEST} characters")
        try:
            # The library ships no types of its own parts.
            self._tree = cast("Any", jmespath.compile(text).parsed)
        except (JMESPathError, RecursionError) as error:
            raise ExpressionRefused("no JMESPath expression") from error
        if sum(1 for _ in _nodes(self._tree)) > _MOST_NODES:
            raise ExpressionRefused(f"more than {_MOST_NODES} parts")

    def find(self, document: JsonValue, budget: StepBudget) -> JsonValue:
        """What it finds in ``document``; null where nothing is. Raises MessageRefused past the budget."""
        try:
            return cast("JsonValue", _CountingInterpreter(budget).visit(self._tree, document))
        except (JMESPathError, RecursionError, TypeError):
            # A function was given what it does not take: the order is not of the form that the mapping describes.
            raise MessageRefused(Refusal.MALFORMED, "mapping") from None


class StepBudget:
    """How many steps are left; steps are visits and the elements and characters that they made."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._left = steps

    def take(self, steps: int) -> None:
        """Use some up. Raises MessageRefused when they are gone."""
        self._left -= steps
        if self._left < 0:
            raise MessageRefused(Refusal.TOO_LARGE, "mapping")


class _CountingInterpreter(TreeInterpreter):
    """JMESPath's own interpreter; each step is counted, and what a function or a list makes is, too."""

    # Only these make new texts and lists; a field hands on what is in the document.
    _MAKES: Final = frozenset(
        {"function_expression", "flatten", "projection", "filter_projection", "slice"}
    )

    def __init__(self, budget: StepBudget) -> None:
        super().__init__()
        self._budget = budget

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the library has it
        self._budget.take(1)
        found = super().visit(node, *args, **kwargs)
        if node["type"] in self._MAKES and isinstance(found, Sized):
            self._budget.take(len(found))
        return found


def _nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for child in tree.get("children", ()):
        if isinstance(child, dict):
            yield from _nodes(cast("dict[str, Any]", child))
