"""Conditions in the Common Expression Language: checked when they are written, quick when they are asked.

Campaigns and triggers are tried with it when they are written; the offer rules and `triggers.matching` ask it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import cel

from edge.domain.audience import FACTS, SOMEBODY, ConditionValue
from edge.domain.errors import ExpressionInvalid

# Longer ones are programs, not conditions.
LONGEST = 500
# A macro asks its condition of each member of a list; three inside one another would ask a million times.
_DEEPEST = 2
# Answers that are kept; a store asks the same of few people again and again.
_KEPT = 4_096

# What asks a condition of each member of a list.
_MACRO = r"\.\s*(?:all|exists|exists_one|existsOne|map|filter)\s*\("
# Names that a macro gives to the members of a list.
_BOUND = re.compile(_MACRO + r"\s*([A-Za-z_]\w*)\s*,")
# What opens a macro or any other bracket, and what closes one.
_BRACKET = re.compile(_MACRO + r"|[([{]|[)\]}]")
# Texts, plain and raw, and remarks: what stands in them is no bracket.
_SAID = re.compile(
    r"""\b[bB]?[rR][bB]?(?P<raw>'{3}|"{3}|'|").*?(?P=raw)"""
    r"""|(?P<mark>'{3}|"{3}|'|")(?:\\.|(?!(?P=mark))[^\\])*(?P=mark)|//[^\n]*""",
    re.DOTALL,
)
# What an expression can fail with on facts that it was not written for.
_UNTOLD = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


class Expression:
    """One compiled condition; fits `edge.domain.audience.Condition`."""

    def __init__(
        self,
        text: str,
        known: Mapping[str, tuple[ConditionValue, str]] = FACTS,
        somebody: Mapping[str, ConditionValue] = SOMEBODY,
    ) -> None:
        """Compile ``text``. Raises ``ExpressionInvalid``: too long, no expression, or of facts that there are not.

        ``known``: the facts that there are, with their value of nobody; ``somebody``: of a made-up person.
        """
        if len(text) > LONGEST:
            raise ExpressionInvalid(
                f"{len(text)} characters; a condition has at most {LONGEST}"
            )
        if _depth(text) > _DEEPEST:
            raise ExpressionInvalid(
                f"lists are looked through inside one another {_DEEPEST} deep at most"
            )
        try:
            self._program = cel.compile(text)
        except ValueError as error:
            raise ExpressionInvalid(_first_sentence(error)) from None
        named = frozenset(self._program.variables())
        # The compiler counts the names that a macro gives to members among the variables; they are no facts.
        unknown = sorted(named - known.keys() - frozenset(_BOUND.findall(text)))
        if unknown:
            raise ExpressionInvalid(
                f"there is no fact {unknown[0]!r}; there are {', '.join(known)}"
            )
        self.reads = named & known.keys()
        self._answers: dict[tuple[ConditionValue, ...], bool] = {}
        self._names = tuple(sorted(self.reads))
        self._probe(({name: value for name, (value, _) in known.items()}, somebody))

    def holds(self, facts: Mapping[str, ConditionValue]) -> bool:
        """Whether it is true of ``facts``; anything but a plain yes is a no."""
        # The key is only what the condition reads: people who differ elsewhere share an answer.
        asked = tuple(facts[name] for name in self._names)
        found = self._answers.get(asked)
        if found is None:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            found = self._answers[asked] = self._ask(dict(zip(self._names, asked, strict=True)))
        return found

    def _ask(self, facts: Mapping[str, ConditionValue]) -> bool:
        try:
            return self._program.execute(_listed(facts)) is True
        except _UNTOLD:
            return False

    def _probe(self, tried: Iterable[Mapping[str, ConditionValue]]) -> None:
        """Ask it about nobody and about somebody, so that what can never be told is refused when it is written."""
        for facts in tried:
            try:
                answer = self._program.execute(_listed(facts))
            except (ArithmeticError, LookupError):
                continue  # true of nobody, or of this one, but not of everybody
            except _UNTOLD as error:
                raise ExpressionInvalid(_first_sentence(error)) from None
            if not isinstance(answer, bool):
                raise ExpressionInvalid(f"it says {type(answer).__name__}, not true or false")


def _listed(facts: Mapping[str, ConditionValue]) -> dict[str, object]:
    # The language has no tuples; facts are tuples so that answers can be kept by them.
    return {n: list(v) if isinstance(v, tuple) else v for n, v in facts.items()}


def _depth(text: str) -> int:
    """How many macros stand inside one another."""
    opened, deepest = list[bool](), 0
    for bracket in _BRACKET.findall(_SAID.sub(" ", text)):
        if bracket in ")]}":
            # A slice: a bracket that closes nothing is no error here, the compiler refuses it next.
            del opened[-1:]
        else:
            opened.append(bracket not in "([{")
            deepest = max(deepest, sum(opened))
    return deepest


def _first_sentence(error: Exception) -> str:
    return str(error).splitlines()[0].split(" expecting ")[0]
