"""Every small mistake that could be planted in the code, by cosmic-ray's operators, and a fair sample of them."""

from __future__ import annotations

import ast
import difflib
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

AREAS: Mapping[str, tuple[float, tuple[str, ...]]] = {
    "decision": (0.3, ("edge/decision",)),
    "pipeline": (0.3, ("edge/pipeline",)),
    "consent and caps": (
        0.2,
        (
            "edge/domain/consent.py",
            "edge/domain/identity.py",
            "edge/domain/exposure_memory.py",
            "edge/domain/budget_spend.py",
        ),
    ),
    "storage": (0.2, ("edge/storage",)),
}
"""What is tried, and its share of the sample: money and consent get more than their lines would."""

Spot = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One change at one place. ``line`` counts from 1; ``occurrence`` is the operator's own count in the file."""

    file: str
    operator: str
    occurrence: int
    line: int
    column: int

    @property
    def id(self) -> str:
        return f"{self.file}:{self.line}:{self.column}:{self.operator}:{self.occurrence}"

    def applied(self, source: str) -> str:
        """The file with the mistake in it."""
        changed = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        if changed is None:
            raise LookupError(f"{self.id} is not in this text")
        return str(changed)

    def diff(self, source: str) -> str:
        """What a reader needs to see the mistake."""
        lines = difflib.unified_diff(
            source.splitlines(),
            self.applied(source).splitlines(),
            f"a/{self.file}",
            f"b/{self.file}",
            lineterm="",
            n=2,
        )
        return "\n".join(lines)


def files_of(root: Path, places: Iterable[str]) -> list[Path]:
    """The modules of some places, in a fixed order."""
    found = list[Path]()
    for place in places:
        found += (
            sorted((root / place).rglob("*.py")) if (root / place).is_dir() else [root / place]
        )
    return found


def mutations_of(source: str, file: str) -> Iterator[Mutation]:
    """Every mutation that a run of the code could notice."""
    unfelt, tree = list(_unfelt(source)), get_ast(source)
    for name in operator_names():
        if get_operator(name).arguments():
            continue  # such an operator needs to be told what to put in
        operator, occurrence = get_operator(name)(), 0
        for node in ast_nodes(tree):
            for start, _end in operator.mutation_positions(node):
                if not any(first <= start < last for first, last in unfelt):
                    yield Mutation(
                        file=file,
                        operator=name,
                        occurrence=occurrence,
                        line=start[0],
                        column=start[1],
                    )
                occurrence += 1


def _unfelt(source: str) -> Iterator[tuple[Spot, Spot]]:
    """Annotations are never evaluated here; a record's ``frozen`` and ``slots`` change nothing that it does."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.arg(annotation=ast.expr() as said) | ast.AnnAssign(annotation=said):
                yield _span(said)
            case ast.FunctionDef(returns=ast.expr() as said):
                yield _span(said)
            case ast.AsyncFunctionDef(returns=ast.expr() as said):
                yield _span(said)
            case ast.ClassDef(decorator_list=[_, *_] as decorators):
                # the column of the @ itself
                yield (decorators[0].lineno, 0), _span(decorators[-1])[1]
            case _:
                pass


def _span(node: ast.expr) -> tuple[Spot, Spot]:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)


def sampled(found: Mapping[str, Sequence[Mutation]], many: int, seed: int) -> list[Mutation]:
    """Each area's share, at places drawn without return: one mistake a place, whichever its operators would make."""
    luck, chosen = random.Random(seed), list[Mutation]()  # noqa: S311 - a sample, not a secret
    for area, (share, _places) in AREAS.items():
        by_place = defaultdict[tuple[str, Spot], list[Mutation]](list)
        for one in found.get(area, ()):
            by_place[one.file, (one.line, one.column)].append(one)
        places = sorted(by_place)
        drawn = luck.sample(places, min(len(places), round(share * many)))
        chosen += [luck.choice(by_place[place]) for place in drawn]
    luck.shuffle(chosen)
    return chosen


def everything(root: Path) -> dict[str, list[Mutation]]:
    """All mutations of all areas."""
    return {
        area: [
            one
            for file in files_of(root, places)
            for one in mutations_of(
                file.read_text(encoding="utf-8"), file.relative_to(root).as_posix()
            )
        ]
        for area, (_share, places) in AREAS.items()
    }
