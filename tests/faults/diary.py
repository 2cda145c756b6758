"""What devices were promised: every receipt of a campaign, to be held against disk and hub afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from devices.messages import Consent, Data, Receipt, SignIn
from edge.domain.ids import event_name

Key = tuple[str, str]
"""Source and id of one event."""


@dataclass(slots=True, kw_only=True)
class Diary:
    """``promised``: events with a receipt that says they are on disk; ``consents``: the ledger lines among them.

    ``news`` is set at each promise."""

    promised: set[Key] = field(default_factory=set[Key])
    consents: set[str] = field(default_factory=set[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    said: int = 0
    answers: int = 0
    unanswered: int = 0
    answer_ms: list[float] = field(default_factory=list[float])
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def so_far(self) -> Diary:
        """The promises up to this moment."""
        return Diary(promised=set(self.promised), consents=set(self.consents))

    def receipt(self, key: Key, data: Data, receipt: Receipt) -> None:
        """Note a receipt; a repeat's says the same as the first."""
        if not receipt.accepted:
            self.refusals[str(receipt.reason)] += 1
            return
        self.promised.add(key)
        self.news.set()
        self.consents.update(ledger_lines(key, data))

    def asked(self, took_ms: float | None) -> None:
        """Note a question: how long its answer took, None without one."""
        if took_ms is None:
            self.unanswered += 1
        else:
            self.answers += 1
            self.answer_ms.append(took_ms)


def ledger_lines(key: Key, data: Data) -> Iterable[str]:
    """The ids of the consent lines that this event must leave in the ledger."""
    if not isinstance(data, SignIn | Consent):
        return ()
    return (f"{event_name(*key)}.{purpose.value}" for purpose in data.purposes)
