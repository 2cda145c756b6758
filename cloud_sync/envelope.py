"""A record on its way to the centre, and the two shells it travels in.

Outside a CloudEvents 1.0 envelope, inside (`data`) a message of the Segment and RudderStack
specification. One id serves as CloudEvents `id` and as `messageId`, so that every receiver
can take each event once.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cloud_sync.errors import RecordRefused, RecordTooLarge

# The published limits of Segment's HTTP API, which its compatible receivers share.
EVENT_LIMIT_BYTES = 32_000
BATCH_LIMIT_BYTES = 500_000

# The envelope's fixed text with the longest time; the type stands in it twice.
_ENVELOPE_BYTES = 224

Durability = Literal["keep", "drop-oldest"]
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")
# Nothing that JSON would escape: `encode_event` writes these fields as they are.
_PLAIN = re.compile(r"[A-Za-z0-9._:/-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One fact for the centre, ready to be sent and never changed again.

    ``stream`` names the lane (order is kept within a stream), ``subject`` the person's
    token, or None for anonymous, ``data`` a canonical JSON object (see `canonical`).
    ``durability``: "keep" is never dropped; "drop-oldest" may be shed when the queue is full.
    """

    id: str
    stream: str
    type: str
    time: datetime
    source: str
    subject: str | None
    durability: Durability
    data: bytes

    def __post_init__(self) -> None:
        for field in ("id", "stream", "type", "source"):
            _check_plain(field, getattr(self, field))
        if self.subject is not None:
            _check_plain("subject", self.subject)
        if self.time.tzinfo is None:
            raise RecordRefused(field="time", expected="an aware datetime")
        if self.durability not in {"keep", "drop-oldest"}:
            raise RecordRefused(field="durability", expected="'keep' or 'drop-oldest'")
        # A look and not a parse: the bytes come from `canonical`.
        if not (self.data.startswith(b"{") and self.data.endswith(b"}")):
            raise RecordRefused(field="data", expected="a JSON object as bytes")
        if (size := size_bytes(self)) > EVENT_LIMIT_BYTES:
            raise RecordTooLarge(size=size, limit=EVENT_LIMIT_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What every message says about itself: its id, its time and whom it concerns.

    ``at`` is the repaired time; ``original_at`` what the device's own clock said, if other.
    Exactly one of ``token`` (a known person) and ``visit`` (an anonymous visit) is set.
    """

    id: str
    at: datetime
    token: str | None = None
    visit: str | None = None
    original_at: datetime | None = None


def build_track(
    stamp: Stamp,
    event: str,
    properties: Mapping[str, object],
    context: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Say that ``event`` ("Order Completed") happened."""
    return _message("track", stamp, context) | {"event": event, "properties": dict(properties)}


def type_of(event: str) -> str:
    """Name an event's CloudEvents type: "Order Completed" is `storeside.order-completed.v1`."""
    return f"storeside.{_BETWEEN_WORDS.sub('-', event.lower()).strip('-')}.v1"


def canonical(message: Mapping[str, object]) -> bytes:
    """Write a JSON object so that equal objects give equal bytes (NaN is refused)."""
    text = json.dumps(
        message, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def rfc3339(moment: datetime) -> str:
    """Write a moment as UTC with a final Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_event(record: Record) -> bytes:
    """Write a record as a structured JSON CloudEvent; the data's bytes are taken as they are.

    No field needs escaping: `Record` admits plain characters only.
    """
    subject = "" if record.subject is None else f'"subject":"{record.subject}",'
    head = (
        f'{{"specversion":"1.0","id":"{record.id}","source":"{record.source}",'
        f'"type":"{record.type}","time":"{rfc3339(record.time)}",{subject}'
        f'"stream":"{record.stream}","datacontenttype":"application/json",'
        f'"dataschema":"urn:storeside:{record.type}","data":'
    )
    return b"".join((head.encode(), record.data, b"}"))


def size_bytes(record: Record) -> int:
    """Bound the bytes of the encoded event from above, without encoding it."""
    # These are plain characters, so each is one byte.
    fields = len(record.id) + len(record.stream) + 2 * len(record.type) + len(record.source)
    return _ENVELOPE_BYTES + fields + len(record.subject or "") + len(record.data)


def _message(
    kind: str, stamp: Stamp, context: Mapping[str, object] | None
) -> dict[str, object]:
    if (stamp.token is None) == (stamp.visit is None):
        raise RecordRefused(field="subject", expected="a token or a visit, and not both")
    who = {"userId": stamp.token} if stamp.token else {"anonymousId": stamp.visit}
    return {
        "type": kind,
        "messageId": stamp.id,
        "timestamp": rfc3339(stamp.at),
        "originalTimestamp": rfc3339(stamp.original_at or stamp.at),
        "context": dict(context or {}),
        **who,
    }


def _check_plain(field: str, value: str) -> None:
    if _PLAIN.fullmatch(value) is None:
        raise RecordRefused(field=field, expected="1 to 128 of A-Z a-z 0-9 . _ : / -")
