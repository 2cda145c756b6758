from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from edge.domain.errors import NotProvisioned, SettingsInvalid
from edge.lab.processes import KeptProgram, Program, free_port, until
from tests.patience import patient

PARROT = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)\n"


async def test_a_child_is_asked_and_answers_line_by_line(tmp_path: Path) -> None:
    program = Program(["-c", PARROT], log=tmp_path / "log", spoken_to=True)
    async with program:
        assert await program.ask({"n": 1}) == {"n": 1}
        assert await program.ask({"n": 2}) == {"n": 2}
    assert program.pid is None


async def test_a_child_that_ends_instead_of_answering_leaves_its_last_words(
    tmp_path: Path,
) -> None:
    code = "import sys\nsys.exit('no such thing')"
    async with Program(["-c", code], log=tmp_path / "log", spoken_to=True) as program:
        with pytest.raises(NotProvisioned, match="no such thing"):
            await program.ask({})


async def test_a_child_that_was_not_to_be_spoken_to_is_not(tmp_path: Path) -> None:
    async with Program(["-c", "pass"], log=tmp_path / "log") as program:
        with pytest.raises(NotProvisioned, match="not spoken to"):
            await program.ask({})


async def test_waiting_for_a_child_that_has_ended_ends(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    async with Program(["-c", "pass"], log=tmp_path / "log") as program:
        with pytest.raises(NotProvisioned, match="it said nothing"):
            await program.until(never)


async def test_waiting_for_a_child_that_never_answers_ends_in_time(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    sleeper = "import time\ntime.sleep(60)"
    async with Program(["-c", sleeper], log=tmp_path / "log") as program:
        with pytest.raises(NotProvisioned, match="does not answer"):
            await program.until(never, 0.05)


async def test_a_killed_child_is_gone_and_can_be_started_again(tmp_path: Path) -> None:
    program = Program(["-c", PARROT], log=tmp_path / "log", spoken_to=True)
    async with program:
        before = program.pid
        await program.kill()
        assert program.pid is None
        await program.start()
        assert program.pid not in {None, before}
        assert await program.ask({"n": 3}) == {"n": 3}


async def test_a_child_that_ignores_the_end_is_made_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.lab.processes.STOP_WITHIN_S", 0.1)
    deaf = "import signal\nsignal.signal(15, signal.SIG_IGN)\n" + PARROT
    program = Program(["-c", deaf], log=tmp_path / "log", spoken_to=True)
    async with program:
        await program.ask({})
        assert await program.stop() == -signal.SIGKILL


async def test_variables_reach_the_child(tmp_path: Path) -> None:
    code = "import os\nprint('{\"n\": %s}' % os.environ['N'], flush=True)\n" + PARROT
    program = Program(
        ["-c", code], log=tmp_path / "log", environment={"N": "7"}, spoken_to=True
    )
    async with program:
        assert await program.ask({}) == {"n": 7}
    assert "N" not in os.environ


def child(
    folder: Path, code: str, died: list[str] | None = None, ready: str = "ready"
) -> KeptProgram:
    log = folder / "child.log"

    async def answers() -> bool:
        return log.exists() and ready in log.read_text()

    def on_restart(name: str, words: str) -> None:
        (died if died is not None else []).append(f"{name}: {words}")

    return KeptProgram("child", ("-c", code), log=log, answers=answers, on_restart=on_restart)


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
    monkeypatch.setattr("edge.lab.processes.STOP_WITHIN_S", 0.1)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + _WAITS
    async with child(tmp_path, deaf) as running:
        pid = running.pid
    assert _gone(pid)


async def test_a_child_ends_when_we_are_killed(tmp_path: Path) -> None:
    parent = f"""
import asyncio, pathlib
from tests.edge.lab.test_processes import _WAITS, child
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


async def test_patience_ends() -> None:
    assert not await until(lambda: False, 0.05)
