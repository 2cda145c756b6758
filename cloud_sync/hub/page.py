"""The hub's one page: what has arrived, by type, drawn anew every two seconds.

The server draws it for whoever opens ``/``; figures come from the store.
"""

from html import escape
from string import Template

from cloud_sync.hub.store import HubStats

# It is loaded again by a meta element, because the policy of the page lets no script run.
_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Storeside hub</title>
<style>
:root { color-scheme: light dark; --ink: #14213d; --soft: #5c677d; --line: #dfe3ea;
  --paper: #f7f8fa; --card: #fff; --bar: #2a9d8f; }
@media (prefers-color-scheme: dark) { :root { --ink: #edf0f5; --soft: #9aa5b8;
  --line: #2b3447; --paper: #0f1522; --card: #171f30; --bar: #3fb8a8; } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 3rem 1.5rem; max-width: 60rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -.01em }
p { margin: .25rem 0 2rem; color: var(--soft) }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem;
  margin: 0 0 2rem }
dl div, table { background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
dl div { padding: 1rem 1.25rem }
dt { color: var(--soft); font-size: .875rem }
dd { margin: 0; font-size: 2rem; font-variant-numeric: tabular-nums; line-height: 1.2 }
table { width: 100%; border-spacing: 0; overflow: hidden }
h2 { margin: 0 0 .5rem; font-size: 1rem; font-weight: normal; color: var(--soft) }
td, th { padding: .6rem 1.25rem; border-top: 1px solid var(--line); font-weight: normal;
  text-align: left }
tr:first-child > * { border-top: 0 }
td.count { width: 8rem; text-align: right; font-variant-numeric: tabular-nums }
td.share { width: 45% }
meter { width: 100%; height: .75rem }
meter::-webkit-meter-bar { background: var(--line); border: 0;
  border-radius: .4rem; height: .6rem }
meter::-webkit-meter-optimum-value { background: var(--bar); border-radius: .4rem }
meter::-moz-meter-bar { background: var(--bar) }
</style>
</head>
<body>
<h1>Storeside hub</h1>
<p>Each event once, whatever the line did.</p>
<dl>$figures</dl>
<h2>Events by type</h2>
<table><tbody>$rows</tbody></table>
</body>
</html>
""")


def draw_page(stats: HubStats) -> str:
    """Draw the totals as one HTML page without scripts or files from elsewhere."""
    figures = {
        "events kept": stats.events,
        "received": stats.raw,
        "duplicates recognised": stats.duplicates,
        "refused": stats.refused,
    }
    # A meter needs a most above nought, also while nothing has arrived.
    most = max(stats.by_type.values(), default=1)
    return _PAGE.substitute(
        figures="".join(
            f"<div><dt>{name}</dt><dd>{count:,}</dd></div>" for name, count in figures.items()
        ),
        rows="".join(_row(type_, count, most) for type_, count in stats.by_type.items())
        or "<tr><td>Nothing has arrived yet.</td></tr>",
    )


def _row(type_: str, count: int, most: int) -> str:
    share = f'<meter min="0" max="{most}" value="{count}">{count}</meter>'
    return (
        f'<tr><th scope="row">{escape(type_)}</th><td class="count">{count:,}</td>'
        f'<td class="share">{share}</td></tr>'
    )
