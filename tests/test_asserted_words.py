"""Tests assert facts – numbers, names, codes, keys; the few sentences that they assert are promised to somebody."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parent.parent

_TO_SHOPPERS = "what a shopper reads is the product"
_OF_A_DECISION = "the explanation in words is what is promised to whoever asks why"
_OF_A_COMMAND = "a command's answer, whole: people and scripts read its lines"
_TO_ASSOCIATES = "what somebody behind the counter reads at a glance"
_NAMES = "no sentence, but the name of a thing: its words are its key"
_CODE = "no sentence, but lines of code"
_OF_A_CAMPAIGN = "the verdict that the fault campaign prints"
_OF_A_SOURCE = "the sentence by which a data team mends its file: column, fault, rows"

PROMISED: dict[str, tuple[int, str]] = {
    "tests/day/test_pages_live.py": (1, _TO_ASSOCIATES),
    "tests/edge/app/test_doctor.py": (1, _NAMES),
    "tests/edge/campaigns/triggers/test_engine.py": (2, _TO_SHOPPERS),
    "tests/edge/cli/test_campaigns.py": (1, _OF_A_COMMAND),
    "tests/edge/cli/test_consent.py": (1, _OF_A_COMMAND),
    "tests/edge/cli/test_customers.py": (2, _OF_A_COMMAND),
    "tests/edge/cli/test_device.py": (1, _OF_A_COMMAND),
    "tests/edge/cli/test_init.py": (2, _OF_A_COMMAND),
    "tests/edge/cli/test_offers.py": (1, _OF_A_COMMAND),
    "tests/edge/cli/test_program.py": (2, _OF_A_COMMAND),
    "tests/edge/decision/steps/test_claims.py": (2, _TO_SHOPPERS),
    "tests/edge/decision/steps/test_content.py": (6, _TO_SHOPPERS),
    "tests/edge/decision/test_explain.py": (27, _OF_A_DECISION),
    "tests/edge/lab/bench/test_goals.py": (1, _NAMES),
    "tests/faults/test_campaign.py": (1, _NAMES),
    "tests/faults/test_evidence.py": (1, _OF_A_CAMPAIGN),
    "tests/models/sources/test_validation.py": (9, _OF_A_SOURCE),
    "tests/mutants/test_mutants.py": (2, _CODE),
    "tests/pages/test_nudges.py": (1, _TO_ASSOCIATES),
    "tests/trials/test_trials.py": (1, _NAMES),
    "tests/trials/test_whatif.py": (2, _NAMES),
    "tests/trust/test_scenes.py": (1, _NAMES),
}
"""How many sentences a file asserts, and to whom they are promised. The numbers only go down."""

_PROSE = re.compile(r"(?:[A-Za-z][\w’'-]*[,;:.]? +){3}[A-Za-z][\w’'-]*")
_NO_PROSE = re.compile(r"^\s*(SELECT|DELETE|INSERT|UPDATE|CREATE|PRAGMA) |[{\[]")


def asserted(tree: ast.AST) -> Iterator[ast.AST]:
    """What tests compare with: conditions of assertions, patterns of errors, texts of pages."""
    for node in ast.walk(tree):
        match node:
            case ast.Assert(test=test):
                yield test
            case ast.Call(func=ast.Attribute(attr="raises"), keywords=keywords):
                yield from (keyword.value for keyword in keywords if keyword.arg == "match")
            case ast.Call(
                func=ast.Attribute(attr="to_have_text" | "to_contain_text"), args=args
            ):
                yield from args
            case _:
                pass


def sentences(source: str) -> list[str]:
    """The literals of four words or more among what ``source`` asserts."""
    nodes = chain.from_iterable(map(ast.walk, asserted(ast.parse(source))))
    found = (node.value for node in nodes if isinstance(node, ast.Constant))
    return [
        text
        for text in found
        if isinstance(text, str) and _PROSE.search(text) and not _NO_PROSE.search(text)
    ]


def test_a_sentence_is_seen_wherever_it_is_asserted() -> None:
    source = """
assert said == "one two three four"
assert not said.startswith("one two, three four five"), "a message is none"
with pytest.raises(KeyError, match="one two three four"): ...
await expect(page).to_have_text("one two three four")
assert rows("SELECT a FROM b ORDER BY c") == "one two three"
"""
    assert Counter(map(len, sentences(source))) == {18: 3, 24: 1}


def test_sentences_are_asserted_only_where_they_are_promised() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    found = {f.relative_to(ROOT).as_posix(): sentences(f.read_text("utf-8")) for f in files}
    assert {
        name: (len(said), said)
        for name, said in found.items()
        if len(said) > PROMISED.get(name, (0, ""))[0]
    } == {}


def test_every_promise_names_to_whom() -> None:
    assert all(count > 0 and reason for count, reason in PROMISED.values())
    assert all((ROOT / name).exists() for name in PROMISED)
