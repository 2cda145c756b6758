"""What a receiver says about each event it was sent.

A sink answers with it, the uplink confirms, parks or retries by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from cloud_sync.envelope import Record

Verdict = Literal["accepted", "duplicate", "refused", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryVerdict:
    """The verdict on one event.

    "accepted" and "duplicate": the receiver has it. "refused": it never will take it, for
    ``reason``. "later": it did not take it this time, and the event stays in the queue.
    """

    id: str
    verdict: Verdict
    reason: str | None = None


class Sink(Protocol):
    """A receiver of records; any of the contract's errors may come out of `send`.

    Raises:
        CentralAway: nothing can be sent to this receiver now.
        CentralFailed: the receiver failed on this batch.
        BatchRefused: the receiver blames the batch itself.
    """

    async def send(
        self, records: Sequence[Record], sent_at: datetime
    ) -> Sequence[DeliveryVerdict]:
        """Offer the records in their order; one outcome a record, in any order."""
        ...
