"""``storeside run``: the service until it is told to stop.

``program`` loads it for this command alone, as systemd starts it. ``app.service`` does the work under the
lock of ``lock_file``.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Mapping
from contextlib import suppress

import typer

from edge.app import log_setup, service
from edge.app.settings import Settings
from edge.cli.lock_file import occupied
from edge.cli.output import print_document
from edge.cli.store_location import ConfigFile, DataFolder, need_data, settings_at

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(
        name,
        short_help=says,
        epilog="Example: storeside run --config /etc/storeside/storeside.toml",
    )(run)


def run(config: ConfigFile = None, folder: DataFolder = None) -> None:
    """Run the service until SIGTERM or SIGINT, which stop it cleanly within 5 seconds.

    It refuses to start while something is missing, and says which command mends it. Once it answers it
    prints one JSON line with its port; its log goes to standard error, one JSON object a line.
    """
    settings = settings_at(config, folder)
    need_data(settings)
    log_setup.start(settings.log_level)
    # Before anything is opened: two services on one file would both answer for the same store.
    with occupied(settings.data_dir):
        asyncio.run(run_until_told(settings))


async def run_until_told(settings: Settings) -> None:
    """Serve until the first signal to stop; later ones change nothing, so that the stop stays clean."""
    serving = asyncio.create_task(service.run(settings, ready=_ready), name="service")
    loop = asyncio.get_running_loop()
    told = False

    def stop() -> None:
        nonlocal told
        if not told:
            told = True
            serving.cancel()

    # Python's own way would break in anywhere, also in the middle of a write.
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        with suppress(asyncio.CancelledError):
            await serving
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        # Whoever reads it would look for a service at a port that somebody else may have by then.
        (settings.data_dir / "run.json").unlink(missing_ok=True)


def _ready(facts: Mapping[str, object]) -> None:
    """Say where the service answers. What is in memory by now stays, so the collector need not look at it."""
    gc.collect()
    gc.freeze()
    print_document(facts)
