"""Planted mistakes, and whether the tests notice: ``python -m tests.mutants [--sample N] [--seed N] [--only PART]``.

It can be stopped and started again: what was tried of the same sample of the same code stays in ``reports/mutants``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Queue

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.mutants.mutations import Mutation, everything, sampled
from tests.mutants.reach import FOLDERS, Reach, read_reach
from tests.mutants.report import page, table, total
from tests.mutants.trial import Ending, Outcome, copy_tree, run_once, tried

ROOT = Path(__file__).parent.parent.parent
_SAID = Console(stderr=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """The folder of one sample of one state of the code; lines are added as mutants end."""

    folder: Path

    def outcomes(self) -> dict[str, Outcome]:
        file = self.folder / "outcomes.jsonl"
        if not file.exists():
            return {}
        rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        found = [Outcome(**{**row, "ending": Ending(row["ending"])}) for row in rows]
        return {one.id: one for one in found}

    def add(self, outcome: Outcome) -> None:
        with (self.folder / "outcomes.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(outcome.as_json()) + "\n")


def main() -> int:
    """Try the sample; 0 whatever survives, since survivors are to be read."""
    asked, began = _asked(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storeside-mutants-") as name:
        trees = [Path(name).resolve() / str(number) for number in range(asked.workers)]
        _SAID.print(f"copying the tree {len(trees)} times")
        for tree in trees:
            copy_tree(ROOT, tree)
        # From here on the checkout may change under us.
        sample = sampled(everything(trees[0]), asked.sample, asked.seed)
        sample = [one for one in sample if asked.only in one.file]
        notebook = _notebook(asked.out, trees[0], asked.tests)
        reach = _reach(notebook, trees[0], asked)
        done = notebook.outcomes()
        _try_all([one for one in sample if one.id not in done], trees, reach, notebook)
        done = notebook.outcomes()
        ended = [(one, done[one.id]) for one in sample if one.id in done]
        facts = {"seed": asked.seed, "mutants": len(ended), "of a sample of": len(sample)}
        file = asked.out / "mutants.md"
        file.write_text(page(ended, trees[0], facts), encoding="utf-8")
    if asked.json:
        counted = {str(ending): many for ending, many in total(ended).items()}
        took_s = round(time.monotonic() - began)
        sys.stdout.write(json.dumps({**facts, **counted, "took_s": took_s}) + "\n")
    else:
        Console(width=None if sys.stdout.isatty() else 120).print(table(ended))
    _SAID.print(f"survivors, each as a diff: {file}")
    return 0


def _notebook(out: Path, tree: Path, folders: Sequence[str]) -> Notebook:
    """A folder named for the tree's content: changed code or tests begin anew."""
    seal = hashlib.sha256(" ".join(folders).encode())
    for file in sorted(one for top in ("edge", "tests") for one in (tree / top).rglob("*.py")):
        seal.update(file.relative_to(tree).as_posix().encode() + file.read_bytes())
    folder = out / seal.hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    return Notebook(folder=folder)


def _reach(notebook: Notebook, tree: Path, asked: argparse.Namespace) -> Reach:
    """Kept beside the outcomes, since the run behind it takes as long as many mutants."""
    database, notes = notebook.folder / "coverage", notebook.folder / "tests.json"
    home = notebook.folder / "home"
    if not home.exists():
        _SAID.print("one run of the unharmed code, to see which test runs which line")
        written = database.resolve(), notes.resolve()
        code = run_once(tree, asked.tests, asked.workers, *written)
        if code not in {0, 1}:
            raise SystemExit(f"pytest did not come to an end: exit code {code}")
        home.write_text(str(tree), encoding="utf-8")
    reach = read_reach(database, notes, Path(home.read_text(encoding="utf-8")))
    failed = len(json.loads(notes.read_text(encoding="utf-8"))) - len(reach.took_s)
    _SAID.print(
        f"{len(reach.took_s)} tests pass and can kill; {failed} failed and are not asked"
    )
    return reach


def _try_all(
    left: Sequence[Mutation], trees: Sequence[Path], reach: Reach, notebook: Notebook
) -> None:
    """As many at once as there are copies."""
    free = Queue[Path]()
    for tree in trees:
        free.put(tree)

    def try_one(mutation: Mutation) -> Outcome:
        tree, tests = free.get(), reach.asked(mutation)
        try:
            return tried(tree, mutation, tests, sum(reach.took_s[test] for test in tests))
        finally:
            free.put(tree)

    bar = Progress(
        TextColumn("{task.description:<40}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=_SAID,
    )
    ends = dict.fromkeys(Ending, 0)
    with bar, ThreadPoolExecutor(len(trees)) as pool:
        task = bar.add_task("mutants", total=len(left))
        # Stopped by hand, what has not begun is dropped.
        pool_end = partial(pool.shutdown, cancel_futures=True)
        for outcome in _as_they_end([pool.submit(try_one, one) for one in left], pool_end):
            notebook.add(outcome)
            ends[outcome.ending] += 1
            said = ", ".join(f"{many} {ending}" for ending, many in ends.items() if many)
            bar.update(task, advance=1, description=said)
            if not _SAID.is_terminal:
                _SAID.print(
                    f"{sum(ends.values())}/{len(left)} {outcome.ending} {outcome.id}",
                    soft_wrap=True,
                )


def _as_they_end(
    trials: Sequence[Future[Outcome]], on_stop: Callable[[], None]
) -> Iterator[Outcome]:
    try:
        yield from (trial.result() for trial in as_completed(trials))
    finally:
        on_stop()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.mutants", description="Planted mistakes.")
    parser.add_argument("--sample", type=int, default=200, help="how many mutants")
    parser.add_argument("--seed", type=int, default=20171224)
    parser.add_argument("--only", default="", help="part of a file's path")
    parser.add_argument("--tests", nargs="+", default=FOLDERS, help="folders that are asked")
    parser.add_argument("--workers", type=int, default=2, help="copies that are tried at once")
    parser.add_argument(
        "--out", type=Path, default=Path("reports/mutants"), help="folder of the report"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on standard output"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
