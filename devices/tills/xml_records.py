"""XML read one record at a time, defused: no document types, no entities, and limits on depth and number.

`devices.tills.poslog` reads a till's log through it; nothing else in the house reads XML.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from devices.errors import MessageRefused, Refusal

MOST_ELEMENTS: Final = 20_000
"""Elements of one record: a sale of 500 lines with all that may stand in them."""
DEEPEST: Final = 32


def records(source: IO[bytes], name: str) -> Iterator[Element]:
    """Every element called ``name``, whatever its namespace; each is emptied after it was looked at.

    Raises:
        MessageRefused: no well-formed XML, a document type in it, or more than the limits.
    """
    parts = ElementTree.iterparse(source, events=("start", "end"), forbid_dtd=True)
    depth = seen = 0
    try:
        for event, part in parts:
            if event == "start":
                depth, seen = depth + 1, seen + 1
                if depth > DEEPEST or seen > MOST_ELEMENTS:
                    raise MessageRefused(Refusal.TOO_LARGE, "a record of the log")
                continue
            depth -= 1
            if local(part) == name:
                yield part
                # What was read is let go, so that a year's log needs no more room than one sale.
                part.clear()
                seen = 0
    # Its own causes would repeat what was sent.
    except DefusedXmlException:
        raise MessageRefused(Refusal.MALFORMED, "a document type or an entity") from None
    except (ParseError, LookupError, ValueError):
        raise MessageRefused(Refusal.MALFORMED, "no well-formed XML") from None


def local(part: Element) -> str:
    """The name of an element without its namespace."""
    return part.tag.rpartition("}")[2]


def children(part: Element | None, *names: str) -> Iterator[Element]:
    """The elements right inside ``part`` that have one of ``names``."""
    if part is not None:
        yield from (one for one in part if local(one) in names)


def first(part: Element | None, *path: str) -> Element | None:
    """The element at the end of ``path``, each the first of its name."""
    for name in path:
        part = next(children(part, name), None)
    return part


def text(part: Element | None, *path: str) -> str:
    """What stands in the element at the end of ``path``; empty where there is none."""
    found = first(part, *path)
    return "" if found is None or found.text is None else found.text.strip()


def says(part: Element, attribute: str) -> str:
    """An attribute, in small letters; empty where there is none."""
    return part.get(attribute, "").strip().casefold()
