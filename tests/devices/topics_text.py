"""The integrators' page with senders, placements and notices as the records name them; ``make docs`` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from devices.device_classes import senders_of
from devices.messages import EVENTS
from edge.app.market_policies import SHIPPED, read_policy
from edge.domain.placement import SCREENS

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


def with_tables(page: str) -> str:
    """``page`` with the placements that can be asked for, and the notices of the policies that come with it."""
    rows = [
        f"| `{one.name}` | `{one.surface}` | {one.limit} | {'everybody' if one.public else 'whom it is for'} |"
        for one in SCREENS.values()
    ]
    head = ["| placement | class | items at most | seen by |", "|---|---|---|---|"]
    policies = [read_policy(file) for file in sorted(SHIPPED.glob("*.yaml"))]
    notices = [
        f"| {one.market} | {', '.join(f'`{notice}`' for notice in sorted(one.notice_ids))} |"
        for one in policies
    ]
    page = _between(page, "placements", [*head, *rows])
    return _between(page, "notices", ["| market | notices |", "|---|---|", *notices])


def _between(page: str, name: str, lines: list[str]) -> str:
    begin, end = f"<!-- {name}: made by `make docs` -->\n", f"<!-- /{name} -->"
    head, _, rest = page.partition(begin)
    return head + begin + "\n".join([*lines, ""]) + rest[rest.index(end) :]


def whole(page: str) -> str:
    """``page`` as the code has it now."""
    return with_tables(with_senders(page))


if __name__ == "__main__":
    PAGE.write_text(whole(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
