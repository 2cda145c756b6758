import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from edge.lab.console_output import DemoOutput
from edge.lab.demo.options import DemoOptions
from edge.lab.demo.run import _looked_at, _Told
from edge.lab.demo.shop import TIME_ZONE
from tests.devices.simulator.builders import NOON


def output() -> tuple[DemoOutput, io.StringIO]:
    words = io.StringIO()
    return DemoOutput(Console(file=words, width=120)), words


def test_the_first_signal_asks_politely_and_the_second_ends() -> None:
    told, asked = _Told(None), list[str]()
    told.first_does(lambda: asked.append("please"))
    told.hear()
    told.hear()
    assert asked == ["please"]
    assert told.stopping.is_set()


async def test_a_signal_with_nothing_to_ask_ends_at_once() -> None:
    told = _Told(asyncio.current_task())
    told.hear()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(1)
    assert told.cancelled


@pytest.mark.parametrize("changes", [{"headless": True}, {"run_for_s": 3.0}])
async def test_a_demo_with_an_end_does_not_stay_open(changes: dict[str, Any]) -> None:
    spoken, words = output()
    await _looked_at(DemoOptions(**changes), spoken, _Told(None))
    assert words.getvalue() == ""


async def test_a_demo_to_look_at_stays_open_until_it_is_told() -> None:
    spoken, words = output()
    told = _Told(None)
    soon: Callable[[], None] = told.hear
    asyncio.get_running_loop().call_later(0.01, soon)
    await _looked_at(DemoOptions(), spoken, told)
    assert "until Ctrl-C" in words.getvalue()


def test_the_voice_says_where_to_look_and_who_comes() -> None:
    spoken, words = output()
    spoken.arrived(NOON.astimezone(TIME_ZONE))
    spoken.open("Store 7", {"Console": "http://127.0.0.1:1/#key=x"})
    spoken.begin(2)
    spoken.arrived(NOON.astimezone(TIME_ZONE))
    spoken.end()
    spoken.end()
    spoken.warn("the hub died")
    said = words.getvalue()
    assert "Store 7 is open" in said
    assert "http://127.0.0.1:1/#key=x" in said
    assert "1/2 visits Fri 01 Dec 2017 07:00" in said
    assert "the hub died" in said
