"""The README's table is the file's, each row has its command, and a command that fails changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.figures.measure import StepFailed, document_in, measured, run
from tests.figures.rows import ROWS, STEPS, Document, Row, Step
from tests.figures.table import (
    BEGIN,
    END,
    FILE,
    README,
    Occasion,
    WrittenRow,
    ordered,
    readme_with,
    renewed,
    rows_of,
    text_of,
)

ROOT = Path(__file__).parent.parent.parent
NOW = Occasion(commit="abc1234", date="2026-11-30", machine="2 cores", form="short")
MINUTE: Document = {"visits": 44, "identified": 29, "decisions": 462, "personal": 292}


def row(id_: str) -> Row:
    return next(one for one in ROWS if one.id == id_)


def written() -> dict[str, WrittenRow]:
    return rows_of((ROOT / FILE).read_text(encoding="utf-8"))


def test_the_readme_says_what_the_file_says() -> None:
    readme = (ROOT / README).read_text(encoding="utf-8")
    assert readme == readme_with(readme, ordered(written())), "make figures ARGS=--write"


def test_every_row_of_the_file_has_a_command_and_is_asked_for() -> None:
    rows = written()
    assert list(rows) == [one.id for one in ROWS]
    assert all(one.command.strip() for one in rows.values())
    assert {id_: one.label for id_, one in rows.items()} == {one.id: one.label for one in ROWS}


def test_what_is_shown_is_written_from_the_values() -> None:
    for id_, one in written().items():
        if one.measured:
            assert one.shown == row(id_).shown.format(**one.values)


def test_every_step_is_there_for_a_row_and_stands_before_those_that_need_it() -> None:
    names = [step.name for step in STEPS]
    assert {name for one in ROWS for name in one.steps} == set(names)
    assert names.index("minute") < names.index("replay") < names.index("again")


def test_a_row_is_told_by_what_its_command_printed() -> None:
    found = renewed(row("visits"), {"minute": MINUTE}, NOW, None)
    assert found.shown == "44, 29, 462, 292"
    assert found.measured == NOW.model_copy(update={"form": "long"})  # it has no other


def test_a_row_measured_in_the_short_form_says_so() -> None:
    bench: Document = {"receipts_and_qos": {"sustained": 300.0}}
    found = renewed(row("sustained"), {"bench": bench}, NOW, None)
    assert (found.shown, found.measured) == ("300/s", NOW)
    assert "--quick" in found.command
    assert "300/s *(short form)*" in readme_with(f"{BEGIN}\n{END}", [found])


def test_a_row_whose_command_failed_stays_as_it_was() -> None:
    old = renewed(row("visits"), {"minute": MINUTE}, NOW, None)
    later = NOW.model_copy(update={"commit": "def5678"})
    assert renewed(row("visits"), {}, later, old) == old


def test_a_row_that_was_never_measured_says_so_and_has_its_command() -> None:
    found = renewed(row("caps"), {}, NOW, None)
    assert (found.shown, found.measured) == ("not measured yet", None)
    assert found.command


def test_a_row_of_another_day_tells_its_day() -> None:
    old = renewed(row("visits"), {"minute": MINUTE}, NOW, None)
    later = NOW.model_copy(update={"commit": "def5678", "date": "2026-12-01"})
    others = [
        renewed(row(id_), {"minute": {"rss_mb": 1, "ready_s": 1, **_promised()}}, later, None)
        for id_ in ("service", "promises")
    ]
    said = readme_with(f"{BEGIN}\n{END}", [old, *others])
    assert "292 *(2026-11-30, commit abc1234)*" in said
    assert "On 2 cores, 2026-12-01, commit def5678" in said


def _promised() -> dict[str, int]:
    return dict.fromkeys(("lost", "duplicates", "consent_violations", "errors"), 0)


def test_the_ranker_is_held_against_the_best_of_the_published_methods() -> None:
    def figure(mean: float) -> dict[str, dict[str, float]]:
        return {"ndcg_at_10": {"mean": mean, "low": mean - 0.01, "high": mean + 0.01}}

    document: Document = {
        "ranker": figure(0.262),
        "baselines": {"weak": figure(0.1), "strong": figure(0.237)},
        "gains": {"weak": figure(0.162), "strong": figure(0.025)},
    }
    found = renewed(row("ranker"), {"refresh": {}, "evaluate": document}, NOW, None)
    assert found.shown == "0.262; 0.237, gain +0.025 [0.015, 0.035]"


def test_a_file_is_read_as_it_was_written() -> None:
    rows = {"visits": renewed(row("visits"), {"minute": MINUTE}, NOW, None)}
    assert rows_of(text_of(rows.values())) == rows


def test_a_readme_without_its_marks_is_not_written() -> None:
    with pytest.raises(ValueError, match="marks"):
        readme_with("# Storeside", [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}\n', {"a": 1}),
        ('set up in {no} time\n{\n  "a": 1\n}\n', {"a": 1}),
        ("nothing", None),
        ("[1]", None),
        ('{"a": ', None),
    ],
)
def test_a_document_is_found_behind_other_words(text: str, found: Document | None) -> None:
    assert document_in(text) == found


def test_a_command_is_timed_and_its_words_on_the_way_are_noted(tmp_path: Path) -> None:
    step = Step(
        name="s", command="""echo it is open. >&2; echo '{"took_s": 99}'""", until="is open."
    )
    found = run(step, step.command, tmp_path, tmp_path, lambda _: None)
    assert 0 <= found["until_s"] <= found["took_s"] < 99


def test_a_broken_promise_is_a_figure_too_but_no_document_is_a_failure(tmp_path: Path) -> None:
    said = list[str]()
    broken = Step(name="broken", command="""echo '{"lost": 3}'; exit 1""")
    assert run(broken, broken.command, tmp_path, tmp_path, said.append)["lost"] == 3
    assert "not kept" in said[0]
    with pytest.raises(StepFailed, match="exit code 3; no such thing"):
        run(broken, "echo no such thing >&2; exit 3", tmp_path, tmp_path, said.append)


def test_the_steps_after_a_failure_are_run_all_the_same(tmp_path: Path) -> None:
    steps = [
        Step(name="bad", command="exit 1"),
        Step(name="good", command="exit 1", short="echo '{}' > $FOLDER/x; cat $FOLDER/x"),
    ]
    said = list[str]()
    found = dict(measured(steps, tmp_path, tmp_path, said.append, short=True))
    assert found.keys() == {"good"}
    assert any("bad FAILED" in line for line in said)
