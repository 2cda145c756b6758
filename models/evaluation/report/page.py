"""``report.json`` and ``report.html``: one self-contained page, the same bytes for the same figures.

``edge.cli.model_training`` calls ``write_report`` with what ``evaluate`` returned.
"""

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path

from models.evaluation.metrics import Figure
from models.evaluation.report.chapter import Chapter
from models.evaluation.report.chapters import chapters
from models.evaluation.report.figures import Report, all_figures, interval, percent, told
from models.evaluation.report.goals import GoalResult, outcomes

JSON, PAGE = "report.json", "report.html"

_STYLE = """
:root { color-scheme: light; --ink: #26221c; --faint: #6b6457; --line: #e3ded4; --ours: #1f6f5c; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; color: var(--ink); background: #fdfcfa;
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
.faint { color: var(--faint); font-size: .9rem; }
.headline { font-size: 1.15rem; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.moonshot, .must, .missed { white-space: nowrap; }
.moonshot, .must { color: var(--ours); font-weight: 600; }
.missed { color: #a33a12; font-weight: 600; }
.wide { overflow-x: auto; }
svg { display: block; width: 100%; height: auto; margin: .5rem 0; }
summary { cursor: pointer; padding: .25rem 0; }
code { font-size: .85em; overflow-wrap: anywhere; }
@media print { body { background: white; } section { break-inside: avoid; } }
"""

_CAVEATS = (
    (
        "One retailer's trips: where they are public research data, no basis for commercial "
        "decisions; where they are a grocer's own, none for another's."
    ),
    (
        "A trip says what was bought, not what an offer would change. Nothing here is causal; only "
        "a randomised holdout says what showing something is worth."
    ),
    "Only items of the bundle's vocabulary are listed, and only they count as truth.",
    (
        "What the chain knows is frozen at the cut; a household's own counters run up to its trip, "
        "as they do in a store."
    ),
)


def write_report(report: Report, folder: Path) -> Path:
    """Leave both files in ``folder``; the page's path. Raises ``ChartsMissing``."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE
    (folder / JSON).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    page.write_text(as_page(report), encoding="utf-8")
    return page


def as_page(report: Report) -> str:
    """The page's text."""
    title = f"How good is {report['bundle']}?"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="faint">{escape(_origin(report))}</p>',
        f'<p class="headline">{escape(_headline(report))}</p>',
        *_goals(outcomes(report)),
        *map(_chapter, chapters(report)),
        *_caveats(),
        *_figures(report),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def headlines(report: Report) -> list[str]:
    """The report in a few lines, for a terminal."""
    lines = [_origin(report), _headline(report)]
    for outcome in outcomes(report):
        goal = outcome.goal
        lines.append(
            f"{goal.what:48} {told(outcome.reached['mean']):>8}  "
            f"must {goal.must:g}, moonshot {goal.moonshot:g}: {outcome.verdict}"
        )
    return lines


def _origin(report: Report) -> str:
    return (
        f"{report['source']}, {report['trips']:,} trips from {report['first_day']} to "
        f"{report['last_day']}, {report['items_in_vocabulary']:,} items, bundle "
        f"{str(report['digest'])[:12]}"
    )


def _headline(report: Report) -> str:
    who, gain = min(
        ((who, own["ndcg_at_10"]) for who, own in report["gains"].items()),
        key=lambda one: one[1]["mean"],
    )
    ours = report["ranker"]
    return (
        f"{percent(ours['phr_at_10']['mean'])} of trips held something from a list of ten made "
        f"before them. NDCG@10 is {ours['ndcg_at_10']['mean']:.4f}, {gain['mean']:+.4f} beside the "
        f"best of {len(report['gains'])} published methods, {who} (95 % interval "
        f"{gain['low']:+.4f} to {gain['high']:+.4f})."
    )


def _goals(reached: list[GoalResult]) -> list[str]:
    if not reached:
        return []
    head = ("", "this bundle", "95 % interval", "best published", "must", "moonshot", "")
    rows = [
        _row(
            (
                one.goal.what,
                told(one.reached["mean"]),
                interval(one.reached),
                f"{told(one.other[1])} ({one.other[0]})" if one.other else "",
                f"{'≤' if one.goal.at_most else '≥'} {one.goal.must:g}",
                f"{'≤' if one.goal.at_most else '≥'} {one.goal.moonshot:g}",
            ),
            f'<td class="{one.verdict}">{one.verdict}</td>',
        )
        for one in reached
    ]
    return [
        "<section><h2>What was aimed at</h2>",
        _table(head, rows),
        (
            '<p class="faint">The goals are set for weeks 49–53 of the public data; on other weeks '
            "they are for orientation.</p></section>"
        ),
    ]


def _chapter(chapter: Chapter) -> str:
    label = f'aria-label="{escape(chapter.title, quote=True)}"'
    chart = chapter.chart.replace("<svg ", f"<svg {label} ", 1)
    title, words = escape(chapter.title), escape(chapter.words)
    return f"<section><h2>{title}</h2>\n{chart}\n<p>{words}</p></section>"


def _caveats() -> list[str]:
    items = "".join(f"<li>{escape(caveat)}</li>" for caveat in _CAVEATS)
    return [f"<section><h2>What this does not say</h2><ul>{items}</ul></section>"]


def _figures(report: Report) -> list[str]:
    groups: dict[str, list[str]] = {}
    for path, value in all_figures(report):
        group, _, _ = path.rpartition("/")
        rows = groups.setdefault(group.partition("/")[0] or "trips and items", [])
        rows.append(_row((path, *_cells(value)), code=True))
    head = ("figure", "value", "95 % interval")
    return [
        "<section><h2>Every figure</h2>",
        *(
            f"<details><summary>{escape(name)} ({len(rows)})</summary>{_table(head, rows)}</details>"
            for name, rows in groups.items()
        ),
        "</section>",
    ]


def _cells(value: Figure | float) -> tuple[str, str]:
    if isinstance(value, dict):
        return told(value["mean"]), interval(value)
    return told(value), ""


def _row(cells: tuple[str, ...], last: str = "", *, code: bool = False) -> str:
    first = f"<code>{escape(cells[0])}</code>" if code else escape(cells[0])
    numbers = "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells[1:])
    return f"<tr><td>{first}</td>{numbers}{last}</tr>"


def _table(head: tuple[str, ...], rows: Iterable[str]) -> str:
    names = "".join(
        f'<th class="{"number" if place else ""}">{escape(name)}</th>'
        for place, name in enumerate(head)
    )
    return f'<div class="wide"><table><tr>{names}</tr>\n' + "\n".join(rows) + "\n</table></div>"
