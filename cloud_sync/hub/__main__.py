"""The hub as a program of its own: `python -m cloud_sync.hub --config hub.toml`.

Prints `{"port": n}` on one line once it takes requests; ends cleanly on SIGTERM and SIGINT.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path

from cloud_sync.errors import SettingsRefused
from cloud_sync.hub.server import serve
from cloud_sync.hub.settings import HubSettings, load_settings


async def run_until_told(settings: HubSettings) -> None:
    """Serve until the first signal to stop."""
    task = asyncio.current_task()
    if task is not None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serve(settings, ready=_announce)


def main() -> int:
    """Read the settings and serve."""
    parser = argparse.ArgumentParser(prog="hub", description="The central side of Storeside.")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE")
    try:
        settings = load_settings(parser.parse_args().config)
    except SettingsRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    asyncio.run(run_until_told(settings))
    return 0


def _announce(port: int) -> None:
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    # At once: whoever started us waits for this line.
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
