"""The broker as a child: found, started, bound to us, and configured as in production."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devices.broker import BrokerChild, BrokerListener, example_acl, find_broker, production
from devices.bus import BrokerLogin, Bus
from devices.device_classes import DeviceClass
from devices.errors import BrokerFailed, BrokerMissing, BusUnavailable
from devices.fleet import Fleet
from tests.devices.certificates import certificates
from tests.devices.conftest import QUICK
from tests.patience import until

ROOT = Path(__file__).parents[2]


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().split()[2] != "Z"


def _sockets(pid: int | None, table: str) -> list[str]:
    return Path(f"/proc/{pid}/net/{table}").read_text().splitlines()


async def test_it_stops_when_we_leave(tmp_path: Path) -> None:
    Fleet(tmp_path, "s1").service()
    async with BrokerChild(tmp_path) as broker:
        pid = broker.pid
        assert pid is not None
        assert (tmp_path / "broker.pid").read_text() == str(pid)
    assert broker.pid is None
    assert not _alive(pid)


async def test_it_listens_on_the_loopback_only(tmp_path: Path) -> None:
    Fleet(tmp_path, "s1").service()
    async with BrokerChild(tmp_path) as broker:
        listening = [
            line.split()[1]
            for table in ("tcp", "tcp6")
            for line in _sockets(broker.pid, table)
            if line.split()[3] == "0A" and line.split()[1].endswith(f":{broker.port:04X}")
        ]
        assert listening == [f"0100007F:{broker.port:04X}"]


async def test_a_taken_port_is_said_clearly(tmp_path: Path) -> None:
    Fleet(tmp_path, "s1").service()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BrokerFailed, match="in use"):
            async with BrokerChild(tmp_path, port):
                pass


async def test_another_free_port_is_tried_when_someone_was_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Fleet(tmp_path, "s1").service()
    with socket.socket() as taken, socket.socket() as free:
        for one in (taken, free):
            one.bind(("127.0.0.1", 0))
        taken.listen()
        ports = [taken.getsockname()[1], free.getsockname()[1]]
        free.close()
        monkeypatch.setattr("devices.broker._free_port", lambda: ports.pop(0))
        async with BrokerChild(tmp_path) as broker:
            assert broker.port != taken.getsockname()[1]


async def test_a_broken_configuration_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(BrokerFailed, match="passwd"):
        async with BrokerChild(tmp_path):
            pass


async def test_its_end_is_noticed(tmp_path: Path) -> None:
    Fleet(tmp_path, "s1").service()
    async with BrokerChild(tmp_path) as broker:
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        with pytest.raises(BrokerFailed, match="-9"):
            await broker.ended()


async def test_it_is_killed_if_it_does_not_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.broker._STOPPED_WITHIN_S", 0.05)
    Fleet(tmp_path, "s1").service()
    async with BrokerChild(tmp_path) as broker:
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGSTOP)
    assert broker.pid is None


async def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    Fleet(tmp_path, "s1").service()
    program = (
        "import asyncio, sys, pathlib\n"
        "from devices.broker import BrokerChild\n"
        "async def main():\n"
        "    async with BrokerChild(pathlib.Path(sys.argv[1])) as broker:\n"
        "        print(broker.pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path), stdout=subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert _alive(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: not _alive(pid))


async def test_without_a_broker_the_mend_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (await find_broker()).name == "mosquitto"
    monkeypatch.setattr("devices.broker._PLACES", (str(tmp_path),))
    with pytest.raises(BrokerMissing, match="apt-get install mosquitto"):
        await find_broker()


async def test_an_old_broker_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "mosquitto"
    old.write_text("#!/bin/sh\necho mosquitto version 1.6.12\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(BrokerMissing, match="no mosquitto 2"):
        await find_broker()


def test_the_shipped_configuration_is_the_same_template() -> None:
    shipped = ROOT / "deploy/mosquitto"
    assert (shipped / "mosquitto.conf").read_text() == production()
    assert (shipped / "acl.example").read_text() == example_acl()


def test_production_refuses_strangers_and_speaks_tls_outside_the_loopback() -> None:
    found = production()
    assert "allow_anonymous false" in found
    assert "listener 1883 127.0.0.1\n" in found
    _, outside = found.split("listener 8883\n")
    assert "certfile" in outside
    assert "websockets" not in found


async def test_an_encrypted_line_carries_large_messages_both_ways(tmp_path: Path) -> None:
    fleet, heard = Fleet(tmp_path, "s1"), list[int]()
    service = fleet.service()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tls = BrokerListener(port=port, certificates=certificates(tmp_path))
    access = BrokerLogin(
        host="127.0.0.1",
        port=port,
        username=service.username,
        password=service.password,
        ca=tmp_path / "ca.crt",
    )
    topic = "storeside/1/s1/context"
    async with BrokerChild(tmp_path, tls=tls):
        bus = Bus(
            access, on_message=lambda one: heard.append(len(one.payload)), subscriptions=[topic]
        )
        async with bus:
            await bus.wait_connected()
            for size in (1, 60_000, 40_000, 2):
                bus.publish(topic, b"x" * size)
            await until(lambda: heard == [1, 60_000, 40_000, 2])


async def test_a_broker_with_an_unknown_certificate_gets_no_password(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, "s1")
    till = fleet.add("till-1", DeviceClass.POS)
    other = tmp_path / "other"
    other.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tls = BrokerListener(port=port, certificates=certificates(tmp_path))
    access = BrokerLogin(
        host="127.0.0.1",
        port=port,
        username="till-1",
        password=till.password,
        ca=certificates(other) / "ca.crt",
    )
    async with (
        BrokerChild(tmp_path, tls=tls),
        Bus(access, on_message=lambda _: None, limits=QUICK) as bus,
    ):
        with pytest.raises(BusUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await bus.wait_connected(timeout_s=0.3)
