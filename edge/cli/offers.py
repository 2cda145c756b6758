"""``storeside offers``: a file of offers is checked as a whole, and published as a whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloud_sync.downlink import Change
from edge.cli.answer import AsJson, note, print_document, say
from edge.cli.changing import Store, open_store
from edge.cli.offer_file import OfferFile, OfferLine, Sold, problems, read_offers
from edge.cli.place import ConfigFile, DataFolder
from edge.domain.ids import Sku
from edge.storage import bells, offers, products
from edge.storage.bells import Bell

File = Annotated[Path, typer.Argument(metavar="FILE", help="A list of offers, YAML or JSON.")]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside offers check offers.yaml --dir .storeside-demo")(
        check
    )
    group.command(epilog="Example: storeside offers publish offers.yaml")(publish)
    program.add_typer(group, name=name)


def check(
    file: File, config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Say what is wrong with a file of offers: shape, dates, products, prices, collisions; exit 1 if anything is."""
    with open_store(config, folder) as store:
        found = _judged(store, read_offers(file))
    _answer(found, as_json=as_json, published=0, done="nothing is wrong with these offers")


def publish(
    file: File, config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Check the offers of a file and put them on the shelves; a running service proposes them at once."""
    with open_store(config, folder) as store:
        offered = read_offers(file)
        found = _judged(store, offered)
        if not found:
            with store.change() as incoming:
                for one in offered.offers:
                    incoming.offer(store.conn, _change(one))
                bells.ring(store.conn, Bell.SHELVES)
    count = 0 if found else len(offered.offers)
    _answer(found, as_json=as_json, published=count, done=f"{count} offers published")


def _change(offer: OfferLine) -> Change:
    """The offer as the centre would send it."""
    body = offer.model_dump(mode="json")
    return Change(stream="offers", key=offer.id, op="upsert", version=0, body=body)


def _judged(store: Store, offered: OfferFile) -> list[str]:
    sold = {Sku(p.sku): Sold(p.key, p.price_cents) for p in products.every(store.conn)}
    return problems(offered, sold, offers.every(store.conn), store.at)


def _answer(found: list[str], *, as_json: bool, published: int, done: str) -> None:
    for problem in found:
        note(problem)
    if as_json:
        print_document({"published": published, "problems": found})
    elif not found:
        say(done)
    if found:
        raise typer.Exit(1)
