from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from devices.broker import BrokerChild
from devices.messages import Ask
from edge.app import bootstrap
from edge.app.bootstrap import Bootstrap
from edge.app.settings import Settings
from edge.domain.errors import NotProvisioned, StorageFailed
from edge.pipeline.runtime import Runtime
from edge.pipeline.supervisor import Supervisor
from edge.storage.catalogue import products
from edge.storage.operations import box_facts, withdrawn_models
from models.serving.local_fallback import LocalFallback
from models.serving.open_bundle import open_bundle
from models.serving.registry import BundleRegistry
from models.training.train import train
from tests.models.keys import TRUST, signed, trusting
from tests.models.town import SMALL, UNTIL, build_town


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    for name in ("store", "ticket"):
        (tmp_path / "secrets" / f"{name}.key").write_text(secrets.token_hex(32))
    return tmp_path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    train(build_town(folder / "town"), folder / "out", UNTIL, 3, lambda _s, _d: None, SMALL)
    return signed(folder / "out")


def settings(folder: Path, **changed: Any) -> Settings:
    given = {
        "store": {"id": "s1", "market": "US", "time_zone": "America/New_York"},
        "http": {"port": 0},
        "model": {"fallback": True},
    }
    return Settings(data_dir=folder, **{**given, **changed})


@asynccontextmanager
async def opened(folder: Path, **changed: Any) -> AsyncIterator[tuple[Bootstrap, Runtime]]:
    """A store with its own broker."""
    plain = settings(folder)
    # The broker reads the accounts that the fleet keeps; the first one makes the files.
    store = Bootstrap(plain)
    store.fleet.service()
    async with BrokerChild(plain.fleet) as broker, AsyncExitStack() as stack:
        store = Bootstrap(settings(folder, mqtt={"port": broker.port}, **changed))
        yield store, await store.open(stack)


async def test_a_store_opens_with_every_part_and_counts_its_starts(folder: Path) -> None:
    for start in (1, 2):
        async with opened(folder) as (store, runtime):
            assert runtime.database.read(lambda conn: box_facts.find(conn, "boots")) == str(
                start
            )
            assert (runtime.facts.store, runtime.facts.demo, runtime.facts.market.market) == (
                "s1",
                False,
                "US",
            )
            assert (runtime.uplink, runtime.downlink) == (None, None)
            assert runtime.state.catalogue.in_force is not None
            jobs = store.jobs(runtime)
            site = store.site(runtime, Supervisor({}))
            assert (site.version, site.feed) == (runtime.facts.version, store.feed)
            assert all(group.operations() for group in site.routes)
            assert "retention" in jobs.by_name()


async def test_ids_are_fresh_lower_case_and_sort_by_their_making(folder: Path) -> None:
    async with opened(folder) as (_, runtime):
        visits = [runtime.pipeline.takedown.new_visit_id() for _ in range(50)]
        assert len(set(visits)) == 50
        assert all(v.startswith("v-") and v == v.lower() for v in visits)


async def test_an_empty_store_answers_with_nothing_and_not_with_an_error(folder: Path) -> None:
    class Till:
        device = "till-1"
        device_class = "pos"

    async with opened(folder) as (_, runtime):
        requests = runtime.pipeline.decision_requests
        answer = await requests.answer(Till(), Ask(placement="till-addon"))  # type: ignore[arg-type]  # a plain name
        assert (answer.kind, answer.items) == ("fallback", ())


async def test_a_store_without_a_model_says_which_command_mends_it(folder: Path) -> None:
    with pytest.raises(NotProvisioned) as missing:
        async with opened(folder, model={"fallback": False}):
            pass
    assert "models activate" in (missing.value.hint or "")


async def test_a_store_without_secrets_does_not_open(tmp_path: Path) -> None:
    with pytest.raises(NotProvisioned):
        Bootstrap(settings(tmp_path))


async def test_a_hub_without_a_key_does_not_open(folder: Path) -> None:
    with pytest.raises(NotProvisioned):
        async with opened(folder, hub={"url": "http://127.0.0.1:9"}):
            pass


