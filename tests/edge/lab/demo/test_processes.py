import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from devices.fleet import Fleet
from edge.domain.errors import NotProvisioned, SettingsInvalid
from edge.lab.demo.broker import Broker
from edge.lab.demo.polling import until
from edge.lab.demo.processes import Child, free_port
from tests.patience import patient


def child(
    folder: Path, code: str, died: list[str] | None = None, ready: str = "ready"
) -> Child:
    log = folder / "child.log"

    async def answers() -> bool:
        return log.exists() and ready in log.read_text()

    def on_restart(name: str, words: str) -> None:
        (died if died is not None else []).append(f"{name}: {words}")

    return Child("child", ("-c", code), log=log, answers=answers, on_restart=on_restart)


_WAITS = "import time; print('ready', flush=True); time.sleep(60)"


async def test_a_child_is_waited_for_and_stopped_with_us(tmp_path: Path) -> None:
    async with child(tmp_path, _WAITS) as running:
        pid = running.pid
        assert pid is not None
        memory = running.memory_mb()
        assert memory is not None
        assert 1 < memory < 500
    assert running.pid is None
    assert _gone(pid)


async def test_a_child_that_dies_is_started_again_and_said_so(tmp_path: Path) -> None:
    died = list[str]()
    async with child(tmp_path, _WAITS, died) as running:
        first = running.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert await until(lambda: running.pid not in {None, first}, patient(5))
        assert running.restarts == 1
    (said,) = died
    assert said.startswith("child: ")
    assert said.endswith("-9")
    assert running.memory_mb() is None


async def test_a_child_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotProvisioned, match="no disk today"):
        async with child(tmp_path, "import sys; sys.exit('no disk today')"):
            pass


async def test_a_child_that_says_nothing_is_told_from_one_that_answers(tmp_path: Path) -> None:
    with pytest.raises(NotProvisioned, match="it said nothing"):
        async with child(tmp_path, "pass"):
            pass


async def test_a_child_that_will_not_stop_is_made_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.lab.demo.processes._STOP_WITHIN_S", 0.1)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + _WAITS
    async with child(tmp_path, deaf) as running:
        pid = running.pid
    assert _gone(pid)


async def test_a_child_ends_when_we_are_killed(tmp_path: Path) -> None:
    parent = f"""
import asyncio, pathlib
from tests.edge.lab.demo.test_processes import _WAITS, child
async def main():
    async with child(pathlib.Path({str(tmp_path)!r}), _WAITS) as running:
        print(running.pid, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", parent, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    process.kill()
    await process.communicate()
    assert await until(lambda: _gone(pid), patient(5))


def _gone(pid: int | None) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().split()[2] == "Z"


def test_a_taken_port_is_named_with_the_mend() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsInvalid, match=f"port {port}") as error:
            free_port(port)
    assert "--port 0" in str(error.value.hint)


def test_any_free_port_is_a_real_one() -> None:
    assert free_port(0) > 1023


async def test_a_broker_that_dies_comes_back_on_its_port(tmp_path: Path) -> None:
    Fleet(tmp_path, "store-7").export()
    died = list[str]()
    async with Broker(tmp_path, lambda name, _words: died.append(name)) as broker:
        port, pid = broker.port, int((tmp_path / "broker.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        assert await until(lambda: _listens(port) and broker.restarts == 1, patient(5))
        assert broker.port == port
    assert died == ["broker"]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_patience_ends() -> None:
    assert not await until(lambda: False, 0.05)
