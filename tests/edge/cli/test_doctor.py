from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from string import Template

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr

from cloud_sync.hub.server import open_hub
from cloud_sync.hub.settings import HubSettings
from devices import broker
from devices.broker import BrokerChild
from edge.api.ops.metrics import StoreMetrics
from edge.api.views.overview import DeviceView, ModelView, Overview, StoreView
from edge.app.doctor import DoctorFinding, Grade
from edge.app.settings import HubLinkSettings as StoreHub
from edge.app.settings import Settings, load_settings
from edge.cli import doctor
from edge.cli.doctor import ask_broker, ask_device_clocks, ask_hub, ask_service
from edge.cli.lock_file import is_occupied, occupied
from edge.domain.errors import NotProvisioned
from tests.edge.builders import NOW
from tests.edge.cli.conftest import Cli, write_config

KEY = "k" * 20


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_ANSWER_WITHIN_S", 1.0)


async def asked(settings: Settings, check: str) -> DoctorFinding:
    if check == "service":
        return ask_service(settings)
    if check == "clocks":
        return ask_device_clocks(settings)
    return await (ask_broker(settings) if check == "broker" else ask_hub(settings))


@pytest.fixture
def settings(store: Path) -> Settings:
    return load_settings(store / "storeside.toml")


@pytest.fixture
async def served(store: Path) -> AsyncIterator[Settings]:
    async with BrokerChild(store / "fleet") as running:
        yield load_settings(write_config(store, port=running.port))


def test_everything_is_told_with_its_mend(cli: Cli, store: Path) -> None:
    said = cli("doctor", "--dir", store)
    assert said.code == 1
    assert "broker at 127.0.0.1:1:" in said.out
    assert "systemctl status storeside-broker" in said.out
    assert "OK     secrets" in said.out


def test_programs_get_one_document(cli: Cli, store: Path) -> None:
    found = cli("doctor", "--dir", store, "--json").document
    assert found["ok"] is False
    assert {"settings", "python", "database", "broker", "hub", "service"} <= {
        one["check"] for one in found["checks"]
    }


