"""The mutation campaign itself: which mistakes are planted, how a sample is drawn, who is asked, what is reported."""

from __future__ import annotations

from pathlib import Path

from tests.mutants.mutations import AREAS, Mutation, files_of, mutations_of, sampled
from tests.mutants.reach import LONGEST_S, Reach
from tests.mutants.report import page, total
from tests.mutants.trial import Ending, Outcome, tried

ROOT = Path(__file__).parent.parent.parent
CODE = """\
from dataclasses import dataclass

@dataclass(frozen=True, slots=True)
class Brake:
    on: bool | None = None

def fits(alone: bool | None, brake: Brake) -> bool | None:
    return alone and not brake.on
"""


def mutation(line: int, file: str = "edge/a.py", operator: str = "core/AddNot") -> Mutation:
    return Mutation(file=file, operator=operator, occurrence=0, line=line, column=4)


def test_the_mistake_that_once_survived_is_among_them() -> None:
    found = {one.applied(CODE) for one in mutations_of(CODE, "a.py")}
    assert CODE.replace("and not", "or not") in found


def test_annotations_and_the_dress_of_a_record_are_left_alone() -> None:
    assert {one.line for one in mutations_of(CODE, "a.py")} == {8}


def test_a_mutation_is_shown_as_the_lines_that_changed() -> None:
    (one,) = (m for m in mutations_of(CODE, "a.py") if "AndWithOr" in m.operator)
    changed = [line for line in one.diff(CODE).splitlines() if line[0] in "+-"]
    assert changed[2:] == [
        "-    return alone and not brake.on",
        "+    return alone or not brake.on",
    ]


def test_a_sample_gives_every_area_its_share_and_a_place_one_mistake() -> None:
    every = {
        area: [mutation(n, f"{area}.py", op) for n in range(300) for op in ("core/a", "core/b")]
        for area in AREAS
    }
    drawn = sampled(every, 200, seed=7)
    assert len(drawn) == len({(one.file, one.line) for one in drawn}) == 200
    assert {area: sum(one.file == f"{area}.py" for one in drawn) for area in AREAS} == {
        "decision": 60,
        "pipeline": 60,
        "consent and caps": 40,
        "storage": 40,
    }
    assert drawn == sampled(every, 200, seed=7) != sampled(every, 200, seed=8)


def test_every_area_has_its_files() -> None:
    for _share, places in AREAS.values():
        assert all(file.is_file() for file in files_of(ROOT, places))


def reach(**took_s: float) -> Reach:
    lines = {
        "edge/a.py": {
            1: frozenset({"x::one", "tests/test_a.py::own"}),
            2: frozenset({"x::slow"}),
        }
    }
    return Reach(
        lines=lines, took_s=took_s or {"x::one": 0.1, "tests/test_a.py::own": 2, "x::slow": 9}
    )


def test_the_tests_of_its_line_are_asked_its_own_file_first() -> None:
    assert reach().asked(mutation(1)) == ["tests/test_a.py::own", "x::one"]


def test_of_a_line_that_only_an_import_runs_everybody_is_asked() -> None:
    assert reach().asked(mutation(5)) == ["tests/test_a.py::own", "x::one", "x::slow"]
    assert reach().asked(mutation(1, "edge/b.py")) == []


def test_who_failed_unharmed_is_not_asked_and_time_is_limited() -> None:
    assert reach(**{"x::one": 1.0}).asked(mutation(1)) == ["x::one"]
    long = reach(**{"x::one": LONGEST_S, "tests/test_a.py::own": 1.0})
    assert long.asked(mutation(1)) == ["tests/test_a.py::own"]


def test_a_mutant_is_taken_out_again_and_without_tests_it_is_alive(tmp_path: Path) -> None:
    (tmp_path / "edge").mkdir()
    file = tmp_path / "edge" / "a.py"
    file.write_text(CODE)
    (one,) = (m for m in mutations_of(CODE, "edge/a.py") if "AndWithOr" in m.operator)
    assert tried(tmp_path, one, [], 0.0).ending is Ending.UNREACHED
    (tmp_path / "pytest.ini").touch()
    # the plugin refuses: this tree has no package of ours to be imported from
    assert tried(tmp_path, one, ["nowhere"], 0.0).ending is Ending.KILLED
    assert file.read_text() == CODE


def test_every_survivor_is_in_the_report_as_a_diff(tmp_path: Path) -> None:
    (tmp_path / "edge").mkdir()
    (tmp_path / "edge" / "a.py").write_text(CODE)
    found = [m for m in mutations_of(CODE, "edge/a.py") if m.line == 8][:2]
    pairs = [
        (found[0], Outcome(id=found[0].id, ending=Ending.SURVIVED, tests=3)),
        (found[1], Outcome(id=found[1].id, ending=Ending.KILLED, tests=3)),
    ]
    said = page(pairs, tmp_path, {"seed": 7})
    assert said.count("```diff") == 1
    assert "| edge/a.py | 1 | 1 | 0 | 0 |" in said
    assert total(pairs) == {Ending.SURVIVED: 1, Ending.KILLED: 1}
