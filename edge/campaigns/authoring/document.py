"""A portfolio file: ``campaigns`` and ``offers`` in one document, YAML, JSON or CSV; measured before it is parsed.

``storeside campaigns`` and the console read with it; the checks, then `publishing`, come next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, Self, TypeVar, cast

import yaml
from pydantic import Field, ValidationError, model_validator

from edge.campaigns.authoring.campaign_body import CampaignBody
from edge.campaigns.authoring.csv_table import parse_sheet, sheet_of
from edge.campaigns.authoring.errors import PortfolioInvalid
from edge.campaigns.authoring.offer_body import Body, OfferBody
from edge.campaigns.authoring.safe_yaml import parse_yaml, yaml_of

LIMIT_BYTES = 8 * 2**20
"""Some thousand offers with their creatives, and a file that costs nothing if it is the wrong one."""

Form = Literal["yaml", "json", "csv"]

_Shape = TypeVar("_Shape", bound=Body)

_FORMS: Mapping[str, Form] = {".csv": "csv", ".json": "json"}


class PortfolioBody(Body):
    """Campaigns and offers, each id once."""

    campaigns: tuple[CampaignBody, ...] = Field(default=(), max_length=1_000)
    offers: tuple[OfferBody, ...] = Field(default=(), max_length=10_000)

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        _once("campaign", (one.id for one in self.campaigns))
        _once("offer", (one.id for one in self.offers))
        return self


def read_portfolio(file: Path) -> PortfolioBody:
    """The portfolio in ``file``; by its ending CSV, JSON, or else YAML.

    Raises:
        PortfolioInvalid: it is too large, unreadable, empty, or says something that no portfolio can say.
    """
    size = file.stat().st_size
    if size > LIMIT_BYTES:
        raise PortfolioInvalid(
            f"{file.name}: {size} bytes; a portfolio has at most {LIMIT_BYTES}",
            hint="write it as several files, each with whole campaigns",
        )
    try:
        return parse(file.read_bytes(), _FORMS.get(file.suffix.casefold(), "yaml"))
    except PortfolioInvalid as error:
        raise PortfolioInvalid(f"{file.name}: {error}", hint=error.hint) from None


def parse(data: bytes, form: Form) -> PortfolioBody:
    """The portfolio in ``data``. A bare list is one of offers.

    Raises:
        PortfolioInvalid: as `read_portfolio`.
    """
    told = _told(data, form)
    if not isinstance(told, dict):
        told = {"offers": told or ()}
    found = _shaped(cast("object", told), PortfolioBody)
    if not found.campaigns and not found.offers:
        raise PortfolioInvalid("there are neither campaigns nor offers in it")
    return found


def written(portfolio: PortfolioBody, form: Literal["yaml", "csv"]) -> str:
    """``portfolio`` as a file that `parse` reads as the same again; what is at rest is left out."""
    document = portfolio.model_dump(mode="json", exclude_defaults=True)
    return sheet_of(document) if form == "csv" else yaml_of(document)


def said(error: ValidationError) -> tuple[str]:
    """Where in a document the first fault is, and what it is, without what stood there."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    # Pydantic's own words before what a validator said.
    words = first["msg"].removeprefix("Value error, ")
    return (f"{where}: {words}" if where else words,)


def taken(data: bytes, shape: type[_Shape]) -> _Shape:
    """One JSON body as ``shape``. Raises ``PortfolioInvalid`` with the place and the fault."""
    return _shaped(_told(data, "json"), shape)


def _shaped(told: object, shape: type[_Shape]) -> _Shape:
    try:
        return shape.model_validate(told)
    except ValidationError as error:
        raise PortfolioInvalid(*said(error)) from None


def _told(data: bytes, form: Form) -> object:
    try:
        # Spreadsheets begin a file with a byte order mark.
        return _parsers()[form](data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise PortfolioInvalid("it is not UTF-8", hint="save it as UTF-8") from None
    except (ValueError, yaml.YAMLError) as error:
        raise PortfolioInvalid(_first_line(error)) from None
    except RecursionError:
        raise PortfolioInvalid("it is nested too deeply") from None


def _parsers() -> Mapping[Form, Callable[[str], object]]:
    return {"yaml": parse_yaml, "json": _parse_json, "csv": parse_sheet}


def _parse_json(text: str) -> object:
    # Left to itself the reader keeps the last of two equal keys without a word.
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise PortfolioInvalid("a key stands twice in one object")
    return found


def _once(what: str, ids: Iterable[str]) -> None:
    seen = set[str]()
    for id_ in ids:
        if id_ in seen:
            raise ValueError(f"{what} {id_} is in it twice")
        seen.add(id_)


def _first_line(error: Exception) -> str:
    """What a parser says, with the place, on one line and without the text around it."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}: {getattr(error, 'problem', None) or 'no YAML'}"
    return str(error).splitlines()[0]
