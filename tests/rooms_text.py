"""The rooms of the house as a picture and a table, drawn from the code: who stands above whom, and who imports whom."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "rooms.svg"
DOCUMENT = ROOT / "docs" / "architecture.md"
LIMBS = ("devices", "models", "cloud_sync")
BEGIN, END = "<!-- rooms: made by `make docs` -->", "<!-- /rooms -->"

# Points: one row of the picture a room, one column of its right half whom it imports.
_ROW, _TOP, _LEFT, _DOTS, _STEP = 56, 96, 24, 620, 38
_INK, _QUIET, _GREEN, _PAPER = "#1d2b26", "#5b6b64", "#0b6b4f", "#f7f4ea"


def rooms() -> tuple[str, ...]:
    """The rooms of edge from the top, as the import contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (rings,) = (one for one in contracts if one["id"] == "rings")
    return tuple(room for room in rings["layers"] if room != "__main__")


def says(package: Path) -> str:
    """The first sentence of a package's docstring."""
    told = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8")))
    return (told or "").splitlines()[0]


def groups(package: Path) -> tuple[str, ...]:
    """The folders of a package that hold modules."""
    return tuple(sorted(f.parent.name for f in package.glob("*/__init__.py")))


@cache
def arrows() -> frozenset[tuple[str, str]]:
    """Who imports whom, among the rooms of edge and the three limbs, anywhere inside."""
    graph = grimp.build_graph("edge", *LIMBS, cache_dir=None)
    found = {
        (_place(module), _place(target))
        for module in graph.modules
        for target in graph.find_modules_directly_imported_by(module)
    }
    return frozenset((one, other) for one, other in found if one != other)


def _place(module: str) -> str:
    top, _, rest = module.partition(".")
    return rest.partition(".")[0] if top == "edge" else top


def as_svg() -> str:
    """``docs/pictures/rooms.svg``: a dot where the room of the row imports that of the column."""
    names = rooms()
    columns = (*names[1:], *LIMBS)
    width = _DOTS + _STEP * len(columns) + 56
    height = _TOP + _ROW * len(names) + 20
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            ' font-family="system-ui, sans-serif" font-size="13">'
        ),
        "  <title>The ten rooms of edge from the top, and a dot for every import from one to another</title>",
        f'  <rect width="{width}" height="{height}" fill="{_PAPER}"/>',
        (
            f'  <text x="{_LEFT}" y="36" font-size="17" font-weight="700" fill="{_INK}">edge, from the top:'
            " an import only points down</text>"
        ),
        (
            f'  <text x="{_LEFT}" y="58" fill="{_QUIET}">a dot: the room of the row imports the room of'
            " the column</text>"
        ),
        *(_column(number, name) for number, name in enumerate(columns)),
        *(line for number, name in enumerate(names) for line in _row(number, name, columns)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _column(number: int, name: str) -> str:
    x = _DOTS + _STEP * number + _STEP // 2
    colour = _QUIET if name in LIMBS else _INK
    return f'  <text transform="translate({x} {_TOP - 12}) rotate(-45)" fill="{colour}">{name}</text>'


def _row(number: int, name: str, columns: Iterable[str]) -> Iterable[str]:
    y = _TOP + _ROW * number
    package = ROOT / "edge" / name
    inside = " · ".join(groups(package))
    yield (
        f'  <rect x="{_LEFT}" y="{y}" width="{_DOTS - 44}" height="{_ROW - 8}" rx="9" fill="#fff"'
        f' stroke="{_GREEN}" stroke-width="1.4"/>'
    )
    yield (
        f'  <text x="{_LEFT + 14}" y="{y + 20}" font-weight="700" fill="{_GREEN}">{name}'
        f'<tspan dx="8" font-weight="400" fill="{_QUIET}" font-size="11.5">{escape(inside)}</tspan></text>'
    )
    yield f'  <text x="{_LEFT + 14}" y="{y + 38}" fill="{_INK}" font-size="11">{escape(_short(package))}</text>'
    for place, column in enumerate(columns):
        x = _DOTS + _STEP * place + _STEP // 2
        if (name, column) in arrows():
            yield f'  <circle cx="{x}" cy="{y + (_ROW - 8) // 2}" r="6" fill="{_GREEN}"/>'
        else:
            yield f'  <circle cx="{x}" cy="{y + (_ROW - 8) // 2}" r="1.5" fill="#c9cfc6"/>'


def _short(package: Path) -> str:
    said = says(package)
    return said if len(said) <= _WORDS else said[: said.rindex(" ", 0, _WORDS)] + " …"


# As many letters stand in a room's box.
_WORDS = 90


def as_table() -> str:
    """The rooms and limbs with their sentence, for ``docs/architecture.md``."""
    lines = ["| room | what stands there | in groups |", "|---|---|---|"]
    for name in rooms():
        package = ROOT / "edge" / name
        inside = ", ".join(f"`{one}`" for one in groups(package))
        lines.append(f"| `edge/{name}` | {says(package)} | {inside} |")
    for limb in LIMBS:
        inside = ", ".join(f"`{one}`" for one in groups(ROOT / limb))
        lines.append(f"| `{limb}` | {says(ROOT / limb)} | {inside} |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """The page with its table as the code is now."""
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{as_table()}\n{END}{tail}"


if __name__ == "__main__":
    PICTURE.write_text(as_svg(), encoding="utf-8")
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
