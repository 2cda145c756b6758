"""What the console and the command line are told of an experiment; an interval without an end has None there.

`edge.api.services.experiment_text` fills these shapes.
"""

from __future__ import annotations

from devices.messages.fields import Time
from edge.api.views.response import ResponseView


class IntervalView(ResponseView):
    """A figure with its 95 % interval; without ends nothing can be told yet."""

    value: float
    low: float | None = None
    high: float | None = None


class ComparedView(ResponseView):
    """One arm beside another by one metric. ``difference`` a person, ``relative`` to the other arm's mean.

    ``people`` in ``arm``, ``control`` in ``against``; ``settling``: not counted yet; ``least``: people before
    anything is told. ``stands``: nought lies outside the interval. ``words`` says it in one sentence.
    """

    metric: str
    arm: str
    against: str
    segment: str | None = None
    told: bool
    stands: bool
    difference: IntervalView
    relative: IntervalView
    people: int
    control: int
    settling: int
    least: int
    words: str


class RatioView(ResponseView):
    """How people fell into the arms; ``alarm``: not as meant, so no figure of this test is to be believed."""

    alarm: bool
    chance: float
    seen: dict[str, int]
    meant: dict[str, float]


class SwitchedView(ResponseView):
    """What a switchback adds to a basket. ``planned`` for one look at the planned end, ``running`` for any look."""

    metric: str
    planned: IntervalView
    running: IntervalView
    pairs: int
    without: float


class ExperimentView(ResponseView):
    """One test in a list. ``iteration`` counts from 1 along ``lineage``; ``people``: arm -> how many came in.

    ``elsewhere`` sales by e-mail or app named one of its showings, at ``elsewhere_cents``; no figure counts these.
    """

    id: str
    name: str
    state: str
    design: str
    iteration: int
    lineage: tuple[str, ...]
    starts_at: Time | None = None
    ends_at: Time | None = None
    people: dict[str, int]
    alarm: bool
    elsewhere: int = 0
    elsewhere_cents: int = 0
    headline: ComparedView | None = None
    switched: SwitchedView | None = None


class UpliftGroupView(ResponseView):
    """A third of the people by uplift: what was ``foretold`` of their chance to buy, and what was ``seen``."""

    people: int
    foretold: float
    seen: IntervalView


class UpliftColumnView(ResponseView):
    """What one thing known of a person weighs in either model, on the logit; ``always`` weighs for everybody."""

    name: str
    shown: float
    held: float


class UpliftView(ResponseView):
    """Whom a campaign moves to buy one of its products in the visit; ``closed``: why that is not told.

    ``average``: what being shown adds to the chance, 0..1, at any look. ``ranking``: Qini, in buyers a person beyond
    a random order, for one look; ``tells_apart``: it lies above nought. ``groups``: those who are moved most first.
    """

    closed: str | None = None
    words: str
    people: int
    least: int
    average: IntervalView | None = None
    ranking: IntervalView | None = None
    tells_apart: bool = False
    groups: tuple[UpliftGroupView, ...] = ()
    columns: tuple[UpliftColumnView, ...] = ()


class ExperimentReport(ResponseView):
    """Everything that is known of one test; ``iterations`` are its earlier versions and itself, first to last."""

    experiment: ExperimentView
    ratio: RatioView | None = None
    compared: tuple[ComparedView, ...] = ()
    segments: tuple[ComparedView, ...] = ()
    switched: tuple[SwitchedView, ...] = ()
    iterations: tuple[ExperimentView, ...] = ()
    uplift: UpliftView | None = None
