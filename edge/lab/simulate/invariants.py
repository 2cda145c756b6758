"""An independent check of every promise while a simulation runs: it reads messages and tables, never the engine.

``run`` lets it listen to the record of every message, and asks for its verdict at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any

from edge.lab.simulate.audit import AuditedShowing, audit
from edge.lab.simulate.population import Population
from edge.lab.simulate.portfolio import SimulatedPortfolio
from edge.lab.simulate.record import PassedMessage

KINDS = (
    "cap", "one-time", "conflict", "sensitive", "personal-in-public", "consent", "out-of-season", "uncounted", "lost",
)  # fmt: skip
"""What can be broken; a closed list."""

# A second person beside a public screen must not find anybody's content on it for longer.
_WIPED_WITHIN = timedelta(seconds=1)
# Enough to see what broken promises have in common.
_CASES = 20

Slot = tuple[str, str, str]
"""Where on a screen something stands: the device, whether it was sent or answered, and the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseVerdict:
    """How often each promise was broken, by kind, and the decisions of the first cases."""

    violations: Mapping[str, int]
    cases: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How often any was."""
        return sum(self.violations.values())


@dataclass(slots=True)
class _On:
    """What stands in one place of a screen now."""

    showing: AuditedShowing
    personal: bool


@dataclass(slots=True, kw_only=True)
class InvariantJudge:
    """Listens to the line; ``verdict`` adds what the tables tell.

    ``people_in``: how many people really are in a zone, which no table knows; ``zones``: device -> its zone.
    """

    portfolio: SimulatedPortfolio
    sensitive: frozenset[str]
    zones: Mapping[str, str]
    people_in: Callable[[str], int]
    _broken: Counter[str] = field(default_factory=Counter[str])
    _cases: list[str] = field(default_factory=list[str])
    _on: dict[Slot, _On] = field(default_factory=dict[Slot, _On])
    _showings: list[AuditedShowing] = field(default_factory=list[AuditedShowing])
    _promised: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    _doubtful: dict[str, datetime] = field(default_factory=dict[str, datetime])

    @classmethod
    def over(
        cls,
        portfolio: SimulatedPortfolio,
        population: Population,
        sensitive_categories: frozenset[str],
        zones: Mapping[str, str],
        people_in: Callable[[str], int],
    ) -> InvariantJudge:
        """A judge of this store; sensitive categories are meant without case."""
        names = {name.casefold() for name in sensitive_categories}
        return cls(
            portfolio=portfolio,
            sensitive=frozenset(
                good.sku
                for good in population.goods.values()
                if {good.category.casefold(), good.department.casefold()} & names
            ),
            zones=zones,
            people_in=people_in,
        )

    def heard(self, passed: PassedMessage) -> None:
        """One message on the line."""
        # Before each message, for time passes only between them.
        self._look_at_boards(passed.at)
        if passed.body is None:
            return
        if passed.way == "up":
            if passed.leaf == "telemetry" and passed.body["values"].get("people", 0) > 1:
                zone = self.zones.get(passed.device, "")
                # From the first count of two: a later one must not give the screen more time.
                self._doubtful.setdefault(zone, passed.at + _WIPED_WITHIN)
            return
        if passed.leaf in {"show", "answer"}:
            self._shown(passed)
        elif passed.leaf == "cmd" and passed.body["command"] == "clear":
            self._wiped(passed)
        elif passed.leaf == "receipt" and passed.body["accepted"]:
            self._promised.append((passed.topic.rpartition("/")[0], passed.body["id"]))

    def verdict(self, conn: Connection) -> PromiseVerdict:
        """What was broken until now, tables included."""
        open_now = (on.showing for on in self._on.values())
        found = audit(conn, self.portfolio, [*self._showings, *open_now], self._promised)
        broken = self._broken + Counter({kind: len(cases) for kind, cases in found.items()})
        cases = [f"{kind} {case}" for kind, all_ in found.items() for case in all_]
        return PromiseVerdict(
            # In their fixed order, with a zero where nothing is broken.
            violations={kind: broken[kind] for kind in KINDS},
            cases=tuple([*self._cases, *cases][:_CASES]),
        )

    def _shown(self, passed: PassedMessage) -> None:
        body = passed.body
        showing = _showing(passed)
        slot = _slot(passed, body)
        self._end(slot, passed.at)
        self._on[slot] = _On(showing, personal=body["kind"] == "personal")
        for item in body.get("items", ()):
            if item["item_id"] in self.sensitive:
                self._note("sensitive", showing)
        # By true time: a store whose clock is wrong must not bring last summer back.
        live = {o.id: o for o in self.portfolio.offers if o.is_live(passed.at)}
        if any(offer not in live for offer in showing.offers):
            self._note("out-of-season", showing)
        if self._on[slot].personal and "/display/" in passed.topic:
            zone = self.zones.get(passed.device, "")
            if self.people_in(zone) != 1:
                self._note("personal-in-public", showing)

    def _look_at_boards(self, now: datetime) -> None:
        """Nobody's content may outlast the arrival of a second person."""
        for zone, until in list(self._doubtful.items()):
            if now <= until:
                continue
            del self._doubtful[zone]
            for (device, _, _), on in self._on.items():
                there = self.zones.get(device) == zone and device.startswith("display-")
                if there and on.personal and on.showing.until > now:
                    self._note("personal-in-public", on.showing)

    def _wiped(self, passed: PassedMessage) -> None:
        card = passed.body.get("visit")
        # An order without a card means the whole screen.
        for slot in [s for s in self._on if s[0] == passed.device and card in (None, s[2])]:
            self._end(slot, passed.at)

    def _end(self, slot: Slot, at: datetime) -> None:
        on = self._on.pop(slot, None)
        if on is not None:
            self._showings.append(on.showing.ending(at))

    def _note(self, kind: str, showing: AuditedShowing) -> None:
        self._broken[kind] += 1
        if len(self._cases) < _CASES:
            self._cases.append(f"{kind} {showing.decision}")


def _showing(passed: PassedMessage) -> AuditedShowing:
    body: Mapping[str, Any] = passed.body
    items: Iterable[Mapping[str, Any]] = body.get("items", ())
    return AuditedShowing(
        device=passed.device,
        surface=passed.topic.split("/")[-3],
        decision=body["decision_id"],
        personal=body["kind"] == "personal",
        offers=tuple(item["offer_id"] for item in items if "offer_id" in item),
        at=passed.at,
        until=datetime.fromisoformat(body["expires_at"]),
    )


def _slot(passed: PassedMessage, body: Mapping[str, Any]) -> Slot:
    # Only a tablet shows several people's cards beside each other.
    card = body.get("slots", {}).get("visit", "") if "/tablet/" in passed.topic else ""
    return passed.device, passed.leaf, card
