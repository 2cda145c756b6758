"""Which store a command acts on: by its settings file or by its data folder.

Nearly every command asks it first for its settings; what it does comes after.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer

from edge.app.settings import Settings, load_settings
from edge.domain.errors import NotProvisioned, SettingsInvalid

INSTALLED = Path("/etc/storeside/storeside.toml")
"""Where ``deploy/install.sh`` puts the settings; taken when a command names no place."""
CONFIG_NAME = "storeside.toml"

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help=f"The store's settings; {INSTALLED} if none is given."
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", help="Its data folder, also a running demo's."),
]


def settings_at(config: Path | None, folder: Path | None = None) -> Settings:
    """The settings of the store that is meant; a command of root goes on as the data folder's owner.

    ``folder`` alone holds its own settings file, as a demo's does; it may be a copy made elsewhere, so the
    data folder that the file names does not count. With both, the settings are ``config``'s.

    Raises:
        SettingsInvalid: no place was given, or its settings cannot be used.
    """
    settings = load_settings(_file(config, folder))
    if folder is not None:
        settings = settings.model_copy(update={"data_dir": folder.resolve()})
    become_owner(settings.data_dir)
    return settings


def need_data(settings: Settings) -> None:
    """Refuse to act on a store that was never set up.

    Raises:
        NotProvisioned: there is no database.
    """
    if not settings.database.is_file():
        raise NotProvisioned(
            f"there is no store in {settings.data_dir}", hint="storeside init --config FILE"
        )


def become_owner(folder: Path) -> None:
    """As root, go on as the owner of ``folder``, so that no file is left which the service cannot open."""
    if os.geteuid() != 0 or not folder.is_dir():
        return
    owner = folder.stat()
    if owner.st_uid == 0:
        return
    # The groups first, while we still may; the user last, for after it nothing can be changed.
    os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


def _file(config: Path | None, folder: Path | None) -> Path:
    if config is not None:
        return config
    if folder is not None:
        if not (folder / CONFIG_NAME).is_file():
            raise SettingsInvalid(
                f"{folder} holds no {CONFIG_NAME}",
                hint="name the settings with --config FILE too",
            )
        return folder / CONFIG_NAME
    if not INSTALLED.is_file():
        raise SettingsInvalid(
            "which store is meant?", hint="give --config FILE, or --dir DIR of a data folder"
        )
    return INSTALLED
