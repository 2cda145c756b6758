"""How far a device's clock is from the store's, learned from when its messages were sent and when they came.

`edge.state.device_clocks` keeps an estimate a device; `edge.decision.steps.signal` repairs an event's time by it.

A message can be late, never early. So of all that a clock has said, what came soonest tells most of it: what waited
in a queue says only that the clock is no less ahead than that.
"""

from __future__ import annotations

from dataclasses import dataclass

# The delay of what nothing holds up varies by this at most; a cheap clock drifts so much in half a day.
AGREE_S = 3.0
# Beyond it somebody should set the clock.
ALARM_S = 60.0
# Words that agree for so long have not waited in a queue: that would be emptied at the very pace of its filling.
STEADY_S = 30.0
STEADY_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """A device's clock against the store's. Units: seconds; ``ahead_s`` is negative where it is behind.

    It is ahead by ``ahead_s`` at least, for no message is early. Where ``known`` it is so far off and no more:
    several messages agreed, or one that was not delayed.
    """

    ahead_s: float
    known: bool

    @property
    def certain_s(self) -> float:
        """By how much it is off for certain: what looks like a clock that is behind may have waited."""
        return self.ahead_s if self.known else max(0.0, self.ahead_s)


class OffsetEstimate:
    """One device's clock against a steady one that nobody can set; knows nothing at first.

    All times are in seconds: ``told_s`` by the device's clock, since 1970; ``steady_s`` since no matter when.
    """

    def __init__(self) -> None:
        # Told less steady; the highest seen, as that message was the least late.
        self._gap = 0.0
        self._known = False
        # The first run tries whether that is all of it, the second whether the clock was set back.
        self._run: _Run | None = None
        self._lower: _Run | None = None

    def note(self, told_s: float, steady_s: float, *, live: bool = False) -> None:
        """A message said ``told_s`` and came at ``steady_s``; a ``live`` one was sent at that instant."""
        gap, run = told_s - steady_s, self._run
        if run is None or gap > self._gap + AGREE_S:
            # It would come from the future: the clock was set forward, or all before this was late.
            self._begin(_Run(gap, gap, steady_s, steady_s), known=live)
        elif gap >= self._gap - AGREE_S:
            self._gap, self._lower = max(gap, self._gap), None
            self._run = run.followed_by(gap, steady_s)
            self._known = self._known or live or self._run.is_steady
        elif live:
            self._begin(_Run(gap, gap, steady_s, steady_s), known=True)
        else:
            self._note_late(gap, steady_s)

    def against(self, wall_s: float, steady_s: float) -> ClockOffset | None:
        """The device's clock against one that shows ``wall_s`` at ``steady_s``; None before the first word."""
        if self._run is None:
            return None
        return ClockOffset(ahead_s=self._gap - (wall_s - steady_s), known=self._known)

    def _begin(self, run: _Run, *, known: bool) -> None:
        self._gap, self._known, self._run, self._lower = run.top, known, run, None

    def _note_late(self, gap: float, steady_s: float) -> None:
        """Late, or the clock was set back: only several that agree say so, with nothing sooner between them."""
        lower = self._lower
        if lower is None:
            lower = _Run(gap, gap, steady_s, steady_s)
        # Later still than those it waited, unless they have long come to an end.
        elif gap >= lower.gap - AGREE_S or steady_s - lower.last_s > STEADY_S:
            lower = lower.followed_by(gap, steady_s)
        if lower.is_steady:
            self._begin(lower, known=True)
        else:
            self._lower = lower


@dataclass(frozen=True, slots=True)
class _Run:
    """Messages in a row whose gaps agree with that of the first; ``top`` is the highest."""

    gap: float
    top: float
    since_s: float
    last_s: float
    words: int = 1

    @property
    def is_steady(self) -> bool:
        """Whether they are enough, and apart enough."""
        return self.words >= STEADY_WORDS and self.last_s - self.since_s >= STEADY_S

    def followed_by(self, gap: float, steady_s: float) -> _Run:
        """With one more; one that does not agree begins a run of its own."""
        if abs(gap - self.gap) > AGREE_S:
            return _Run(gap, gap, steady_s, steady_s)
        return _Run(self.gap, max(gap, self.top), self.since_s, steady_s, self.words + 1)
