"""The service's log: one JSON object a line, known fields only, and nothing in them that could name a person.

Set up first by the commands ``run``, ``hub`` and ``simulate``; every module then logs through structlog.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

import structlog

Level = Literal["debug", "info", "warning", "error"]

FIELDS: Final = frozenset(
    {
        "count", "error", "library", "method", "part", "reason", "request", "route", "status",
        "stream", "took_ms", "version", "where",
    }
)  # fmt: skip
"""Fields that may be written; another one is left out, and its name noted."""

_WITHHELD: Final = "withheld"
_REDACTED: Final = "[redacted]"
# A token, an e-mail address, a number long enough for a phone, a card or a loyalty account.
_TELLING: Final = re.compile(
    r"\bc-[a-z0-9-]{4,}|[^\s@,;:<>\"']+@[^\s@,;:<>\"']+|\+?\d[\d ().\-/]{5,}\d"
)
_LONGEST = 300

Event = MutableMapping[str, object]


def start(level: Level) -> None:
    """Write everything from ``level`` up to standard error, other libraries' words included."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            # Before the next two, which only take away: it turns an exception into fields that are known.
            where_it_failed,
            known_fields,
            without_people,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        handlers=[LibraryWords()], level=max(number, logging.WARNING), force=True
    )


def known_fields(_logger: object, _name: str, event: Event) -> Event:
    """Leave out fields that nobody has allowed; their names stay, so that the slip is found."""
    unknown = sorted(set(event) - FIELDS - {"event", "level"})
    kept = {key: value for key, value in event.items() if key not in unknown}
    return {**kept, _WITHHELD: unknown} if unknown else kept


def without_people(_logger: object, _name: str, event: Event) -> Event:
    """Strike out whatever looks like a token, an address or a long number in any text."""
    return {
        key: redacted(value) if isinstance(value, str) else value
        for key, value in event.items()
    }


def redacted(text: str) -> str:
    """``text`` without anything that could name a person, at most 300 characters of it."""
    return _TELLING.sub(_REDACTED, text[:_LONGEST])


def where_it_failed(_logger: object, _name: str, event: Event) -> Event:
    """Tell of an exception its kind and line; its text could repeat what a device sent."""
    found = event.pop("exc_info", None)
    error = sys.exception() if found is True else found
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = place_of(error.__traceback__)
    return event


def place_of(trace: TracebackType | None) -> str:
    """File and line of the innermost frame, without the path to it."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


class LibraryWords(logging.Handler):
    """Other libraries' messages as events: the words of their code, never what they filled in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one on."""
        # The template without its arguments: those may repeat what a device sent.
        facts: Mapping[str, object] = {"library": record.name, "reason": str(record.msg)}
        log = structlog.get_logger()
        log.log(
            record.levelno, "library", exc_info=record.exc_info and record.exc_info[1], **facts
        )
