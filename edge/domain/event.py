"""Something that happened in the store and is to be told to the centre, once.

Transitions make them, the executor writes them to the outbox, the uplink sends them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.domain.ids import Token, VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEvent:
    """One event in the words of the customer-data platform.

    ``id`` is its name everywhere, made from the device's event where there is one; ``name`` is the
    commerce name (``Order Completed``) or our own in that manner (``Visit Started``); ``token`` is set
    only where the person agreed to sharing. ``must_keep`` facts are never shed, however long the outage; one that
    has not left the store before ``not_after`` (real time) never leaves. ``original_at``: what the device said, where
    its clock is off and ``at`` was repaired.
    """

    id: str
    name: str
    at: datetime
    source: str
    visit: VisitId | None = None
    token: Token | None = None
    must_keep: bool = True
    not_after: datetime | None = None
    original_at: datetime | None = None
    properties: Mapping[str, object] = field(default_factory=dict[str, object])
