from __future__ import annotations

import asyncio
import re
import shutil
import zlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from devices.messages import Ask, Feedback, FeedbackAction
from edge.decision.codec import decode_decision, decode_inputs
from edge.domain.errors import StorageFailed
from edge.domain.ids import DecisionId, digest_of
from edge.state.replay import ReplayReport, replay
from edge.storage.catalogue import promotions
from edge.storage.connection import open_connection
from edge.storage.decisions import decisions
from models.items import item_key, place_number
from models.serving import local_fallback
from models.serving.local_fallback import LocalFallback
from models.serving.open_bundle import open_bundle
from models.serving.registry import BundleRegistry
from models.training.train import train
from tests.edge.api.services.goods import ANN, BEN, NOW
from tests.edge.api.services.shop import KIOSK, STORE, Shop, open_shop
from tests.edge.builders import event
from tests.edge.pipeline.test_caps import Device
from tests.models.keys import TRUST, signed
from tests.models.town import SMALL, UNTIL, build_town

Edit = Callable[[bytes], bytes]


async def live_through(home: Path, bundle: Path | None = None) -> Path:
    """A shop in which Ann, Ben and nobody were decided for, closed again."""
    async with open_shop(home, bundle) as shop:
        for token in (ANN, BEN, None):
            visit = await shop.visit(token)
            shop.clock.pass_by(30)
            await shop.show(visit.id)
    return home


async def touch(shop: Shop, decision: str, item: str) -> None:
    """Somebody looks closer at an item of the kiosk's."""
    said = Feedback(decision_id=decision, item_id=item, action=FeedbackAction.TOUCH)
    heard = event(said, KIOSK, name=f"{decision}-{item}", at=shop.clock.now())
    assert (await shop.runtime.pipeline.intake.accept(heard)).accepted


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(live_through(tmp_path_factory.mktemp("lived")))


