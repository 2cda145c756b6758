"""The frontier as a picture that needs nothing else: the same figures give the same bytes.

``storeside decisions frontier`` writes it beside the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.campaigns.whatif.frontier import PrivacyFrontier

# The picture's size and its margins, in pixels.
_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 40, 56
_INK, _OURS, _FAINT = "#3d3a35", "#1f6f5c", "#d8d3c8"
_TICKS = 5

Point = tuple[float, float]


def drawn(found: PrivacyFrontier) -> str:
    """One SVG element: privacy saved to the right, value lost upwards, a dot for each weight."""
    points = [(found.saved_pct(one), found.lost_pct(one)) for one in found.positions]
    reach = _reach(x for x, _ in points), _reach(y for _, y in points)
    placed = [_placed(point, reach) for point in points]
    labels = [f"{one.weight_pct} %" for one in found.positions]
    lines = (
        *_head(found.decisions),
        *_axes(reach),
        *_curve(placed),
        *_dots(placed, labels),
        "</svg>",
    )
    return "\n".join(lines) + "\n"


def _reach(values: Iterator[float]) -> float:
    """The end of an axis that begins at nought: at least one per cent."""
    # A frontier that is flat has no length to divide by.
    return max(1.0, *values)


def _placed(point: Point, reach: Point) -> Point:
    x = _LEFT + point[0] / reach[0] * (_WIDTH - _LEFT - _RIGHT)
    y = _HEIGHT - _BOTTOM - point[1] / reach[1] * (_HEIGHT - _TOP - _BOTTOM)
    # Rounded to a tenth of a pixel: the last bits of a division do not change the file.
    return round(x, 1), round(y, 1)


def _head(decisions: int) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        f' font-family="sans-serif" font-size="12" fill="{_INK}">'
    )
    yield f"<title>Value lost against privacy saved, {decisions} decisions</title>"
    yield _text(_LEFT, 20, f"Value lost against privacy saved · {decisions} decisions", 14)


def _axes(reach: Point) -> Iterator[str]:
    floor, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for step in range(_TICKS + 1):
        x, y = _placed((reach[0] * step / _TICKS, reach[1] * step / _TICKS), reach)
        yield f'<path d="M{_LEFT} {y}H{right}M{x} {_TOP}V{floor}" stroke="{_FAINT}"/>'
        yield _text(x, floor + 18, f"{reach[0] * step / _TICKS:.1f}", anchor="middle")
        yield _text(_LEFT - 8, y + 4, f"{reach[1] * step / _TICKS:.1f}", anchor="end")
    yield _text(right, floor + 40, "privacy saved, %", anchor="end")
    yield _text(_LEFT, _TOP - 8, "value lost, %")


def _curve(placed: Sequence[Point]) -> Iterator[str]:
    path = " ".join(f"{x},{y}" for x, y in placed)
    yield f'<polyline points="{path}" fill="none" stroke="{_OURS}" stroke-width="2"/>'


def _dots(placed: Sequence[Point], labels: Sequence[str]) -> Iterator[str]:
    """Weights that do the same share a dot; the first of them names it."""
    named = set[Point]()
    for (x, y), label in zip(placed, labels, strict=True):
        if (x, y) not in named:
            named.add((x, y))
            yield f'<circle cx="{x}" cy="{y}" r="4" fill="{_OURS}"/>'
            yield _text(x + 7, y + 14, label)


def _text(x: float, y: float, words: str, size: int = 12, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}">{words}</text>'