def test_unusable_settings_are_the_only_finding(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "storeside.toml"
    file.write_text("colour = 'red'")
    (found,) = cli("doctor", "--config", file, "--json").document["checks"]
    assert (found["check"], found["grade"]) == ("settings", "blocks")


async def test_a_broker_with_our_accounts_and_rules_is_well(served: Settings) -> None:
    found = await asked(served, "broker")
    assert found.grade is Grade.OK
    assert "doctor-" not in (served.fleet / "fleet.json").read_text()


async def test_a_broker_with_other_rules_blocks(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lawless = broker.TEMPLATE.template.replace("acl_file $folder/acl\n", "")
    monkeypatch.setattr(broker, "TEMPLATE", Template(lawless))
    async with BrokerChild(store / "fleet") as running:
        found = await asked(load_settings(write_config(store, port=running.port)), "broker")
    assert found.grade is Grade.BLOCKS
    assert "another device's topic" in found.says


async def test_a_store_without_a_hub_is_warned_of(settings: Settings) -> None:
    assert (await asked(settings, "hub")).grade is Grade.WARN


async def test_a_hub_that_knows_the_key_is_well(settings: Settings, tmp_path: Path) -> None:
    keys = {"store-1": SecretStr(KEY)}
    central = HubSettings(
        port=0,
        data_dir=tmp_path / "hub",
        store_keys=keys,
        central_key=SecretStr("c" * 20),
    )
    (tmp_path / "key").write_text(f"{KEY}\n")
    (tmp_path / "hub").mkdir()
    async with open_hub(central) as port:
        hub = StoreHub(url=f"http://127.0.0.1:{port}", key_file=tmp_path / "key")
        assert (await asked(settings.model_copy(update={"hub": hub}), "hub")).grade is Grade.OK
        (tmp_path / "key").write_text("another key, long enough")
        assert "401" in (await asked(settings.model_copy(update={"hub": hub}), "hub")).says


async def test_a_hub_away_is_warned_of(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    hub = StoreHub(url="http://127.0.0.1:1", key_file=tmp_path / "key")
    found = await asked(settings.model_copy(update={"hub": hub}), "hub")
    assert found.grade is Grade.WARN
    assert "in the outbox" in found.says


async def test_a_hub_without_a_key_file_blocks(settings: Settings, tmp_path: Path) -> None:
    hub = StoreHub(url="http://127.0.0.1:1", key_file=tmp_path / "none")
    assert (await asked(settings.model_copy(update={"hub": hub}), "hub")).grade is Grade.BLOCKS


async def test_a_service_that_does_not_run_is_warned_of(settings: Settings) -> None:
    assert (await asked(settings, "service")).grade is Grade.WARN
    assert (await asked(settings, "clocks")).grade is Grade.OK


class Seen:
    """An overview of one moment."""

    def __init__(self, view: Overview) -> None:
        self.view = view

    def now(self) -> Overview:
        return self.view


class TestARunningService:
    @pytest.fixture(autouse=True)
    def running(self, store: Path) -> Iterator[None]:
        with occupied(store):
            yield

    async def ready(
        self,
        settings: Settings,
        check: str = "service",
        *,
        missing: tuple[str, ...] = (),
        metrics: str = "",
    ) -> DoctorFinding:
        """What is found while something answers for the service."""

        async def answer(_request: web.Request) -> web.Response:
            checks = {name: name not in missing for name in ("broker", "clock")}
            return web.json_response({"checks": checks}, status=503 if missing else 200)

        async def figures(_request: web.Request) -> web.Response:
            return web.Response(text=metrics)

        app = web.Application()
        app.router.add_get("/readyz", answer)
        app.router.add_get("/metrics", figures)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        facts = {"host": "127.0.0.1", "http": runner.addresses[0][1]}
        (settings.data_dir / "run.json").write_text(json.dumps(facts))
        try:
            return await asyncio.to_thread(lambda: asyncio.run(asked(settings, check)))
        finally:
            await runner.cleanup()

    async def test_one_that_is_ready_is_well(self, settings: Settings) -> None:
        assert (await self.ready(settings)).grade is Grade.OK

    async def test_one_that_lacks_something_blocks(self, settings: Settings) -> None:
        found = await self.ready(settings, missing=("broker", "clock"))
        assert found.grade is Grade.BLOCKS
        assert found.says.endswith(": broker, clock")

    async def test_a_clock_that_leapt_is_warned_of_with_its_mend(
        self, settings: Settings
    ) -> None:
        found = await self.ready(settings, missing=("clock",))
        assert found.grade is Grade.WARN
        assert "timedatectl" in str(found.mend)

    @pytest.mark.parametrize(
        ("off_s", "grade"),
        [(0, Grade.OK), (-60, Grade.OK), (61.5, Grade.WARN), (-7200, Grade.WARN)],
    )
    async def test_a_device_whose_clock_is_off_by_more_than_a_minute_is_warned_of(
        self, settings: Settings, off_s: float, grade: Grade
    ) -> None:
        view = Overview(
            store=StoreView(
                id="s",
                name="S",
                market="us",
                clock=NOW,
                demo=False,
                currency="USD",
                currency_exponent=2,
                locale="en-US",
            ),
            devices=(
                DeviceView(name="till-1", device_class="pos", clock_off_s=off_s),
                DeviceView(name="gw-1", device_class="beacon-gw"),
            ),
            model=ModelView(label="m"),
        )
        registry = CollectorRegistry()
        registry.register(StoreMetrics(Seen(view)))  # type: ignore[arg-type]  # an overview is what it is asked for
        metrics = generate_latest(registry).decode()
        found = await self.ready(settings, "clocks", metrics=metrics)
        assert found.grade is grade
        assert ("class pos" in found.says) == (grade is Grade.WARN)

    async def test_one_that_tells_no_figures_is_warned_of(self, settings: Settings) -> None:
        (settings.data_dir / "run.json").write_text("{}")
        assert (await asked(settings, "clocks")).grade is Grade.WARN

    async def test_one_that_does_not_answer_blocks(self, settings: Settings) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            facts = {"host": "127.0.0.1", "http": unused.getsockname()[1]}
        (settings.data_dir / "run.json").write_text(json.dumps(facts))
        found = await asked(settings, "service")
        assert found.grade is Grade.BLOCKS
        assert "not answer" in found.says

    def test_a_second_service_is_refused(self, store: Path) -> None:
        assert is_occupied(store)
        with pytest.raises(NotProvisioned, match="runs on"), occupied(store):
            pass


def test_a_folder_is_free_again_once_its_service_ended(store: Path) -> None:
    with occupied(store):
        pass
    assert not is_occupied(store)
    assert not is_occupied(store.parent)
