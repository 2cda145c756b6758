"""The envelope of every event: CloudEvents 1.0, read strictly and with a limit on its bytes.

Intake reads every device's event through it, over MQTT and HTTP alike, and devices pack theirs with it.

Structured mode (one JSON document) and binary mode (attributes as MQTT user properties or HTTP headers, data as
payload or body) are read the same way. Times are not judged here: whoever has the clock does that.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import Final, cast
from urllib.parse import unquote

from pydantic import JsonValue, TypeAdapter, ValidationError

from devices.device_classes import BASKET_LIMIT, EVENT_LIMIT
from devices.errors import MessageRefused, Refusal
from devices.messages import up
from devices.messages.events import EVENTS, TYPES, AnyEvent, Data
from devices.messages.fields import EventId, Time
from devices.messages.screening import (
    JudgedLater,
    basket_later,
    elements,
    is_array,
    screen,
)
from devices.payment_cards import has_card_number
from devices.topics import Leaf, Topic, parse_source

BATCH_LIMIT: Final = 512 * 1024
BATCH_EVENTS: Final = 200
STRUCTURED: Final = "application/cloudevents+json"
ATTRIBUTE_HEADER: Final = "ce-"
"""What the names of attributes begin with in HTTP binary mode."""
_ESCAPED: Final = re.compile(r"\\(.)")
_ATTRIBUTES: Final = frozenset(
    {
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "datacontenttype",
        "dataschema",
        "subject",
        "sentat",
    }
)
_REPORTS: Final[Mapping[Leaf, type[up.DeviceState | up.About | up.Telemetry]]] = {
    Leaf.STATE: up.DeviceState,
    Leaf.ABOUT: up.About,
    Leaf.TELEMETRY: up.Telemetry,
}
# Behind a field, pydantic names the parts of a union in words with other characters.
_FIELD: Final = re.compile(r"[a-z0-9_]{1,20}")
_EVENT_ID: Final[TypeAdapter[str]] = TypeAdapter(EventId)
_TIME: Final[TypeAdapter[datetime]] = TypeAdapter(Time)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpEvent:
    """One event, taken: valid, of a class that may send it, from the source it names.

    ``time`` is when it happened, ``sent`` when it left the device, where that was told; both by the device's clock.
    """

    id: str
    source: str
    type: str
    time: datetime
    data: Data
    sent: datetime | None = None

    @property
    def topic(self) -> Topic:
        """The sender, taken apart."""
        return parse_source(self.source)


def parse_up(
    topic: Topic,
    payload: bytes,
    user_properties: Mapping[str, str] | None = None,
    *,
    content_type: str | None = None,
) -> UpEvent:
    """The event that came on ``topic`` (``event`` or ``ask``), or MessageRefused with its reason."""
    user = user_properties or {}
    # Where both modes are claimed the content type wins: the document is whole by itself.
    binary = "specversion" in user and not (content_type or "").startswith(STRUCTURED)
    try:
        # Bytes first: nothing is read of what is too large.
        _limit(payload, topic.device_class.facts.event_limit)
        if binary:
            payload = _structured(payload, user)
    # The body may be unreadable, but in binary mode the id stands beside it.
    except MessageRefused as refused:
        refused.event_id = _readable_id(user) if binary else None
        raise
    event = _event(payload)
    # The topic is what the broker has checked; another source would speak for another device.
    if event.source != topic.source:
        raise MessageRefused(
            Refusal.WRONG_SOURCE,
            "the source is not this topic",
            event_id=event.id,
            field="source",
        )
    if event.LEAF is not topic.leaf:
        raise MessageRefused(
            Refusal.UNKNOWN_TYPE,
            f"this type comes on {event.LEAF}",
            event_id=event.id,
            field="type",
        )
    taken = _taken(event)
    # Also beside a document that is the same at every try.
    return replace(taken, sent=taken.sent or _sent(user))


def parse_http_event(body: bytes) -> list[UpEvent | MessageRefused]:
    """One event, or a batch of up to 200 and 512 KiB: what was taken or refused, in order.

    Each event's ``source`` says who sent it; the caller checks it against the credentials shown. A body
    that is no event and no batch at all raises MessageRefused.
    """
    _limit(body, BATCH_LIMIT)
    # Each on its own bytes: one bad event must not cost the others.
    if not is_array(body):
        return [_taken_or_not(body)]
    return [_taken_or_not(one) for one in elements(body, BATCH_EVENTS)]


def parse_binary_event(
    headers: Iterable[tuple[str, str]], body: bytes
) -> list[UpEvent | MessageRefused]:
    """The event of one request in HTTP binary mode, alone in its list: attributes as ``ce-`` headers, data as body.

    Raises MessageRefused for a body that is larger than any event's.
    """
    _limit(body, BASKET_LIMIT)
    found = dict[str, str]()
    try:
        _read_headers(headers, found)
        return [_taken_or_not(_structured(body, found))]
    except MessageRefused as refused:
        refused.event_id = _readable_id(found)
        return [refused]


def encode_event(data: Data, *, source: str, id: str, time: datetime) -> bytes:  # noqa: A002 - CloudEvents' own word
    """``data`` in its envelope, as a device sends it on its topic."""
    kind = TYPES[type(data)]
    event = EVENTS[kind].model_validate(
        {
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": kind,
            "time": time,
            "data": data,
        }
    )
    return event.model_dump_json(exclude_none=True, by_alias=True).encode()


def leaf_of(data: Data) -> Leaf:
    """Where ``data`` is sent: ``ask`` for a question, ``event`` for everything else."""
    return EVENTS[TYPES[type(data)]].LEAF


def parse_report(topic: Topic, payload: bytes) -> up.DeviceState | up.About | up.Telemetry:
    """What a device says of itself on ``state``, ``about`` or ``telemetry``."""
    _limit(payload, EVENT_LIMIT)
    report = _REPORTS.get(topic.leaf)
    if report is None:
        raise MessageRefused(Refusal.UNKNOWN_TYPE, f"nothing is reported on {topic.leaf}")
    # Before the schema, whose reader keeps the last of two equal keys.
    screen(payload)
    try:
        return report.model_validate_json(payload)
    except ValidationError as error:
        raise MessageRefused(Refusal.MALFORMED, f"{topic.leaf}: {_kind_of(error, 1)}") from None


def _limit(payload: bytes, limit: int) -> None:
    if len(payload) > limit:
        raise MessageRefused(Refusal.TOO_LARGE, f"{len(payload)} bytes; the limit is {limit}")


def _structured(payload: bytes, user: Mapping[str, str]) -> bytes:
    """A message in binary mode as one document; attributes that CloudEvents does not have are left out."""
    found = {key: value for key, value in user.items() if key in _ATTRIBUTES}
    # As one document, so that both modes pass the very same checks.
    data = screen(payload, _fields(), basket_later)
    return json.dumps({**found, "data": data}, ensure_ascii=False).encode()


def _read_headers(headers: Iterable[tuple[str, str]], found: dict[str, str]) -> None:
    """Put the event's attributes into ``found``, as far as they can be read."""
    for header, value in headers:
        name = header.lower().removeprefix(ATTRIBUTE_HEADER)
        # Whoever reads the other of two would see another event.
        if name in found:
            raise MessageRefused(Refusal.MALFORMED, "a header twice")
        if header.lower().startswith(ATTRIBUTE_HEADER):
            found[name] = _header_text(value)
        elif name == "content-type":
            found["datacontenttype"] = value


