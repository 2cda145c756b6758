"""The event log: every message in and out, one canonical JSON line each, under one running hash.

``fake_line`` notes every message here; ``invariants`` listens, and equal runs are told by its hash.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, TextIO

Way = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedMessage:
    """One message on the line at the true instant ``at``. ``body`` is its JSON; None = the topic was emptied."""

    at: datetime
    way: Way
    topic: str
    body: Any  # JSON of every shape of the contract

    @property
    def leaf(self) -> str:
        """The last level of the topic: what is said."""
        return self.topic.rpartition("/")[2]

    @property
    def device(self) -> str:
        """Who speaks, or is spoken to; empty on a topic of the store's own."""
        parts = self.topic.split("/")
        return parts[-2] if len(parts) == 6 else ""  # noqa: PLR2004 - the levels of a device's topic


class EventLog:
    """Counts and hashes what passes, and tells whoever listens. Equal runs have equal hashes on every machine."""

    def __init__(self, start: datetime, file: TextIO | None = None) -> None:
        """``file``: where the lines go too, if anywhere; instants in it count microseconds since ``start``."""
        self._start = start
        self._file = file
        self._hash = sha256()
        self.count = 0
        self.listeners: list[Callable[[PassedMessage], None]] = []

    @property
    def sha256(self) -> str:
        """The hash of all lines so far, each with its line feed."""
        return self._hash.hexdigest()

    def note(self, at: datetime, way: Way, topic: str, payload: bytes) -> None:
        """One message more."""
        body = json.loads(payload) if payload else None
        # Since the start, so that the hash hangs on no date.
        since = at - self._start
        entry = {
            "us": round(since.total_seconds() * 1_000_000),
            "way": way,
            "topic": topic,
            "body": body,
        }
        # Sorted and without spaces: equal messages are equal bytes.
        line = (
            json.dumps(entry, separators=(",", ":"), sort_keys=True, ensure_ascii=True) + "\n"
        )
        self._hash.update(line.encode())
        self.count += 1
        if self._file is not None:
            self._file.write(line)
        passed = PassedMessage(at=at, way=way, topic=topic, body=body)
        for listener in self.listeners:
            listener(passed)
