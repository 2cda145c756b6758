"""Which bytes are a picture that any screen may show: told by what they are, never by what they are called.

`picture_library` asks it of every byte string that comes in, before anything is stored.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from edge.campaigns.authoring.errors import PictureRefused

LIMIT_BYTES: Final = 2 * 2**20
"""A full screen of photograph; more is a film."""

# A drawing of a badge or a logo; and a parser is asked to read it.
_SVG_LIMIT_BYTES: Final = 256 * 1024
_SVG: Final = "http://www.w3.org/2000/svg"
_DRAWN: Final = frozenset(
    {
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title",
        "desc", "defs", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "symbol",
    }
)  # fmt: skip
# Nothing that runs, loads, links or styles from elsewhere; url(#here) stays inside.
_ATTRIBUTE: Final = re.compile(r"(?!on)[A-Za-z][A-Za-z0-9-]*")
# In another encoding the bytes that are looked for here would be written differently.
_INSTRUCTED: Final = re.compile(
    rb"<\?(?!xml )|(?<!^)<\?|encoding=['\"](?!utf-8)", re.IGNORECASE
)
_OUTSIDE: Final = re.compile(
    r"url\(\s*['\"]?(?!#)|javascript:|data:|@import|\\|/\*", re.IGNORECASE
)


def media_of(body: bytes) -> str:
    """The media type of a picture.

    Raises:
        PictureRefused: it is too large, of no kind taken here, or a drawing that could do more than be looked at.
    """
    if len(body) > LIMIT_BYTES:
        raise PictureRefused(
            f"{len(body)} bytes; a picture has at most {LIMIT_BYTES}", hint="make it smaller"
        )
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    # RIFF also holds sound and film; the kind comes after four bytes of length.
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return "image/webp"
    _check_drawing(body)
    return "image/svg+xml"


def _check_drawing(body: bytes) -> None:
    """Refuse what is no SVG made of shapes, texts and colours alone."""
    # Without a document type there are no entities, so that a small file stays small; without instructions it
    # asks no reader to style it from elsewhere.
    if (
        len(body) > _SVG_LIMIT_BYTES
        or b"<!D" in body
        or b"<!E" in body
        or _INSTRUCTED.search(body)
    ):
        raise PictureRefused("it is no PNG, JPEG, WebP or GIF, and no small plain SVG")
    try:
        root = ET.fromstring(body.decode())  # noqa: S314 - no document type, a limited size, and a closed list below
    except (ET.ParseError, UnicodeDecodeError, ValueError):
        raise PictureRefused("it is no PNG, JPEG, WebP, GIF or SVG") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise PictureRefused("it is no PNG, JPEG, WebP, GIF or SVG")
    for part in root.iter():
        _check_part(part)


def _check_part(part: ET.Element) -> None:
    tag = str(part.tag)
    # A name outside the namespace is no SVG's, whatever it is called.
    if tag.removeprefix(f"{{{_SVG}}}") not in _DRAWN or not tag.startswith("{"):
        raise PictureRefused(
            f"an SVG with <{tag.rpartition('}')[2][:20]}> in it could do more than be looked at",
            hint="export it as plain shapes, or as PNG",
        )
    for name, value in part.attrib.items():
        # `xlink:href` is no plain name and falls by the pattern; SVG 2 links by `href` alone.
        if _ATTRIBUTE.fullmatch(name) is None or name == "href" or _OUTSIDE.search(value):
            raise PictureRefused(
                "an SVG that links, runs or loads something is not taken",
                hint="export it as plain shapes, or as PNG",
            )
