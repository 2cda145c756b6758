"""What the hub reads: batches of events in either shape, and lines of changes.

The server parses bodies with it before the store sees an event; what does not fit is refused one by one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import from_json

from cloud_sync.envelope import EVENT_LIMIT_BYTES
from cloud_sync.errors import BodyRefused

# A batch of the published size holds no more: an event's envelope alone is 200 bytes.
EVENTS_LIMIT = 2_500


def _check_moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("expected a time zone")
    return text


Id = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
Moment = Annotated[str, StringConstraints(max_length=40), AfterValidator(_check_moment)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class CloudEventIn(BaseModel):
    """A CloudEvents 1.0 envelope. Attributes that a newer store adds are no error."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    specversion: Literal["1.0"]
    id: Id
    source: Name
    type: Name
    time: Moment
    subject: Id | None = None
    data: dict[str, Any]


class SegmentIn(BaseModel):
    """A bare message of Segment's specification."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    type: Literal["track", "identify", "page", "screen", "group", "alias"]
    messageId: Id  # noqa: N815 - the specification's name
    timestamp: Moment
    userId: Id | None = None  # noqa: N815 - the specification's name
    event: Name | None = None


class ChangeIn(BaseModel):
    """One line of the central team's import. ``store`` None: for every store."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    stream: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
    key: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    op: Literal["upsert", "delete"] = "upsert"
    store: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")] | None = None
    body: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralEvent:
    """One event as the centre keeps it; ``body`` is the inner message as JSON."""

    id: str
    type: str
    time: str
    subject: str | None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEvent:
    """An event that cannot be kept, and why; ``id`` None if it does not even have that."""

    id: str | None
    reason: str


class _Batch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    batch: Annotated[list[dict[str, Any]], Field(max_length=EVENTS_LIMIT)]
    sentAt: Moment | None = None  # noqa: N815 - the specification's name


_batch: TypeAdapter[_Batch] = TypeAdapter(_Batch)


def read_batch(body: bytes) -> list[CentralEvent | RejectedEvent]:
    """Read a batch of CloudEvents or bare messages, each judged on its own.

    Raises:
        BodyRefused: the body is no JSON, or no batch.
    """
    try:
        # NaN is no JSON: others could not read what was kept with it.
        parsed = from_json(body, allow_inf_nan=False)
        batch = _batch.validate_python(parsed)
    except ValidationError as error:
        raise BodyRefused(f"no batch: {_first(error)}") from None
    except ValueError as error:
        raise BodyRefused("the body is no JSON") from error
    return [_read_event(event) for event in batch.batch]


def read_change(line: bytes) -> ChangeIn:
    """Read one line of an import.

    Raises:
        BodyRefused: the line is no change.
    """
    try:
        return ChangeIn.model_validate_json(line)
    except ValidationError as error:
        raise BodyRefused(_first(error)) from None


def _read_event(event: Mapping[str, Any]) -> CentralEvent | RejectedEvent:
    try:
        # Only an envelope tells its version, so the two shapes need no setting.
        kept = _from_envelope(event) if "specversion" in event else _from_message(event)
    except ValidationError as error:
        id_ = event.get("id", event.get("messageId"))
        return RejectedEvent(id=id_ if isinstance(id_, str) else None, reason=_first(error))
    if len(kept.body) > EVENT_LIMIT_BYTES:
        return RejectedEvent(id=kept.id, reason=f"larger than {EVENT_LIMIT_BYTES} bytes")
    return kept


def _from_envelope(event: Mapping[str, Any]) -> CentralEvent:
    read = CloudEventIn.model_validate(event)
    return CentralEvent(
        id=read.id, type=read.type, time=read.time, subject=read.subject, body=_dump(read.data)
    )


def _from_message(event: Mapping[str, Any]) -> CentralEvent:
    read = SegmentIn.model_validate(event)
    return CentralEvent(
        id=read.messageId,
        type=read.event or read.type,
        time=read.timestamp,
        subject=read.userId,
        body=_dump(event),
    )


def _dump(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def _first(error: ValidationError) -> str:
    """Say what is wrong and where, without repeating what was sent."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    # As many characters as a store takes of a reason, see `cloud_sync.sinks.http`.
    return f"{where}: {first['type'].replace('_', '-')}"[:200]