@pytest.fixture
def folder(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "home"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    train(build_town(folder / "town"), folder / "out", UNTIL, 3, lambda _s, _d: None, SMALL)
    return signed(folder / "out")


def again(folder: Path) -> ReplayReport:
    return replay(
        folder / "storeside.db", BundleRegistry(folder / "models", folder / "model-keys")
    )


def change(folder: Path, statement: str, *values: object) -> None:
    conn = open_connection(folder / "storeside.db")
    assert conn.execute(statement, values).rowcount > 0
    conn.close()


def edit(folder: Path, column: str, id_: str, change_it: Edit) -> None:
    """Change the stored bytes of one decision as the file keeps them."""
    conn = open_connection(folder / "storeside.db")
    where = f"FROM decisions WHERE id = '{id_}'"
    before = conn.execute(f"SELECT {column} {where}").fetchone()[0]
    conn.execute(f"UPDATE decisions SET {column} = ? WHERE id = ?", (change_it(before), id_))  # noqa: S608
    conn.close()


def repacked(change_it: Edit) -> Edit:
    return lambda packed: zlib.compress(change_it(zlib.decompress(packed)), 1)


def renamed(kind: str, digest: str, inputs: bytes) -> bytes:
    """The inputs with another snapshot named in them."""
    return re.sub(rf'"{kind}":"[0-9a-f]+"', f'"{kind}":"{digest}"', inputs.decode()).encode()


def of_ann(folder: Path) -> set[str]:
    """Decisions that read habits; Ben has none, and the others are nobody's."""
    conn = open_connection(folder / "storeside.db")
    rows = conn.execute("SELECT id FROM decisions WHERE token = ?", (ANN,)).fetchall()
    conn.close()
    return {row[0] for row in rows}


def first_id(folder: Path) -> DecisionId:
    conn = open_connection(folder / "storeside.db")
    found = decisions.since(conn, NOW, 1)[0].id
    conn.close()
    return found


def test_every_stored_decision_comes_out_as_the_same_bytes(folder: Path) -> None:
    report = again(folder)
    assert report.replayed == report.identical >= 5
    assert not report.different
    assert of_ann(folder)


async def test_decisions_of_a_trained_bundle_come_out_the_same(
    bundle: Path, tmp_path: Path
) -> None:
    folder = await live_through(tmp_path, bundle)
    report = again(folder)
    assert report.replayed == report.identical >= 5


async def test_decisions_made_beside_promotions_come_out_the_same(
    bundle: Path, tmp_path: Path
) -> None:
    day = str(NOW.date())
    async with open_shop(tmp_path, bundle) as shop:
        database, sold = shop.runtime.database, shop.runtime.state.catalogue
        assert sold.in_force is not None
        row = {"display": "7", "mailer": "A", "from": day, "until": day}
        rows: dict[str, dict[str, str]] = {
            p.sku: {"sku": p.sku, **row} for p in sold.products.values()
        }
        await database.write(lambda conn: promotions.upsert(conn, rows))
        await shop.runtime.pipeline.catalogue_refresh.restock()
        visit = await shop.visit(ANN)
        await shop.show(visit.id)
        made = decode_inputs(shop.latest().inputs)
    assert made.place == place_number(item_key(STORE))
    assert len(sold.in_force.promotions) == len(rows)
    report = again(tmp_path)
    assert report.replayed == report.identical >= 1


@pytest.mark.parametrize("with_bundle", [False, True])
async def test_what_others_looked_at_too_is_listed_and_comes_out_the_same(
    bundle: Path, tmp_path: Path, *, with_bundle: bool
) -> None:
    path = bundle if with_bundle else None
    async with open_shop(tmp_path, path, kiosk_home="also-viewed") as shop:
        looked = set[str]()
        for _ in range(12):
            ask = Ask(placement="kiosk-home")
            show = await shop.runtime.pipeline.decision_requests.answer(
                Device(KIOSK, "kiosk"), ask
            )
            for item in show.items:
                looked.add(item.item_id)
                await touch(shop, show.decision_id, item.item_id)
            shop.clock.pass_by(150)
        await shop.visit(ANN)
        before = decode_decision(shop.latest().output)
        own = next(slot.sku for slot in before.slots if slot.sku in looked)
        await touch(shop, before.id, own)
        await shop.show()
        stored = shop.latest()
        made, inputs = decode_decision(stored.output), decode_inputs(stored.inputs)
    assert (before.strategy, made.strategy) == ("chance", "also-viewed")
    assert inputs.viewed == (item_key(own),)
    assert inputs.co_views is not None
    answering = open_bundle(bundle, TRUST).digest if with_bundle else LocalFallback.digest
    assert inputs.model == answering
    assert made.choices[0].sku in looked - {own}
    report = again(tmp_path)
    assert report.replayed == report.identical >= 15
    change(tmp_path, "DELETE FROM snapshots WHERE digest = ?", inputs.co_views)
    assert again(tmp_path).different[made.id].startswith("co-views ")


async def test_a_model_that_is_gone_is_named(bundle: Path, tmp_path: Path) -> None:
    folder = await live_through(tmp_path, bundle)
    (folder / "models").rename(folder / "lost")
    reasons = set(again(folder).different.values())
    digest = open_bundle(bundle, TRUST).digest
    assert len(reasons) == 1
    assert f"model {digest[:12]}" in reasons.pop()


def test_a_copied_folder_replays_and_nothing_is_made_in_it(
    folder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    before = sorted(copy.rglob("*"))
    assert again(copy) == again(folder)
    assert sorted(copy.rglob("*")) == before


async def test_a_running_service_does_not_matter(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.visit()
        assert again(tmp_path).identical == 2
        await shop.show()
        assert again(tmp_path).identical == 3


def test_exactly_the_decision_with_one_changed_byte_differs(folder: Path) -> None:
    id_ = first_id(folder)
    edit(folder, "output", id_, repacked(lambda b: b.replace(b"Picked", b"Packed") + b" "))
    report = again(folder)
    assert dict(report.different) == {id_: "the bytes differ"}
    assert report.identical == report.replayed - 1


def test_bytes_damaged_on_disk_are_named(folder: Path) -> None:
    id_ = first_id(folder)
    edit(folder, "output", id_, lambda b: b[:20] + bytes([b[20] ^ 1]) + b[21:])
    (reason,) = again(folder).different.values()
    assert "damaged" in reason or "differ" in reason


def test_inputs_that_are_not_ours_are_named(folder: Path) -> None:
    id_ = first_id(folder)
    edit(folder, "inputs", id_, repacked(lambda _: b'{"not":"inputs"}'))
    different = again(folder).different
    assert different.keys() == {id_}
    assert "inputs" in different[id_]


def test_changed_inputs_are_noticed(folder: Path) -> None:
    id_ = first_id(folder)
    edit(folder, "inputs", id_, repacked(lambda b: b.replace(b'"hour":12', b'"hour":13')))
    assert dict(again(folder).different) == {id_: "the bytes differ"}


def test_a_placement_that_no_longer_exists_is_named(folder: Path) -> None:
    id_ = first_id(folder)
    edit(folder, "inputs", id_, repacked(lambda b: b.replace(b'"arrival"', b'"gone"')))
    different = again(folder).different
    assert different.keys() == {id_}
    assert different[id_].endswith(": KeyError")


def test_another_weight_changes_exactly_what_it_scored(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_fallback, "_TRUST_TRIPS", 4.0)
    assert set(again(folder).different) == of_ann(folder)


@pytest.mark.parametrize("kind", ["profile", "trend", "catalogue", "pairs"])
def test_a_missing_snapshot_is_named(folder: Path, kind: str) -> None:
    change(folder, "DELETE FROM snapshots WHERE kind = ?", kind)
    report = again(folder)
    assert report.different
    assert all(
        r.startswith(f"{kind} ") and r.endswith("damaged") for r in report.different.values()
    )


@pytest.mark.parametrize("kind", ["profile", "trend", "catalogue"])
def test_a_snapshot_of_another_make_is_named(folder: Path, kind: str) -> None:
    body = b"of another make"
    digest = digest_of(body)
    for id_ in of_ann(folder):
        edit(folder, "inputs", id_, repacked(partial(renamed, kind, digest)))
    change(
        folder,
        "INSERT INTO snapshots (digest, token, kind, body, used_us) VALUES (?, '', ?, ?, 0)",
        digest,
        kind,
        zlib.compress(body),
    )
    reason = f"{kind} {digest[:12]} cannot be read"
    assert dict(again(folder).different) == dict.fromkeys(of_ann(folder), reason)


def test_little_room_for_what_is_open_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.state.replay._OPEN", 1)
    report = again(folder)
    assert report.replayed == report.identical


def test_only_decisions_since_are_made_again(folder: Path) -> None:
    later = NOW + timedelta(seconds=45)
    part = replay(
        folder / "storeside.db", BundleRegistry(folder / "models", folder / "model-keys"), later
    )
    assert 0 < part.replayed < again(folder).replayed


def test_progress_is_told_to_the_end(folder: Path) -> None:
    told = list[tuple[int, int]]()
    bundles = BundleRegistry(folder / "models", folder / "model-keys")
    replay(folder / "storeside.db", bundles, progress=lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1] == len(told)


def test_the_report_reads_as_the_contract_says(folder: Path) -> None:
    id_ = first_id(folder)
    edit(folder, "output", id_, repacked(lambda b: b + b" "))
    told = again(folder).as_json()
    assert told["different"] == [id_]
    assert told["reasons"] == {id_: "the bytes differ"}


def test_what_is_let_go_meanwhile_is_not_counted(folder: Path) -> None:
    def let_go(done: int, _of: int) -> None:
        if done == 1:
            change(folder, "DELETE FROM decisions WHERE at_us > 0")

    open_connection(folder / "storeside.db")
    report = replay(
        folder / "storeside.db",
        BundleRegistry(folder / "models", folder / "model-keys"),
        progress=let_go,
    )
    assert (report.replayed, report.identical) == (1, 1)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="cannot read"):
        replay(tmp_path / "none.db", BundleRegistry(tmp_path))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageFailed, match="cannot read"):
        replay(tmp_path / "x.db", BundleRegistry(tmp_path))
