"""The broker's files as ``deploy/mosquitto`` ships them; ``make docs`` writes them."""

from __future__ import annotations

from pathlib import Path

from devices.broker import example_acl, production

FOLDER = Path(__file__).parents[2] / "deploy" / "mosquitto"


if __name__ == "__main__":
    (FOLDER / "mosquitto.conf").write_text(production(), encoding="utf-8")
    (FOLDER / "acl.example").write_text(example_acl(), encoding="utf-8")
