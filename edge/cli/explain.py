"""``storeside explain``: one stored decision in words.

``program`` loads it for this command alone. It finds the stored decision, and ``decision.explain`` puts it
into words.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Annotated

import typer

from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, need_data, settings_at
from edge.decision.codec import decode_decision, decode_inputs
from edge.decision.explain import explain as explain_in_words
from edge.decision.explain import explained, names_in
from edge.domain.currency import currency
from edge.domain.decision import Decision, Inputs
from edge.domain.errors import NotProvisioned
from edge.domain.ids import DecisionId
from edge.state.catalogue import catalogue_from
from edge.storage.connection import open_reader
from edge.storage.decisions import decisions, snapshots


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(
        name,
        short_help=says,
        epilog="Example: storeside explain d-01kamv4x8t3q9w2e5r7y1u0p6z --dir .storeside-demo",
    )(explain)


def explain(
    decision_id: Annotated[
        str, typer.Argument(metavar="DECISION_ID", help="As on the screen's log.")
    ],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell why a decision came out as it did: inputs and their ages, winners, and what lost to which rule.

    A chance of redemption says who redeems an offer, never what the offer adds: whoever redeems might have
    bought anyway, and until people were drawn by chance to go without, nothing here claims an uplift.
    """
    settings = settings_at(config, folder)
    need_data(settings)
    # A reader's connection: the service may run, and nothing is changed.
    with closing(open_reader(settings.database)) as conn:
        decision, inputs, names = _found(conn, DecisionId(decision_id))
    if as_json:
        print_document(explained(decision, inputs, names))
    else:
        money = currency(settings.store.currency)
        say(explain_in_words(decision, inputs, names, money))


def _found(
    conn: sqlite3.Connection, id_: DecisionId
) -> tuple[Decision, Inputs, dict[str, str]]:
    """The decision, what it was made from, and the names of its products as they were then."""
    stored = decisions.find(conn, id_)
    if stored is None:
        raise NotProvisioned(
            f"no decision {id_} is remembered here",
            hint="decisions are kept as long as the market's policy says; look at the console for ids",
        )
    decision, inputs = decode_decision(stored.output), decode_inputs(stored.inputs)
    # The shelf of that moment: names may have changed since, or the product may be gone.
    shot = snapshots.find(conn, inputs.catalogue)
    names = {} if shot is None else names_in(catalogue_from(shot), decision)
    return decision, inputs, names
