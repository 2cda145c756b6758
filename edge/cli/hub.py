"""``storeside hub``: the central side, embedded store included.

``program`` loads it for this command alone; the server is ``cloud_sync.hub``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cloud_sync.hub.__main__ import run_until_told
from cloud_sync.hub.settings import load_settings
from edge.app import log_setup


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(
        name, short_help=says, epilog="Example: storeside hub --config deploy/hub.toml"
    )(hub)


def hub(
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The hub's settings.")
    ],
) -> None:
    """Take the stores' events in, and send profiles, consents, offers and erasures down.

    Once it takes requests it prints one JSON line with its port; SIGTERM and SIGINT stop it cleanly.
    """
    settings = load_settings(config)
    log_setup.start("info")
    asyncio.run(run_until_told(settings))
