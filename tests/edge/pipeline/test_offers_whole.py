"""Chances of redemption in a whole shop: a trained bundle, a person's coupons on disk, decisions made again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from edge.decision.codec import decode_decision, decode_inputs
from edge.domain.consent import Purpose
from edge.domain.ids import DecisionId
from edge.domain.placement import PLACEMENTS
from edge.state.decider import DecisionRequest, MadeDecision
from edge.state.replay import replay
from edge.storage.connection import open_connection
from edge.storage.people import coupons
from models.offers.facts import OfferFacts, target_of
from models.offers.features import describe_offers
from models.offers.learning import learn_offers
from models.offers.wallet import Wallet
from models.serving.open_bundle import Bundle
from models.serving.registry import BundleRegistry
from models.sources.journey import read_journey
from models.training.train import train
from tests.edge.api.services.goods import ANN, NOW, OFFERS, moment
from tests.edge.api.services.shop import Shop, open_shop
from tests.models.keys import signed
from tests.models.offers.coupon_town import build_coupon_town
from tests.models.town import SMALL, UNTIL, UNTIL_DAY

TODAY = moment().day
WALLET = Wallet().counting(TODAY - 20, 2).redeeming(TODAY - 6, (101, 102))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_coupon_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def bundle(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundle") / "out"
    train(source, out, UNTIL, 3, lambda _s, _d: None, SMALL)
    return signed(out)


@asynccontextmanager
async def shop_with_coupons(home: Path, bundle: Path) -> AsyncGenerator[Shop]:
    """Ann has used coupons before."""
    conn = open_connection(home / "storeside.db")
    coupons.save(conn, ANN, WALLET.to_bytes(), NOW)
    conn.close()
    async with open_shop(home, bundle) as shop:
        yield shop


async def live_through(home: Path, bundle: Path) -> None:
    async with shop_with_coupons(home, bundle) as shop:
        visit = await shop.visit()
        shop.clock.pass_by(30)
        await shop.show(visit.id)


@pytest.fixture
def lived(tmp_path: Path, bundle: Path) -> Path:
    asyncio.run(live_through(tmp_path, bundle))
    return tmp_path


def asked(shop: Shop) -> MadeDecision:
    person = shop.runtime.state.people.find(ANN, NOW)
    assert person is not None
    purpose = Purpose.PERSONALISE_PRIVATE
    return shop.runtime.state.decider.make(
        DecisionRequest(
            id=DecisionId("d-asked"),
            placement=PLACEMENTS["kiosk-home"],
            limit=6,
            at=NOW,
            person=person,
            purposes=frozenset({purpose}),
        )
    )


async def test_the_edge_says_what_a_plain_numpy_model_says(
    source: Path, bundle: Path, tmp_path: Path
) -> None:
    async with shop_with_coupons(tmp_path, bundle) as shop:
        made, ranker = asked(shop), shop.runtime.state.decider.ranker
    assert isinstance(ranker, Bundle)
    assert made.evidence.profile is not None
    model = learn_offers(source, read_journey(source), ranker.items, UNTIL_DAY).model
    assert model is not None
    items = [offer.items for offer in OFFERS]
    aims = [target_of(OfferFacts(items=np.array(one, np.int64)), ranker.items) for one in items]
    profile, history = made.evidence.profile, made.evidence.coupons
    expected = model.chances(describe_offers(profile, aims, history, ranker.items, TODAY))
    found = ranker.redemption(profile, items, history, TODAY)
    assert found is not None
    assert np.abs(found - expected).max() <= 1e-5
    points = {offer.id: chance * 10_000 for offer, chance in zip(OFFERS, expected, strict=True)}
    chosen = {c.offer: c.offer_points for c in made.decision.choices if c.offer is not None}
    assert chosen
    for offer, said in chosen.items():
        assert said == pytest.approx(points[offer], abs=0.6)


def test_decisions_with_offers_come_out_as_the_same_bytes(lived: Path) -> None:
    conn = open_connection(lived / "storeside.db")
    rows = conn.execute("SELECT digest FROM snapshots WHERE kind = 'coupons'").fetchall()
    assert len(rows) == 1
    conn.close()
    report = replay(
        lived / "storeside.db", BundleRegistry(lived / "models", lived / "model-keys")
    )
    assert report.replayed == report.identical >= 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DELETE FROM snapshots WHERE kind = 'coupons'", "is not there, or damaged"),
        (
            "UPDATE snapshots SET body = x'00' WHERE kind = 'coupons'",
            "is not there, or damaged",
        ),
    ],
)
def test_decisions_without_their_coupons_say_so(lived: Path, change: str, reason: str) -> None:
    conn = open_connection(lived / "storeside.db")
    assert conn.execute(change).rowcount == 1
    conn.close()
    report = replay(
        lived / "storeside.db", BundleRegistry(lived / "models", lived / "model-keys")
    )
    assert report.different
    assert all(said.startswith("coupons") for said in report.different.values())
    assert all(said.endswith(reason) for said in report.different.values())


async def test_what_is_decided_says_what_it_read_and_foresaw(
    bundle: Path, tmp_path: Path
) -> None:
    async with shop_with_coupons(tmp_path, bundle) as shop:
        await shop.visit()
        stored = shop.latest()
        said = str(shop.ears.said)
    inputs, made = decode_inputs(stored.inputs), decode_decision(stored.output)
    assert inputs.coupons is not None
    assert any(choice.offer_points is not None for choice in made.choices)
    assert "offer_points" not in said
    assert inputs.coupons not in said
