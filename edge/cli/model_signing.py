"""``storeside models key|sign|trust``: who vouches for a bundle, and whose bundles a store takes.

``models`` adds these commands to its group. Keys and signatures are made by ``models.bundle.signature``;
activation asks for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.app.settings import Settings
from edge.app.store_key import trust_key
from edge.cli.output import AsJson, note, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, settings_at
from models.bundle import signature
from models.bundle.signature import (
    OWN_WORK,
    key_id,
    make_key,
    public_half,
    read_private,
    read_public,
    signer_named,
)
from models.errors import KeyUnusable
from models.serving.verify import verify_bundle

_OWN = "model.key"

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key", metavar="FILE", help="The private key to sign with; your own if none is given."
    ),
]


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command(epilog="Example: storeside models key --out chain.key")(key)
    group.command(epilog="Example: storeside models sign bundle --key chain.key")(sign)
    group.command(epilog="Example: storeside models trust chain.pub --dir .storeside-demo")(
        trust
    )


def key(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where the private half goes.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a pair of keys: FILE, which stays with whoever signs, and FILE's .pub, which stores are given."""
    made, public = key_id(make_key(out).public_key()), public_half(out)
    if as_json:
        print_document({"key": made, "private": str(out), "public": str(public)})
    else:
        say(f"key {made[:12]}: {out} signs and stays secret, {public} is for the stores")


def sign(
    bundle: Annotated[Path, typer.Argument(metavar="DIR", help="A bundle's folder.")],
    file: KeyFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign a bundle that holds all its other promises; a signature that is there is replaced."""
    manifest = verify_bundle(bundle, OWN_WORK)
    signer = signature.sign(bundle, key_of(file))
    if as_json:
        print_document({"model": manifest.label, "signed_by": signer})
    else:
        say(f"{manifest.label} is signed by {signer[:12]}")


def trust(
    public: Annotated[Path, typer.Argument(metavar="PUB", help="A public key.")],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Let a store take the bundles that are signed with this key; taking its file away ends that."""
    # Before anything else: a command of root goes on as the store's account, which may not read this file.
    accepted = read_public(public)
    keys = settings_at(config, folder).model_keys
    file = trust_key(keys, signature.public_bytes(accepted), key_id(accepted))
    if as_json:
        print_document({"key": key_id(accepted), "file": str(file)})
    else:
        say(
            f"bundles signed by {key_id(accepted)[:12]} are trusted, as long as {file} is there"
        )


def own_key_file() -> Path:
    """The private key of whoever types."""
    return Path(typer.get_app_dir("storeside")) / _OWN


def key_of(file: Path | None) -> Ed25519PrivateKey:
    """The key in ``file``; without one that of whoever types, made at its first use. Raises ``KeyUnusable``."""
    own = own_key_file()
    # One's own key is made once: stores that trust it would refuse what another signs.
    if file is not None or own.exists():
        return read_private(file or own)
    made = make_key(own)
    note(f"made a key of your own, {own}; whoever has it can sign bundles in your name")
    note(f"stores of others need: storeside models trust {public_half(own)} --dir DIR")
    return made


def trust_own(bundle: Path, settings: Settings) -> None:
    """Who has the store's folder and the key that signed ``bundle`` could say ``trust`` too: it is said for them."""
    try:
        own = read_private(own_key_file()).public_key()
    # Without a key nobody has signed anything here, so there is nothing to trust.
    except KeyUnusable:
        return
    known = signature.trust_in(settings.model_keys).keys
    # Only the signature of whoever types: a bundle of somebody else is trusted by ``trust`` alone.
    if key_id(own) == signer_named(bundle) and key_id(own) not in known:
        file = trust_key(settings.model_keys, signature.public_bytes(own), key_id(own))
        note(f"your own key {key_id(own)[:12]} is trusted by this store from now on: {file}")
