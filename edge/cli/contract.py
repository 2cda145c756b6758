"""``storeside contract``: what the product publishes of itself, from the models that check every message.

``program`` loads it for this command alone. The documents are made by ``devices.contract``,
``pipeline.central_streams`` and ``api.http.openapi``, the last as a running service serves it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, cast

import typer

from devices.contract import StoreWords
from devices.contract import asyncapi as device_contract
from devices.contract import schemas as device_schemas
from edge.api.http.openapi import document
from edge.api.routes import HttpAccess, HttpParts, operations_of, store_routes
from edge.app.market_policies import SHIPPED, read_policy
from edge.cli.output import AsJson, print_document, say
from edge.domain.placement import SCREENS
from edge.pipeline.central_streams import stream_schemas

VERSION = version("storeside")


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside contract asyncapi > asyncapi.json")(asyncapi)
    group.command(epilog="Example: storeside contract openapi > openapi.json")(openapi)
    group.command(epilog="Example: storeside contract schemas build/schemas")(schemas)
    program.add_typer(group, name=name)


def words() -> StoreWords:
    """The placements of this product, and the notices of the policies that come with it."""
    shipped = [read_policy(file) for file in sorted(SHIPPED.glob("*.yaml"))]
    return StoreWords(
        placements=tuple(SCREENS),
        notices=tuple(sorted({notice for one in shipped for notice in one.notice_ids})),
    )


def asyncapi() -> None:
    """Print the AsyncAPI 3.0 document of everything that goes over MQTT."""
    print_document(device_contract(VERSION, words()))


def openapi() -> None:
    """Print the OpenAPI 3.1 document of every HTTP address."""
    print_document(http_contract())


def schemas(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the files go; made if missing.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Write one JSON Schema for each message that a device sends or gets, and for each stream of the centre."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {**device_schemas(words()), **stream_schemas()}
    for name, schema in found.items():
        text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")
    if as_json:
        print_document({"dir": str(folder), "schemas": sorted(found)})
    else:
        say(f"{len(found)} schemas written to {folder}")


def http_contract() -> Mapping[str, object]:
    """What a running service publishes under ``/openapi.json``."""
    # No service runs here; routes are only listed, none is called.
    nobody = NoParts()
    routes = store_routes(cast("HttpParts", nobody), cast("HttpAccess", nobody))
    return document(operations_of(routes, VERSION), VERSION)


class NoParts:
    """Stands for every part of a service: routes and services only keep their parts until somebody asks."""

    def __getattr__(self, name: str) -> NoParts:
        return self
