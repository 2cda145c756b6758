"""The real command in its own process, beside a real broker."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from devices.broker import BrokerChild
from edge.app.settings import load_settings
from edge.cli.run import run_until_told
from edge.domain.ids import Sku
from edge.storage.catalogue import stock
from edge.storage.connection import open_connection
from tests.edge.api.services.goods import ANN
from tests.edge.cli.conftest import on_disk, write_config
from tests.edge.storage import stored
from tests.patience import patient

_READY_WITHIN_S = 30
_STOP_WITHIN_S = 5


# Belong to commands, workers and trials.
_NOT_IN_AN_OPEN_STORE = (
    "edge.lab",
    "models.sources",
    "models.training",
    "models.evaluation",
    "models.out_of_core",
    "models.causal",
)
# The real command, which says at its end what it had loaded.
_TELLS_ITS_MODULES = """
import atexit, json, sys
from edge.cli.program import call
atexit.register(lambda: print(json.dumps(sorted(sys.modules))))
sys.exit(call(sys.argv[1:]))
"""


async def start(*words: object) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "edge", *map(str, words), stdout=PIPE, stderr=PIPE
    )


async def finished(*words: object) -> tuple[int, str, str]:
    process = await start(*words)
    out, err = await process.communicate()
    return int(process.returncode or 0), out.decode(), err.decode()


async def first_line(process: Process) -> dict[str, object]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), patient(_READY_WITHIN_S))
    if not line:
        pytest.fail((await process.communicate())[1].decode())
    found: dict[str, object] = json.loads(line)
    return found


@pytest.fixture
async def broker(shop: Path) -> AsyncIterator[BrokerChild]:
    async with BrokerChild(shop / "fleet") as running:
        yield running


@pytest.fixture
async def service(shop: Path, broker: BrokerChild) -> AsyncIterator[Process]:
    write_config(shop, port=broker.port)
    process = await start("run", "--dir", shop)
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def is_ready(port: object) -> bool:
    address = f"http://127.0.0.1:{port}/readyz"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return bool((await answer.json())["ready"])


async def test_a_service_is_ready_and_stops_cleanly_when_told(
    shop: Path, service: Process
) -> None:
    facts = await first_line(service)
    assert facts["pid"] == service.pid
    async with asyncio.timeout(patient(_READY_WITHIN_S)):
        while not await is_ready(facts["http"]):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.05)
    asked_at = time.monotonic()
    service.send_signal(signal.SIGTERM)
    service.send_signal(signal.SIGINT)
    out, err = await service.communicate()
    assert (service.returncode, out) == (0, b"")
    assert time.monotonic() - asked_at < patient(_STOP_WITHIN_S)
    assert all(json.loads(line) for line in err.splitlines())
    assert not (shop / "run.json").exists()


async def test_an_open_store_loads_nothing_of_the_lab_and_nothing_that_trains(
    shop: Path, broker: BrokerChild
) -> None:
    write_config(shop, port=broker.port)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _TELLS_ITS_MODULES, "run", "--dir", shop, stdout=PIPE, stderr=PIPE
    )
    try:
        facts = await first_line(process)
        async with asyncio.timeout(patient(_READY_WITHIN_S)):
            while not await is_ready(facts["http"]):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()
    loaded: list[str] = json.loads(out)
    assert {"edge.pipeline.executor", "models.serving.ranker"} <= set(loaded)
    assert [name for name in loaded if name.startswith(_NOT_IN_AN_OPEN_STORE)] == []


async def test_a_service_runs_until_the_first_signal(shop: Path, broker: BrokerChild) -> None:
    settings = load_settings(write_config(shop, port=broker.port))
    running = asyncio.create_task(run_until_told(settings))
    async with asyncio.timeout(patient(_READY_WITHIN_S)):
        while not (shop / "run.json").exists():  # noqa: ASYNC110 - it is written when all answers
            await asyncio.sleep(0.02)
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    assert not (shop / "run.json").exists()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


async def test_commands_act_on_a_running_store(shop: Path, service: Process) -> None:
    await first_line(service)
    _, out, _ = await finished("doctor", "--dir", shop, "--json")
    blocked = {one["check"] for one in json.loads(out)["checks"] if one["grade"] == "blocks"}
    # What Ann was shown has a fixed date, which may lie ahead of the clock.
    assert blocked <= {"clock"}
    code, out, err = await finished("privacy", "erase", ANN, "--dir", shop)
    assert (code, err) == (0, "")
    assert ANN.encode() not in on_disk(shop)
    code, _, err = await finished("run", "--dir", shop)
    assert code == 1
    assert "service runs on" in err


async def test_a_store_never_set_up_names_the_command_that_mends(tmp_path: Path) -> None:
    code, out, err = await finished("run", "--config", write_config(tmp_path / "new"))
    assert (code, out) == (1, "")
    assert "init --config FILE" in err


async def test_a_missing_secret_names_the_command_that_mends(store: Path) -> None:
    (store / "secrets" / "ticket.key").unlink()
    code, out, err = await finished("run", "--dir", store)
    assert (code, out) == (1, "")
    assert "ticket.key is missing" in err


async def test_init_makes_a_store_that_can_be_filled(tmp_path: Path) -> None:
    file = write_config(tmp_path / "new")
    assert (await finished("init", "--config", file))[0] == 0
    people = tmp_path / "people.jsonl"
    people.write_text(
        json.dumps({"token": "c-abcd", "identifiers": {"email": "ann@shop.test"}})
    )
    code, out, _ = await finished("customers", "import", people, "--config", file, "--json")
    assert (code, json.loads(out)["imported"]) == (0, 1)
    with closing(open_connection(tmp_path / "new" / "storeside.db")) as conn:
        assert stored.count(conn, "customers") == 1


async def test_a_hub_says_its_port_and_stops_cleanly(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    file = tmp_path / "hub.toml"
    file.write_text(
        f'port = 0\ndata_dir = "{tmp_path / "hub"}"\ncentral_key = "{"c" * 20}"\n'
        f'[store_keys]\nstore-1 = "{"k" * 20}"\n'
    )
    process = await start("hub", "--config", file)
    assert (await first_line(process))["port"]
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


async def test_a_hub_without_settings_is_refused(tmp_path: Path) -> None:
    code, out, err = await finished("hub", "--config", tmp_path / "none.toml")
    assert (code, out) == (1, "")
    assert "none.toml" in err


async def test_goods_are_sold_by_a_running_store_as_soon_as_they_are_imported(
    shop: Path, service: Process
) -> None:
    facts = await first_line(service)
    _, out, _ = await finished(
        "device", "add", "till-7", "--class", "pos", "--dir", shop, "--json"
    )
    auth = aiohttp.encode_basic_auth("till-7", json.loads(out)["password"])
    # In other spellings than the till's, and by the kilogram.
    goods, counts = shop.parent / "goods.csv", shop.parent / "counts.jsonl"
    goods.write_text("gtin;title;price;unit\n(01)90614141000015;Ham;19,90;kg\n")
    counts.write_text('{"sku": "90614141000015", "on_hand": 12.5}\n')
    for group, file in (("products", goods), ("stock", counts)):
        code, out, err = await finished(group, "import", file, "--dir", shop, "--json")
        assert (code, json.loads(out)["imported"], err) == (0, 1, "")
    sale = {"lines": [{"sku": "(01)90614141000015(3103)000432(10)AB", "quantity": 1}]}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{facts['http']}") as client:

        async def pays(number: int) -> bool:
            headers = {"Authorization": auth, "Idempotency-Key": f"sale-{number}"}
            body = {**sale, "basket_id": f"b-{number}"}
            async with client.post(
                "/v1/pos/transactions", json=body, headers=headers
            ) as answer:
                return bool((await answer.json())["accepted"])

        numbers = iter(range(1_000))
        async with asyncio.timeout(patient(_READY_WITHIN_S)):
            # The till names no price: it sells what the running store has a price for.
            while not await pays(next(numbers)):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.05)
    with closing(open_connection(shop / "storeside.db")) as conn:
        assert stock.on_hand(conn, Sku("90614141000015")) == Decimal("12.068")
        bodies = [json.loads(body) for (body,) in conn.execute("SELECT body FROM outbox")]
    (order,) = (one["properties"] for one in bodies if one.get("event") == "Order Completed")
    assert [one["sku"] for one in order["products"]] == ["90614141000015"]
    assert order["revenue_cents"] == 860
