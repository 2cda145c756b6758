from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from devices.fleet import Fleet
from edge.lab.demo.broker import Broker
from edge.lab.processes import until


async def test_a_broker_that_dies_comes_back_on_its_port(tmp_path: Path) -> None:
    Fleet(tmp_path, "store-7").export()
    died = list[str]()
    async with Broker(tmp_path, lambda name, _words: died.append(name)) as broker:
        port, pid = broker.port, int((tmp_path / "broker.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        assert await until(lambda: _listens(port) and broker.restarts == 1, 5)
        assert broker.port == port
    assert died == ["broker"]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
