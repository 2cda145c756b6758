"""A busy day in the tests' shop, lived by the service's own parts, and a diff of it computed by hand."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from devices.messages import SignOut
from edge.campaigns.whatif.changes import WhatIfChange
from edge.decision.codec import decode_decision, decode_inputs
from edge.decision.flow import decide
from edge.domain.campaign import Campaign
from edge.domain.catalogue import Tuning
from edge.domain.decision import Decision
from edge.domain.experiment import Variant
from edge.domain.ids import DecisionId, Token, digest_of
from edge.domain.offer import Offer
from edge.state.catalogue import CatalogueParts, catalogue_of, goods_from
from edge.state.replay import Sources
from edge.storage.connection import open_connection, open_reader, transaction
from edge.storage.decisions import snapshots
from edge.storage.decisions.decisions import since
from edge.storage.decisions.snapshots import Snapshot
from models.serving.local_fallback import LocalFallback
from models.serving.ranker import Ranker
from models.serving.registry import BundleRegistry
from tests.edge.builders import KIOSK, NOW, campaign, offer, product
from tests.edge.campaigns.whatif.day import TWO
from tests.edge.shop import Shop, know, open_shop

PEOPLE = 80
LONG_AGO = NOW.replace(year=2000)
_ALL = 1_000_000

OFFERS: tuple[Offer, ...] = (
    offer("o-a", 103, category="c-3", creatives=TWO),
    offer("o-b", 103, category="c-3", cents=60, creatives=TWO),
    offer("o-5", 105, category="c-1", campaign="july"),
    offer("o-9", 109, category="c-1", campaign="july", cap=2),
)
TESTED: Campaign = campaign(
    holdout_pct=20,
    variants=(Variant(name="a", offers=("o-a",)), Variant(name="b", offers=("o-b",))),
)
GOODS = CatalogueParts(
    products=[product(n, f"c-{n % 4}") for n in (*range(1, 13), *range(100, 148))],
    offers=OFFERS,
    campaigns=(TESTED, campaign("july")),
)


async def live_through(path: Path, people: int = PEOPLE, ranker: Ranker | None = None) -> None:
    """So many people sign in, shop and pay, one after the other; some four decisions each."""
    for number in range(people):
        habits = (100 + number % 7, 102 + number % 11, 109)
        know(path, Token(f"c-{number:026}"), card=f"41{number:08}", habits=habits)
    sold, body = catalogue_of(GOODS, Tuning(holdout_pct=10))
    with closing(open_connection(path)) as conn, transaction(conn):
        snapshots.keep(conn, Snapshot(digest=sold.digest, kind="catalogue", body=body), NOW)
    async with open_shop(path, sold=sold, ranker=ranker or LocalFallback()) as shop:
        for number in range(people):
            await _come_by(shop, number)


async def _come_by(shop: Shop, number: int) -> None:
    card, basket = f"41{number:08}", f"b-{number}"
    await shop.sign_in(card=card)
    await shop.till("identify", basket=basket, card=card)
    for item in (101 + number % 9, 120 + number % 7, 110 + number % 5):
        await shop.till("add", item, basket=basket)
    await shop.till("complete", basket=basket)
    await shop.say(SignOut(reason="person"), KIOSK)
    shop.clock.pass_by(90)


def flips_by_hand(path: Path, bundles: BundleRegistry, change: WhatIfChange) -> set[DecisionId]:
    """Each decision computed anew from a catalogue put together here: which would have shown something else."""
    with closing(open_reader(path)) as conn:
        sources = Sources(conn, bundles)
        return {
            stored.id
            for stored in since(conn, LONG_AGO, _ALL)
            if _shown(_changed(sources, stored.inputs, change))
            != _shown(decode_decision(stored.output))
        }


def _changed(sources: Sources, stored: bytes, change: WhatIfChange) -> Decision:
    inputs = decode_inputs(stored)
    goods, tuning = goods_from(sources.body("catalogue", inputs.catalogue))
    offers = {o.id: o for o in (*goods.offers, *change.offers)}
    tests = {c.id: c for c in (*goods.campaigns, *change.campaigns)}
    other = replace(goods, offers=tuple(offers.values()), campaigns=tuple(tests.values()))
    turned = replace(tuning, **change.tuning)  # type: ignore[arg-type]  # fields by name
    sold, _ = catalogue_of(other, turned)
    ranker = sources.rankers(inputs.model)
    return decide(inputs, sources.evidence(inputs), sold, ranker, digest_of(stored))


def _shown(decision: Decision) -> list[tuple[object, ...]]:
    return [(c.sku, c.offer, c.creative) for c in decision.choices]
