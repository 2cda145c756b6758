"""The settings as people read them, made from the model that checks them: the shipped file, and its document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.app.settings import Settings

ROOT = Path(__file__).parents[3]
TOML = ROOT / "deploy" / "storeside.toml"
DOCUMENT = ROOT / "docs" / "settings.md"

# What a store of its own has instead of the defaults; broker, service and devices speak TLS.
SHIPPED: dict[str, object] = {
    "data_dir": "/var/lib/storeside",
    "store.id": "store-1",
    "store.market": "US",
    "store.time_zone": "America/New_York",
    "mqtt.port": 8883,
    "mqtt.ca": "/etc/storeside/tls/ca.crt",
    "mqtt.pid_file": "/run/storeside/broker.pid",
}
# What a value may look like where the default is none.
EXAMPLES: dict[str, object] = {
    "mqtt.public_host": "store-1.example",
    "mqtt.public_port": 8883,
    "hub.url": "https://hub.example",
    "hub.key_file": "/etc/storeside/hub.key",
    "policy.file": "/etc/storeside/policy.yaml",
    "store.country": "US",
    "goods.variable_measure": ["20AAAAAPPPPPC", "21AAAAAVWWWWWC"],
}
_HEAD = """\
# Settings of one store's service; docs/settings.md lists the same. A key that is not here stops the start.
# The environment wins over this file: STORESIDE_LOG_LEVEL=debug, STORESIDE_HTTP__PORT=9000.
# A line that begins with `#name =` shows a key at rest; take the # away to use it.

"""


def as_toml() -> str:
    """``deploy/storeside.toml``."""
    lines = [line for name, field in _plain(Settings) for line in _key(name, field)]
    for name, part in _parts():
        lines += ["", f"# {_sentence(part)}", f"[{name}]"]
        lines += [line for key, f in _plain(part) for line in _key(f"{name}.{key}", f)]
    return _HEAD + "\n".join(lines).lstrip("\n") + "\n"


def as_markdown() -> str:
    """``docs/settings.md``."""
    lines = [
        "# Settings",
        "",
        "One TOML file, named by `--config`; [`deploy/storeside.toml`](../deploy/storeside.toml) is the one to start",
        "from. The environment wins over the file: `STORESIDE_LOG_LEVEL=debug`, `STORESIDE_HTTP__PORT=9000`.",
        "An unknown key, or a value out of its limits, stops the start and is named. This page is made from",
        "`edge/app/settings.py` by `make docs`.",
    ]
    lines += [
        "",
        "## At the top",
        "",
        *_table((name, field) for name, field in _plain(Settings)),
    ]
    for name, part in _parts():
        lines += ["", f"## `[{name}]`", "", _sentence(part), "", *_table(_plain(part))]
    return "\n".join(lines) + "\n"


def every_key() -> set[str]:
    """All keys with their dots."""
    below = {f"{name}.{key}" for name, part in _parts() for key in part.model_fields}
    return below | {name for name, _ in _plain(Settings)}


def _parts() -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield name, field.annotation


def _plain(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    parts = {name for name, _ in _parts()} if model is Settings else set[str]()
    yield from (
        (name, field) for name, field in model.model_fields.items() if name not in parts
    )


def _key(path: str, field: FieldInfo) -> Iterator[str]:
    """Its description, then the key with its shipped value, its default, or at rest with an example."""
    note = "required" if field.is_required() else f"default: {_toml(field.default)}"
    yield f"# {field.description} ({', '.join([note, *_limits(field)])})"
    name = path.rpartition(".")[2]
    if path in SHIPPED:
        yield f"{name} = {_toml(SHIPPED[path])}"
    elif path in EXAMPLES:
        yield f"#{name} = {_toml(EXAMPLES[path])}"
    else:
        yield f"{name} = {_toml(field.default)}"


def _table(fields: Iterator[tuple[str, FieldInfo]]) -> Iterator[str]:
    yield "| key | what it is | default | limits |"
    yield "|---|---|---|---|"
    for name, field in fields:
        default = "required" if field.is_required() else f"`{_toml(field.default)}`"
        limits = ", ".join(_limits(field)) or "–"
        yield f"| `{name}` | {field.description} | {default} | {limits} |"


def _limits(field: FieldInfo) -> list[str]:
    words = {Ge: ("from", "ge"), Gt: ("above", "gt"), Le: ("to", "le"), Lt: ("below", "lt")}
    found = [
        f"{words[type(one)][0]} {getattr(one, words[type(one)][1]):,}"
        for one in field.metadata
        if type(one) in words
    ]
    found += [
        f"at most {m.max_length} characters" for m in field.metadata if isinstance(m, MaxLen)
    ]
    choices: Any = getattr(field.annotation, "__args__", ())
    if choices and all(isinstance(one, str) for one in choices):
        found.append(" or ".join(choices))
    return found


def _sentence(part: type[BaseModel]) -> str:
    return " ".join((part.__doc__ or "").split())


def _toml(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).replace("+00:00", "Z")
    return json.dumps(value if isinstance(value, list) else str(value))


if __name__ == "__main__":
    TOML.write_text(as_toml(), encoding="utf-8")
    DOCUMENT.write_text(as_markdown(), encoding="utf-8")
