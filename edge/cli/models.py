"""``storeside models``: the life of the model, from raw baskets to the one in use and back to the one before.

``program`` loads it for this command alone, and it adds the commands of ``model_training``,
``model_activation`` and ``model_signing``. What is activated the running service finds in ``models.serving.registry``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli import (
    customer_value,
    model_activation,
    model_learning,
    model_rehearsal,
    model_signing,
    model_training,
    model_withdrawal,
    model_wrap,
)
from edge.cli.model_activation import shelf_of
from edge.cli.model_training import described
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, settings_at
from models.bundle.signature import signer_named
from models.serving.registry import BundleRegistry, StoredBundle

Bundle = Annotated[Path, typer.Argument(metavar="DIR", help="A bundle's folder.")]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    model_training.add_to(group)
    model_rehearsal.add_to(group)
    customer_value.add_to(group)
    model_learning.add_to(group)
    group.command("list", epilog="Example: storeside models list --dir .storeside-demo")(
        show_all
    )
    group.command(epilog="Example: storeside models verify bundle")(verify)
    model_wrap.add_to(group)
    model_activation.add_to(group)
    model_withdrawal.add_to(group)
    model_signing.add_to(group)
    program.add_typer(group, name=name)


def show_all(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """List the bundles of the store; the one in use is marked."""
    stored = shelf_of(settings_at(config, folder)).list()
    if as_json:
        print_document({"models": [_row(one) for one in stored]})
        return
    for one in stored:
        say(f"{'*' if one.active else ' '} {one.label:32} {one.digest[:12]}")


def verify(
    bundle: Bundle,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check every promise of a bundle: signature, seals, graph, operators, golden scores.

    With a store, by the keys that this store trusts; else by the product's and your own.
    """
    if config is None and folder is None:
        bundles = BundleRegistry(bundle, model_signing.own_key_file().parent)
    else:
        bundles = shelf_of(settings_at(config, folder))
    manifest, signer = bundles.verify(bundle), signer_named(bundle)
    if as_json:
        print_document({"verified": True, "signed_by": signer, **described(manifest)})
    else:
        say(
            f"{manifest.label} is signed by {signer and signer[:12]}, and holds all its promises"
        )


def _row(one: StoredBundle) -> dict[str, object]:
    """A bundle on the shelf; ``refused`` is why a damaged one cannot be used."""
    return {
        "digest": one.digest,
        "active": one.active,
        "path": str(one.path),
        "refused": one.refused and one.refused.reason,
        **(described(one.manifest) if one.manifest else {"model": one.label}),
    }
