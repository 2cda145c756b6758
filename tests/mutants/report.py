"""What the mutants tell: killed, survived, too slow by file, and every survivor as a diff to be read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from tests.mutants.mutations import Mutation
from tests.mutants.trial import Ending, Outcome

Tried = Sequence[tuple[Mutation, Outcome]]
ALIVE = frozenset({Ending.SURVIVED, Ending.UNREACHED})


def by_file(tried: Tried) -> dict[str, Counter[Ending]]:
    """How the mutants of each file ended."""
    found = defaultdict[str, Counter[Ending]](Counter)
    for mutation, outcome in tried:
        found[mutation.file][outcome.ending] += 1
    return dict(sorted(found.items()))


def total(tried: Tried) -> Counter[Ending]:
    return Counter(outcome.ending for _, outcome in tried)


def table(tried: Tried) -> Table:
    """One row a file, the sum last."""
    found = Table(title="Mutants", show_footer=True)
    found.add_column("file", "all")
    ends = total(tried)
    for ending in Ending:
        found.add_column(ending, str(ends[ending]), justify="right")
    for file, counted in by_file(tried).items():
        found.add_row(file, *(str(counted[ending] or "") for ending in Ending))
    return found


def page(tried: Tried, root: Path, facts: Mapping[str, object]) -> str:
    """The same in Markdown, and each survivor in full."""
    ends = total(tried)
    lines = [
        "# Mutants",
        "",
        ", ".join(f"{name} {value}" for name, value in facts.items()) + ".",
        "",
        f"| file | {' | '.join(Ending)} |",
        "|---|" + "---|" * len(Ending),
    ]
    for file, counted in [*by_file(tried).items(), ("all", ends)]:
        lines.append(f"| {file} | {' | '.join(str(counted[ending]) for ending in Ending)} |")
    for mutation, outcome in sorted(tried, key=lambda one: one[0].id):
        if outcome.ending in ALIVE:
            lines += ["", f"## {mutation.file}:{mutation.line} – {outcome.ending}", ""]
            lines += [f"{mutation.operator}; {outcome.tests} tests asked.", "", "```diff"]
            lines += [mutation.diff((root / mutation.file).read_text(encoding="utf-8")), "```"]
    return "\n".join(lines) + "\n"
