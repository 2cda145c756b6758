from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.api.services.decision_records import StoredRecords
from edge.domain.customer import greeting_alias
from edge.domain.ids import DecisionId
from edge.domain.transitions.visit_end import ended
from edge.domain.visit import EndReason
from edge.storage.catalogue import offers
from edge.storage.change_set import ChangeSet
from models.bundle.manifest import MANIFEST
from models.training.train import train
from tests.edge.api.services.goods import ANN, NOW, OFFERS
from tests.edge.api.services.shop import Shop
from tests.models.keys import signed, trusting
from tests.models.town import SMALL, UNTIL, build_town


@pytest.fixture
async def records(shop: Shop) -> StoredRecords:
    await shop.visit()
    return StoredRecords(shop.runtime)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    train(build_town(folder / "town"), folder / "out", UNTIL, 3, lambda _s, _d: None, SMALL)
    return signed(folder / "out")


async def test_a_decision_comes_with_its_reasons_and_its_time(
    shop: Shop, records: StoredRecords
) -> None:
    found = await records.decision(shop.latest().id)
    assert found is not None
    assert "Whole milk (101): chance" in found.words
    assert found.decision["placement"] == "kiosk-home"
    assert found.inputs["hour"] == 12
    assert found.timing["core_ms"] == shop.latest().core_us / 1_000 > 0


async def test_a_decision_nobody_made_is_not_there(records: StoredRecords) -> None:
    assert await records.decision(DecisionId("d-none")) is None


async def test_no_record_holds_a_token(shop: Shop, records: StoredRecords) -> None:
    found = await records.decision(shop.latest().id)
    assert found is not None
    assert ANN not in found.model_dump_json()
    assert found.decision["who"] == found.inputs["who"] == greeting_alias(ANN)


async def test_without_a_catalogue_products_go_by_their_number(
    shop: Shop, records: StoredRecords
) -> None:
    shop.runtime.state.catalogue.in_force = None
    found = await records.decision(shop.latest().id)
    assert found is not None
    assert "article 101" in found.words


async def test_a_record_is_plain_json(shop: Shop, records: StoredRecords) -> None:
    found = await records.decision(shop.latest().id)
    assert found is not None
    assert json.loads(found.model_dump_json())["decision"]["choices"]


async def test_visits_come_latest_first_under_invented_names(
    shop: Shop, records: StoredRecords
) -> None:
    (visit,) = shop.runtime.in_store.presence.visits
    shop.clock.pass_by(60)
    await shop.runtime.pipeline.executor.execute(
        ended(visit, EndReason.IDLE, shop.clock.now()), ChangeSet(at=NOW)
    )
    await shop.visit(None, id="v-02-zzzzzz")
    latest, first = await records.visits()
    assert (latest.visit, latest.who, latest.ended) == ("zzzzzz", "anonymous", None)
    assert (first.visit, first.who, first.ended) == ("annann", greeting_alias(ANN), "idle")
    assert first.ended_at is not None


async def test_devices_are_those_provisioned(records: StoredRecords) -> None:
    assert [device.name for device in await records.devices()] == ["display-1", "kiosk-1"]


async def test_an_offer_is_live_between_its_dates(shop: Shop, records: StoredRecords) -> None:
    assert [o.live for o in await records.offers()] == [True, True]
    shop.clock.at = OFFERS[0].ends_at
    found = await records.offers()
    assert [(o.id, o.live, o.items) for o in found] == [
        ("o-milk", False, 1),
        ("o-soap", False, 1),
    ]


async def test_an_offer_withdrawn_by_the_centre_is_gone(
    shop: Shop, records: StoredRecords
) -> None:
    await shop.runtime.database.write(lambda conn: offers.delete(conn, [OFFERS[0].id]))
    assert [o.id for o in await records.offers()] == ["o-soap"]


async def test_an_empty_shelf_lists_nothing(records: StoredRecords) -> None:
    assert await records.models() == ()


async def test_bundles_are_listed_with_the_one_in_use(
    shop: Shop, records: StoredRecords, bundle: Path
) -> None:
    trusting(shop.path.parent)
    shop.runtime.bundles.activate(bundle)
    (found,) = await records.models()
    assert found.label.startswith("town@")
    assert found.active
    assert found.created_at is not None


async def test_a_damaged_bundle_does_not_break_the_page(
    shop: Shop, records: StoredRecords, bundle: Path
) -> None:
    trusting(shop.path.parent)
    (shop.runtime.bundles.activate(bundle) / MANIFEST).write_text("{")
    (found,) = await records.models()
    assert (found.label, found.active) == ("damaged (signature)", True)
