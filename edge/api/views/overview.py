"""The store at a glance, as shapes: the console and ``/metrics`` are told this and nothing else.

`edge.api.services.overview` fills them. A new figure is a field here, a line there, and a row in the metrics' table.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from devices.errors import Refusal
from devices.messages.fields import Time
from edge.api.views.response import ResponseView
from edge.domain.consent import Purpose


class StoreView(ResponseView):
    """The store and its time. ``clock`` is store time; ``speed`` store seconds a second; ``timezone`` by IANA.

    ``currency_exponent``: how many digits stand behind the point of its ``currency`` (ISO 4217); ``locale``: of its
    screens.
    """

    id: str
    name: str
    market: str
    clock: Time
    timezone: str | None = None
    demo: bool
    speed: float = 1.0
    paused: bool = False
    currency: str
    currency_exponent: int
    locale: str


class Counts(ResponseView):
    """What has happened since the service started.

    ``repaired``: events whose device has a wrong clock. ``differing``: orders paid otherwise than they were scanned.
    """

    visits: int = 0
    identified: int = 0
    signals: int = 0
    refused: int = 0
    decisions: int = 0
    personal: int = 0
    shows: int = 0
    plays: int = 0
    answers: int = 0
    receipts: int = 0
    duplicates: int = 0
    repaired: int = 0
    differing: int = 0


class Quantiles(ResponseView):
    """A latency of the last while, in milliseconds; None before the first."""

    p50: float | None = None
    p99: float | None = None


class Latency(ResponseView):
    """How long a decision takes, and the whole way from signal to screen."""

    decision: Quantiles = Quantiles()
    signal_to_screen: Quantiles = Quantiles()


class HitRate(ResponseView):
    """Share of identified visits that bought one of the ten items recommended at arrival, 0..1.

    ``baseline`` is the same for each person's most frequent items, ``popular`` for the store's best sellers,
    on the same visits.
    """

    value: float | None = None
    baseline: float | None = None
    popular: float | None = None
    visits: int = 0


class ComplementRate(ResponseView):
    """Share of paid baskets in which a product was scanned after a till had shown it in mid-basket, 0..1.

    ``baseline`` and ``popular`` are the same for the person's most frequent items and the store's best sellers,
    had they been shown at the same instants.
    """

    value: float | None = None
    baseline: float | None = None
    popular: float | None = None
    baskets: int = 0
    identified: int = 0


class DeviceView(ResponseView):
    """One device as the broker last heard of it.

    ``clock_off_s``: by how many seconds its clock is ahead of the store's, negative where it is behind.
    """

    name: str
    # `class` is a word of Python's own, so the field is called otherwise here.
    device_class: str = Field(validation_alias="class", serialization_alias="class")
    zone: str | None = None
    state: str = "unknown"
    session: int | None = None
    since: Time | None = None
    last_seen: Time | None = None
    model: str | None = None
    clock_off_s: float | None = None


class OutboxView(ResponseView):
    """The queue to the centre. ``oldest_s`` is the age of its first event in seconds."""

    pending: int = 0
    oldest_s: float = 0.0
    sent: int = 0
    parked: int = 0
    dropped: int = 0


class StreamView(ResponseView):
    """One stream from the centre: how far it is applied, and how old that is."""

    version: str | int | None = None
    age_s: float | None = None


class HubView(ResponseView):
    """The line to the centre; ``events`` is what an embedded hub holds, None where it is elsewhere."""

    state: str = "down"
    last_contact_s: float | None = None
    events: int | None = None
    streams: dict[str, StreamView] = Field(default_factory=dict)


class JudgedListView(ResponseView):
    """NDCG@10 of one rival's lists with its 95 % interval; ``name``: own, active, centre or fallback."""

    name: str
    ndcg: float
    low: float
    high: float


class JudgedDaysView(ResponseView):
    """Rivals on the same trips of these local days, both included."""

    first: date
    last: date
    trips: int
    lists: tuple[JudgedListView, ...] = ()


class NightView(ResponseView):
    """What the last night's learning came to.

    ``verdict``: activated, kept-back, centre or too-little. ``left_out``: days not learnt from, and why (crowded,
    unlike). ``trial``: its work of the days before beside its rivals; ``fresh``: beside an earlier night's bundle.
    """

    at: Time
    verdict: str
    label: str
    baskets: int
    beaten_by: tuple[str, ...] = ()
    left_out: dict[date, str] = Field(default_factory=dict[date, str])
    trial: JudgedDaysView | None = None
    fresh: JudgedDaysView | None = None


class ModelView(ResponseView):
    """What scores: ``fallback`` where no model could be loaded, or the active one, ``active``, knows too little.

    ``own``: whether the store itself made the one that answers. ``known`` and ``lines_known`` (0..1): what the active
    one knows of the assortment, and of what was sold in the last seven days. ``night``: None before the first.
    """

    label: str
    digest: str | None = None
    fallback: bool = False
    active: str | None = None
    known: float | None = None
    lines_known: float | None = None
    own: bool = False
    night: NightView | None = None


class PageView(ResponseView):
    """A link to a screen."""

    title: str
    url: str


class Overview(ResponseView):
    """The whole store at a glance."""

    store: StoreView
    counts: Counts = Counts()
    latency_ms: Latency = Latency()
    hit_rate_at_10: HitRate = HitRate()
    complement_rate: ComplementRate = ComplementRate()
    devices: tuple[DeviceView, ...] = ()
    outbox: OutboxView = OutboxView()
    hub: HubView = HubView()
    model: ModelView
    consents: dict[Purpose, int] = Field(default_factory=dict[Purpose, int])
    pages: tuple[PageView, ...] = ()
    refusals: dict[Refusal, int] = Field(default_factory=dict[Refusal, int])
    line_refusals: dict[Refusal, int] = Field(default_factory=dict[Refusal, int])
    rungs: dict[str, str] = Field(default_factory=dict)
