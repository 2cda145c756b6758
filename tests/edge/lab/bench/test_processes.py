from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from edge.domain.errors import NotProvisioned
from edge.lab.bench.processes import Program, answers, free_port

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
    monkeypatch.setattr("edge.lab.bench.processes.STOP_WITHIN_S", 0.1)
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


async def test_nobody_answers_on_a_free_port() -> None:
    assert not await answers(free_port(), "/readyz")
