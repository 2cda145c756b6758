"""``storeside models withdraw``: a bundle is never used again, whoever made it.

``models`` adds the command to its group. The centre does the same by its stream ``withdrawals``.
"""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from edge.cli.model_activation import shelf_of
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, need_data, settings_at
from edge.storage.connection import open_connection, transaction
from edge.storage.operations import withdrawn_models


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command(epilog="Example: storeside models withdraw DIGEST --dir .storeside-demo")(
        withdraw
    )


def withdraw(
    digest: Annotated[
        str, typer.Argument(metavar="DIGEST", help="As models list --json says.")
    ],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Never use this bundle again; the one before it takes its place, or the store's own counts.

    It stays where it is for as long as a stored decision names it.
    """
    settings = settings_at(config, folder)
    need_data(settings)
    with closing(open_connection(settings.database)) as conn, transaction(conn):
        withdrawn_models.know(conn, digest, {})
    shelf = shelf_of(settings)
    shelf.withdraw([digest])
    active = shelf.active()
    if as_json:
        print_document({"withdrawn": digest, "active": active and active.name})
    else:
        left = "no bundle" if active is None else active.name[:12]
        say(f"{digest[:12]} is withdrawn; {left} is in use")
