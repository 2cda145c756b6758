"""Bodies of requests: counted before they are read, read before they are parsed, parsed strictly.

Every route that takes a body calls `take` or `read`; what does not fit ends as a refusal of `edge.api.http.errors`.
"""

from __future__ import annotations

from typing import Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from devices.errors import MessageRefused
from devices.messages.envelope import field_of
from devices.messages.screening import Judgement, all_now, screen
from edge.api.http.errors import BadBody, BodyTooLarge, BodyUnreadable

Shape = TypeVar("Shape", bound=BaseModel)

LIMIT: Final = 16 * 1024
"""Bytes of an ordinary body; parsing a megabyte of junk would hold everybody else up."""

JSON: Final = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
)
"""Media types taken. A form is none of them, so no foreign page can post one without being asked first."""


async def read(
    request: web.Request, limit: int = LIMIT, media: tuple[str, ...] = JSON
) -> bytes:
    """The bytes of a body of at most ``limit`` in one of ``media``. Raises ``BodyTooLarge`` or ``BodyUnreadable``."""
    if request.content_type not in media:
        raise BodyUnreadable(f"expected one of {', '.join(media)}")
    # Nothing is unpacked: a few bytes could become gigabytes.
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise BodyUnreadable("send it without Content-Encoding")
    # A stated length is refused unread; without one, or with a false one, the bytes are counted as they come.
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(f"the limit is {limit} bytes")
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > limit:
            raise BodyTooLarge(f"the limit is {limit} bytes")
    return bytes(body)


async def take(request: web.Request, shape: type[Shape], limit: int = LIMIT) -> Shape:
    """The body as ``shape``. Raises ``BadBody`` with the field's name, never with its value."""
    return shaped(await read(request, limit), shape)


def shaped(body: bytes, shape: type[Shape], later: Judgement = all_now) -> Shape:
    """``body`` screened, but for what is judged ``later``, and validated as ``shape``."""
    try:
        # First what no schema can refuse: keys that stand twice, NaN, numbers of payment cards.
        screen(body, shape.model_fields, later)
        return shape.model_validate_json(body)
    except MessageRefused as error:
        # `from None` here and below: the cause would repeat what was sent.
        raise BadBody(str(error), field=error.field) from None
    except ValidationError as error:
        raise BadBody(where(error, shape), field=field_of(error)) from None


def where(error: ValidationError, shape: type[BaseModel]) -> str:
    """Which of our own fields was wrong and how; a stranger's key is not repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    top = str(first["loc"][0]) if first["loc"] else ""
    return f"{first['type']} {top if top in shape.model_fields else ''}".strip()
