"""The campaign form's list of screens, made from the placements; ``make docs`` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from edge.domain.placement import SCREENS

SCRIPT = Path(__file__).parents[3] / "devices" / "web" / "campaigns" / "placements.js"


def as_script() -> str:
    """``placements.js``: what a browser has to know of the placements."""
    rows = [
        f"  {json.dumps(p.name)}: {json.dumps([p.surface, p.words.label], ensure_ascii=False)},\n"
        for p in SCREENS.values()
    ]
    return (
        "/** The screens on which an offer may stand: placement -> [class of device, words]. Made from"
        " edge/domain/placement.py by `make docs`. */\n"
        f"export const SCREENS = {{\n{''.join(rows)}}};\n"
    )


if __name__ == "__main__":
    SCRIPT.write_text(as_script(), encoding="utf-8")
