"""Which tests run which line, from one run with coverage's contexts, and which of them to ask about a mutant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage import CoverageData

from tests.mutants.mutations import Mutation

FOLDERS = ("tests/edge", "tests/contract")
"""Fast enough to be asked for every mutant; days, pages, trust and faults have campaigns of their own."""

LONGEST_S, MOST = 45.0, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """``lines``: file, line, the tests that ran it. ``took_s``: seconds of each test that passed."""

    lines: Mapping[str, Mapping[int, frozenset[str]]]
    took_s: Mapping[str, float]

    def asked(self, mutation: Mutation) -> list[str]:
        """The module's own tests first, then the quickest; at most some seconds of them.

        A line that only an import runs – a constant, a field – is everybody's who runs anything of the file.
        """
        lines = self.lines.get(mutation.file, {})
        found = lines.get(mutation.line, frozenset()) & self.took_s.keys()
        if not found:
            found = frozenset[str]().union(*lines.values()) & self.took_s.keys()
        own = f"test_{Path(mutation.file).stem}.py"
        ordered = sorted(found, key=lambda test: (own not in test, self.took_s[test], test))
        return _within(ordered, self.took_s)


def _within(tests: Sequence[str], took_s: Mapping[str, float]) -> list[str]:
    """As many as there is time for, and the first in any case."""
    chosen, spent_s = list[str](), 0.0
    for test in tests[:MOST]:
        spent_s += took_s[test]
        if chosen and spent_s > LONGEST_S:
            break
        chosen.append(test)
    return chosen


def read_reach(database: Path, notes: Path, root: Path) -> Reach:
    """From what coverage and ``recording`` wrote."""
    data = CoverageData(str(database))
    data.read()
    passed = {
        test: took_s
        for test, (ok, took_s) in json.loads(notes.read_text(encoding="utf-8")).items()
        if ok
    }
    return Reach(
        lines={
            Path(file).relative_to(root).as_posix(): {
                line: _tests(contexts)
                for line, contexts in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        },
        took_s=passed,
    )


def _tests(contexts: Iterable[str]) -> frozenset[str]:
    """``test|call`` is a test's; nothing is an import's."""
    return frozenset(name.rpartition("|")[0] for name in contexts if name)