async def test_a_model_comes_into_use_while_the_store_runs_and_a_broken_one_does_not(
    folder: Path, bundle: Path
) -> None:
    async with opened(folder) as (store, runtime):
        jobs = store.jobs(runtime)
        assert runtime.state.decider.ranker.label == LocalFallback.label
        trusting(folder)
        store.bundles.activate(bundle)
        await jobs.commands.reload_model()  # what a bell of `models activate` does
        assert runtime.state.decider.ranker.label.startswith("town@")
        ranker = runtime.state.decider.ranker
        for file in store.settings.bundles.rglob("*.onnx"):
            file.chmod(0o600)
            file.write_bytes(b"broken")
        with capture_logs() as logs:
            await jobs.commands.reload_model()  # what a bell would ring
        assert runtime.state.decider.ranker is ranker
        assert [log["event"] for log in logs] == ["model refused"]


async def test_a_model_that_is_withdrawn_is_let_go_of_while_the_store_runs(
    folder: Path, bundle: Path
) -> None:
    BundleRegistry(settings(folder).bundles, trusting(folder)).activate(bundle)
    async with opened(folder) as (store, runtime):
        jobs = store.jobs(runtime)
        digest = runtime.state.decider.ranker.digest
        await runtime.database.write(lambda conn: withdrawn_models.know(conn, digest, {}))
        await jobs.commands.reload_model()  # what the bell of the withdrawal does
        assert runtime.state.decider.ranker.label == LocalFallback.label
    async with opened(folder) as (_, runtime):
        assert runtime.state.decider.ranker.label == LocalFallback.label


async def test_a_model_that_knows_little_of_the_goods_does_not_answer(
    folder: Path, bundle: Path
) -> None:
    BundleRegistry(settings(folder).bundles, trusting(folder)).activate(bundle)
    known = [str(key) for key in open_bundle(bundle, TRUST).items.keys[:4].tolist()]
    for own, answers in ((16, LocalFallback.label), (4, "town@2017.05.21")):
        # Of twenty products four are known, then four of eight.
        goods = [*known, *(f"own-{n}" for n in range(own))]
        async with opened(folder) as (_, runtime):
            await runtime.database.write(partial(sell, goods=goods))
            await runtime.pipeline.catalogue_refresh.restock()
            decider = runtime.state.decider
            assert decider.coverage == pytest.approx(4 / len(goods))
            assert decider.answering.label == answers


def sell(conn: sqlite3.Connection, goods: list[str]) -> None:
    """These products and no others."""
    products.delete(conn, list(products.skus(conn).values()))
    blank = {"name": "thing", "category": "c", "department": "d", "price_cents": 1}
    products.upsert(conn, [{"sku": sku, **blank} for sku in goods])


async def test_a_broken_model_at_the_start_is_answered_for(folder: Path, bundle: Path) -> None:
    bundles = BundleRegistry(settings(folder).bundles, trusting(folder))
    bundles.activate(bundle)
    for file in bundles.root.rglob("*.onnx"):
        file.chmod(0o600)
        file.write_bytes(b"broken")
    with capture_logs() as logs:
        async with opened(folder, model={"fallback": False}) as (_, runtime):
            assert runtime.state.decider.ranker.label == LocalFallback.label
    assert "model refused" in [log["event"] for log in logs]


async def test_a_model_whose_key_is_no_longer_trusted_is_answered_for(
    folder: Path, bundle: Path
) -> None:
    keys = trusting(folder)
    BundleRegistry(settings(folder).bundles, keys).activate(bundle)
    shutil.rmtree(keys)
    with capture_logs() as logs:
        async with opened(folder, model={"fallback": False}) as (_, runtime):
            assert runtime.state.decider.ranker.label == LocalFallback.label
    assert any("untrusted" in log.get("reason", "") for log in logs)


def test_a_disk_that_did_not_take_a_write_ends_the_process_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = list[int]()
    monkeypatch.setattr("os._exit", ended.append)
    with capture_logs() as logs:
        bootstrap._end_at_once(StorageFailed("the disk"))  # noqa: SLF001 - what the database is given
    assert ended == [70]
    assert [log["log_level"] for log in logs] == ["critical"]
