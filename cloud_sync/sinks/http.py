"""The default receiver: `POST /v1/batch` in Segment's shape, over HTTP.

The uplink is given one, over a line that its owner opened; each verdict decides what becomes of a record.

Ours takes CloudEvents in the batch and answers with a verdict on each; any receiver that is
compatible with Segment takes the bare messages (`shape="segment"`) and answers for all.
"""

import asyncio
import gzip
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloud_sync.delivery import DeliveryVerdict, Verdict
from cloud_sync.envelope import Record, encode_event, rfc3339
from cloud_sync.errors import BatchRefused, CentralFailed
from cloud_sync.line import CentralLine, CentralReply

# The receiver blames the batch: halved until the event at fault stands alone.
_REFUSALS = {400: "malformed", 413: "too large", 422: "not valid"}
_FIRST_SERVER_FAULT = 500
_HEADERS = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

# Level 1 takes a quarter of level 6's time and gives JSON up a tenth larger.
_GZIP_LEVEL = 1


class _Result(BaseModel):
    """One verdict; a receiver newer than this store may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str | None = None
    status: Verdict
    reason: str | None = Field(default=None, max_length=200)


class _Answer(BaseModel):
    """Receivers of Segment's kind answer `{"success": true}`: no results, all is taken."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    results: list[_Result] | None = None


class HttpSink:
    """Sends batches over a line that its owner opened."""

    def __init__(
        self, line: CentralLine, *, shape: Literal["cloudevents", "segment"] = "cloudevents"
    ) -> None:
        self._line = line
        self._encode = encode_event if shape == "cloudevents" else _bare

    async def send(
        self, records: Sequence[Record], sent_at: datetime
    ) -> Sequence[DeliveryVerdict]:
        """Offer one batch; see `delivery.Sink` for what may come out.

        ``sent_at`` lets the receiver repair times by the difference of the clocks.
        """
        # Half a megabyte takes long enough to pack to be felt in the loop.
        body = await asyncio.to_thread(_pack, records, sent_at, self._encode)
        reply = await self._line.post("/v1/batch", body, _HEADERS)
        if reply.status in _REFUSALS:
            raise BatchRefused(status=reply.status, reason=_REFUSALS[reply.status])
        if reply.status >= _FIRST_SERVER_FAULT:
            raise CentralFailed(f"the receiver failed with {reply.status}")
        return _read_outcomes(records, reply)


def _pack(
    records: Sequence[Record], sent_at: datetime, encode: Callable[[Record], bytes]
) -> bytes:
    events = b",".join(encode(record) for record in records)
    body = b'{"batch":[' + events + b'],"sentAt":"' + rfc3339(sent_at).encode() + b'"}'
    # No time in the header: the same batch always gives the same bytes.
    return gzip.compress(body, compresslevel=_GZIP_LEVEL, mtime=0)


def _bare(record: Record) -> bytes:
    return record.data


def _read_outcomes(records: Sequence[Record], reply: CentralReply) -> list[DeliveryVerdict]:
    """Read the verdicts; an answer in no known words confirms nothing."""
    try:
        # Some receivers answer 200 with nothing at all, and have taken the whole batch.
        answer = _Answer.model_validate_json(reply.body or b"{}")
    except ValidationError as error:
        raise CentralFailed(f"an answer that cannot be read ({reply.status})") from error
    if answer.results is None:
        return [DeliveryVerdict(id=record.id, verdict="accepted") for record in records]
    # A verdict on no id belongs to no event: whichever it was stays in the queue and is sent again.
    return [
        DeliveryVerdict(id=result.id, verdict=result.status, reason=result.reason)
        for result in answer.results
        if result.id is not None
    ]
