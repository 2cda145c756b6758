"""What a shopper is told about themselves: what is known, what they allowed, and the receipt of an erasure.

`edge.api.services.shopper_rights` fills these shapes for the shopper's page.
"""

from __future__ import annotations

from devices.messages.fields import Time
from edge.api.views.response import ResponseView
from edge.domain.consent import ConsentState, Purpose


class Known(ResponseView):
    """How much the store remembers of a person."""

    trips: int
    items: int
    since: Time | None = None


class ConsentReceipt(ResponseView):
    """One line of the person's consent ledger."""

    id: str
    purpose: Purpose
    state: ConsentState
    market: str
    notice_id: str
    given_at: Time
    expires_at: Time | None = None
    channel: str


class MeView(ResponseView):
    """What the store knows of the person who asks; ``why`` tells the last decisions in words."""

    alias: str
    consents: dict[Purpose, bool]
    known: Known
    why: tuple[str, ...] = ()
    receipts: tuple[ConsentReceipt, ...] = ()


class ErasureReceipt(ResponseView):
    """What was erased: rows by table, for the person to keep."""

    id: str
    erased_at: Time
    counts: dict[str, int]