def _header_text(value: str) -> str:
    """An attribute as it stands in a header: out of its quotation marks, then out of percent-encoding, once each."""
    if value[:1] == value[-1:] == '"' and len(value) > 1:
        value = _ESCAPED.sub(r"\1", value[1:-1])
    try:
        # Strictly: bytes that are no UTF-8 would become signs that nobody sent, or that cannot be written on.
        return unquote(value, errors="strict").encode().decode()
    except UnicodeError:
        raise MessageRefused(Refusal.MALFORMED, "a header is not UTF-8") from None


def _event(payload: bytes) -> AnyEvent:
    """The event in ``payload``, of a class that may send it."""
    raw = _screened(payload)
    event_id = _readable_id(raw)
    kind = EVENTS.get(str(raw.get("type")))
    if kind is None:
        raise MessageRefused(Refusal.UNKNOWN_TYPE, event_id=event_id, field="type")
    # Of a till's messages only baskets are large, and over HTTP no limit of a class was asked.
    if kind.NAME != "basket" and len(payload) > EVENT_LIMIT:
        raise MessageRefused(
            Refusal.TOO_LARGE,
            f"{len(payload)} bytes; the limit is {EVENT_LIMIT}",
            event_id=event_id,
        )
    try:
        # From the bytes: read strictly, Python's lists would not do where a tuple is meant.
        event = kind.model_validate_json(payload)
    except ValidationError as error:
        detail = f"{kind.NAME}: {_kind_of(error)}"
        # Without its cause, whose text holds the sender's values.
        raise MessageRefused(
            Refusal.MALFORMED,
            detail,
            event_id=event_id,
            field=field_of(error),
            name=kind.NAME,
        ) from None
    return event


