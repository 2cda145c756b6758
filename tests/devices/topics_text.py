"""The integrators' page with each event's senders as the classes' records name them; ``make docs`` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from devices.device_classes import senders_of
from devices.messages import EVENTS

PAGE = Path(__file__).parents[2] / "docs" / "topics.md"
_NAMES = r"`[a-z-]+`(?:, `[a-z-]+`)*(?: and `[a-z-]+`)?"


def with_senders(page: str) -> str:
    """``page`` with the classes behind "from" in each event's section as they are now."""
    for event in EVENTS.values():
        begins = page.index(f"### `{event.NAME}`\n")
        head, section = page[:begins], page[begins:]
        names = [f"`{one}`" for one in sorted(senders_of(event.NAME))]
        told = " and ".join([*([", ".join(names[:-1])] if names[:-1] else []), names[-1]])
        page = head + re.sub(rf"\bfrom {_NAMES}", f"from {told}", section, count=1)
    return page


if __name__ == "__main__":
    PAGE.write_text(with_senders(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
