"""``make docs``: write the generated documents anew; tests hold what is there to the same text."""

from __future__ import annotations

import runpy

GENERATORS = (
    "tests.edge.app.settings_text",
    "tests.edge.cli.commands_text",
    "tests.devices.topics_text",
    "tests.devices.tills_text",
    "tests.devices.deploy_text",
    "tests.edge.domain.placements_script",
    "tests.rooms_text",
)


def main() -> None:
    """Run every generator."""
    for generator in GENERATORS:
        runpy.run_module(generator, run_name="__main__")


if __name__ == "__main__":
    main()