def _screened(payload: bytes) -> dict[str, JsonValue]:
    """The screened document; its refusal carries the event's id where that can be read without harm."""
    try:
        return screen(payload, _fields(), _later)
    except MessageRefused as refused:
        refused.event_id = _salvaged_id(payload)
        if refused.field is not None:
            refused.field = refused.field.removeprefix("data.")
        raise


def _later(event: Mapping[str, JsonValue]) -> JudgedLater:
    data = event.get("data")
    return basket_later(data, ("data",)) if isinstance(data, dict) else JudgedLater()


@cache
def _fields() -> frozenset[str]:
    """The names of all fields of all events: only these are repeated to a sender."""
    schemas = [event.model_json_schema() for event in EVENTS.values()]
    parts = [part for one in schemas for part in (one, *one["$defs"].values())]
    return frozenset(name for part in parts for name in part.get("properties", ()))


def _salvaged_id(payload: bytes) -> str | None:
    try:
        return _readable_id(json.loads(payload))
    except (ValueError, RecursionError):
        return None


def _readable_id(raw: object) -> str | None:
    """The id of a document that may be wrong in everything else."""
    try:
        found = _EVENT_ID.validate_python(cast("Mapping[str, object]", raw)["id"], strict=True)
    except (ValidationError, KeyError, TypeError):
        return None
    # A refusal is sent back and logged, so the id must not carry a card's number either.
    return None if has_card_number(found) else found


def _sent(user: Mapping[str, str]) -> datetime | None:
    """When the message left its device; what is no time is no reason to refuse the event beside it."""
    try:
        return _TIME.validate_python(user.get("sentat"), strict=True)
    except ValidationError:
        return None


def _taken(event: AnyEvent) -> UpEvent:
    if parse_source(event.source).device_class not in event.senders():
        detail = f"this class sends no {event.NAME}"
        raise MessageRefused(Refusal.WRONG_CLASS, detail, event_id=event.id, name=event.NAME)
    return UpEvent(
        id=event.id,
        source=event.source,
        type=event.type,
        time=event.time,
        data=event.data,
        sent=event.sentat,
    )


def _taken_or_not(body: bytes) -> UpEvent | MessageRefused:
    try:
        return _taken(_event(body))
    except MessageRefused as refused:
        return refused


def field_of(error: ValidationError) -> str | None:
    """Our own field that was wrong by its place in the data, or in the envelope; None where no one field was."""
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        # The last part of an unknown field is the sender's own word.
        place = one["loc"][:-1] if one["type"] == "extra_forbidden" else one["loc"]
        parts = [*takewhile(_FIELD.fullmatch, map(str, place))]
        if path := ".".join(parts[parts[:1] == ["data"] and len(parts) > 1 :]):
            return path
    return None


def _kind_of(error: ValidationError, depth: int = 8) -> str:
    """What was wrong, in our words: the kind of mistake and the name of our own field, never content.

    ``depth`` is how many parts of the place are names of ours; below it, a sender's own may follow.
    """
    # Without input and context, for these hold what the sender wrote.
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "extra_forbidden":
        return "a field that is not ours"
    return f"{first['type']} at {'.'.join(map(str, first['loc'][:depth]))}"
