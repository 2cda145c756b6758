"""The report as a page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from models.errors import ChartsMissing
from models.evaluation.evaluate import evaluate
from models.evaluation.report.chapters import chapters
from models.evaluation.report.figures import all_figures
from models.evaluation.report.page import as_page, headlines, write_report

Report = dict[str, Any]
VOID = {"meta", "br", "hr", "img", "path", "use", "rect"}


@pytest.fixture(scope="module")
def report(town: Path, bundle_dir: Path) -> Report:
    return evaluate(town, bundle_dir, latency=True)


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return as_page(report)


class Reader(HTMLParser):
    """Every element that is opened must be closed in its turn; collects ids and what is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.fetched += [
            value or ""
            for name, value in attrs
            if name in {"src", "href", "xlink:href"} and not (value or "").startswith("#")
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_both_files_are_left_in_the_folder(report: Report, page: str, tmp_path: Path) -> None:
    written = write_report(report, tmp_path / "new" / "folder")
    assert written.read_text(encoding="utf-8") == page
    assert json.loads((written.parent / "report.json").read_text()) == report


def test_the_same_figures_give_the_same_page(report: Report, page: str) -> None:
    assert as_page(report) == page


def test_the_page_is_whole_and_fetches_nothing(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert reader.fetched == []
    assert not {"script", "link", "iframe", "img"} & set(reader.tags)
    assert not re.search(r"url\((?!#)|@import", page)


def test_every_chapter_has_words_and_the_questions_asked_have_a_chart(report: Report) -> None:
    made = {chapter.title: chapter for chapter in chapters(report)}
    assert len(made) == 11
    assert all(len(chapter.words) > 80 for chapter in made.values())
    bare = {title for title, chapter in made.items() if not chapter.chart}
    assert len(bare) == 1


def test_charts_on_one_page_share_no_inner_name(page: str) -> None:
    names = re.findall(r'\bid="([pm][0-9a-f]{6,})"', page)
    assert names
    assert len(names) == len(set(names))


def test_every_figure_is_on_the_page(report: Report, page: str) -> None:
    paths = [path for path, _ in all_figures(report)]
    assert len(paths) > 300
    assert all(f"<code>{path}</code>" in page for path in paths)


def test_what_the_report_does_not_know_is_left_out(report: Report) -> None:
    less = {
        **report,
        "explore_only": {"trips": 0},
        "online_counters": {"trips": 0},
        "cold_start": {},
        "half_the_basket_shown": {},
    }
    del less["latency"]
    assert len(chapters(less)) == 6
    assert "<svg" in as_page(less)


def test_names_from_outside_stay_text(report: Report) -> None:
    odd = as_page({**report, "source": "<script>alert(1)</script>"})
    assert "<script" not in odd
    assert "&lt;script&gt;" in odd


def test_other_data_are_not_held_to_the_goals_of_the_public_ones(report: Report) -> None:
    assert "aimed at" not in as_page(report)
    public = {**report, "source": "completejourney"}
    assert "aimed at" in as_page(public)
    assert len(headlines(public)) > len(headlines(report)) == 2


def test_without_the_drawing_library_it_says_what_to_install(
    report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def absent(_: str) -> None:
        raise ImportError

    monkeypatch.setattr("models.evaluation.report.charts.import_module", absent)
    with pytest.raises(ChartsMissing, match=r"storeside\[bench\]"):
        write_report(report, tmp_path)
