"""Files of a store made for a trial: settings as TOML, and secrets that only we may read.

Demo, benchmark and simulation write a store's folder with it before they start the service on it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

Scalar = str | int | float | Path
"""What a setting can be; a path is written as text."""


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, mode 0600 from its first instant."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def toml(table: Mapping[str, Scalar | Mapping[str, Scalar]]) -> str:
    """Settings of plain values and one level of tables, as TOML."""
    # A plain value below a table's head would belong to that table.
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items()]
    for name, part in table.items():
        if isinstance(part, Mapping):
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {_value(value)}" for key, value in part.items()]
    return "\n".join(lines) + "\n"


def _value(value: Scalar) -> str:
    # A bool is an int, too, and its Python name is not TOML's.
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
