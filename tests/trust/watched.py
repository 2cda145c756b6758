"""What devices really had on them, and what tills really gave: written by the devices, not by the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations

from devices.messages import Command, Show


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One decision on one device. Units: ``since`` and ``until`` are seconds of the campaign's own clock.

    ``channel``: content that was sent, an answer that was asked for, and each card of a tablet stand side by side.
    """

    device: str
    channel: str
    decision: str
    offers: frozenset[str]
    since: float
    until: float


@dataclass(slots=True)
class Screens:
    """Every device's screen over time."""

    _now: dict[tuple[str, str], Seen] = field(default_factory=dict[tuple[str, str], Seen])
    past: list[Seen] = field(default_factory=list[Seen])

    def shows(self, device: str, show: Show, at: float, lives_s: float, *, asked: bool) -> None:
        """``device`` has drawn ``show``."""
        card = str(show.slots.get("visit", "")) if device.startswith("tablet") else ""
        channel = "asked" if asked else f"sent{card}"
        self._ends(device, channel, at)
        if not asked:  # what is sent takes the place of what was asked for before
            self._ends(device, "asked", at)
        offers = frozenset(item.offer_id for item in show.items if item.offer_id)
        self._now[device, channel] = Seen(
            device=device,
            channel=channel,
            decision=show.decision_id,
            offers=offers,
            since=at,
            until=at + lives_s,
        )

    def obeys(self, device: str, command: Command, at: float) -> None:
        """``device`` was told to clear: one card, or everything."""
        if command.command == "clear":
            for name, channel in list(self._now):
                if name == device and (
                    command.visit is None or channel == f"sent{command.visit}"
                ):
                    self._ends(device, channel, at)

    def close(self, at: float) -> list[Seen]:
        """All that was ever seen, at the end."""
        for device, channel in list(self._now):
            self._ends(device, channel, at)
        return self.past

    def _ends(self, device: str, channel: str, at: float) -> None:
        seen = self._now.pop((device, channel), None)
        if seen is not None:
            self.past.append(replace(seen, until=min(seen.until, at)))


def together(seen: list[Seen], least_s: float) -> Iterator[tuple[Seen, Seen]]:
    """Pairs on two devices that were both to be seen for longer than ``least_s``."""
    for one, other in combinations(sorted(seen, key=lambda s: s.since), 2):
        if other.since < one.until - least_s and one.device != other.device:
            both = min(one.until, other.until) - other.since
            if both > least_s:
                yield one, other
