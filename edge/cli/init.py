"""``storeside init``: what the service needs before its first start; can be repeated at any time.

``program`` loads it for this command alone; tests and set-up scripts call ``provide``. After it ``run`` can
start, and ``doctor`` finds nothing that blocks.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import typer

from devices.device_classes import DeviceClass
from devices.errors import DeviceUnknown
from devices.fleet import Fleet
from edge.api.http.auth import CONSOLE
from edge.app.provisioning import read_keys, read_policy_of
from edge.app.settings import Settings
from edge.app.store_key import store_key
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, become_owner, settings_at
from edge.storage.connection import open_connection
from models.errors import BundleRefused
from models.serving.registry import BundleRegistry

_KEY_BYTES = 32


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(
        name, short_help=says, epilog="Example: storeside init --config storeside.toml"
    )(init)


def init(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Make the data folder, secrets, database, accounts and model of one store.

    What is there is left as it is, secrets above all, so this can be repeated.
    """
    settings = settings_at(config, folder)
    steps = list(provide(settings))
    if as_json:
        print_document({"dir": str(settings.data_dir), "did": steps})
        return
    for step in steps:
        say(step)


def provide(settings: Settings) -> Iterator[str]:
    """Do each step, and say what was done or found.

    Raises:
        StoresideError: the settings ask for what there is not.
        KeyUnusable: the store's key for bundles is damaged.
    """
    # First, so that a market without a policy leaves nothing half made.
    read_policy_of(settings)
    yield _folder(settings.data_dir)
    # An installer gives the folder to the service's account; what follows must be that account's, too.
    become_owner(settings.data_dir)
    yield _folder(settings.secrets)
    for name in ("store.key", "ticket.key"):
        yield _secret(settings.secrets / name, secrets.token_hex(_KEY_BYTES))
    # Read back: a key that was there and is damaged must stop here and not at the service's start.
    read_keys(settings.secrets)
    yield _model_key(settings)
    known = settings.database.is_file()
    with closing(open_connection(settings.database)):
        settings.database.chmod(0o600)
    yield f"{_kept(known)} the database {settings.database}"
    yield _fleet(settings)
    yield _model(settings)


def _folder(path: Path) -> str:
    known = path.is_dir()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Also one that was there, for it may stand open to others.
    path.chmod(0o700)
    return f"{_kept(known)} the folder {path}"


def _secret(path: Path, text: str) -> str:
    """Write a secret, mode 0600 from its first instant; one that is there is never touched."""
    try:
        # O_EXCL: made or kept, never written over – the store's key is what all codes hang on.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return f"kept the secret {path.name}"
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        # A secret that a power cut takes would make every code of it worthless.
        os.fsync(file.fileno())
    return f"made the secret {path.name}"


def _fleet(settings: Settings) -> str:
    """The broker's files, and the console's account, whose password is the store's admin key."""
    fleet = Fleet(settings.fleet, settings.store.id, pid_file=settings.mqtt.pid_file)
    try:
        fleet.get(CONSOLE)
    except DeviceUnknown:
        key = fleet.add(CONSOLE, DeviceClass.CONSOLE).password
        # A key of accounts that are gone opens nothing, and must not keep the new one out.
        (settings.secrets / "admin.key").unlink(missing_ok=True)
        _secret(settings.secrets / "admin.key", key)
        return (
            f"made the accounts in {settings.fleet}; the console's key is in secrets/admin.key"
        )
    # Written again, since an update may bring other rules.
    fleet.export()
    return f"kept the accounts in {settings.fleet}"


def _model_key(settings: Settings) -> str:
    known = (settings.secrets / "model.key").is_file()
    store_key(settings)
    return f"{_kept(known)} the secret model.key, with which the store signs what it learns"


def _model(settings: Settings) -> str:
    """Nothing is put in use: no bundle is made of what this store sells before it has sold anything."""
    bundles = BundleRegistry(settings.bundles, settings.model_keys)
    refused = _refusal(bundles)
    if refused:
        return (
            f"the active model is refused ({refused}), and the store's own counts answer for it"
        )
    if bundles.active() is not None:
        return "kept the active model"
    return "no model is needed: the store learns from its first basket, and makes its own with models learn"


def _refusal(bundles: BundleRegistry) -> str:
    """Why the active model can no longer be used, such as one from before bundles were signed; else empty."""
    active = bundles.active()
    try:
        if active is not None:
            bundles.verify(active)
    except BundleRefused as refused:
        return refused.reason
    return ""


def _kept(known: bool) -> str:  # noqa: FBT001 - one word for one fact
    return "kept" if known else "made"
