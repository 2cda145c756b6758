"""Whatever comes as a question is answered, once, under its own correlation data, and is never receipted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.messages import Ask, Show
from edge.storage.connection import open_connection
from tests.edge.builders import TILL
from tests.edge.shop import Shop, open_shop
from tests.patience import until

_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=True),
    st.text(max_size=40),
    st.sampled_from(["till-addon", "kiosk-home", "arrival", "receipt", "none", "", "1", "b-1"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)
_FIELDS = ("placement", "limit", "deadline_ms", "basket_id", "after_line_id", "surname")
_ATTRIBUTES = (
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "data",
    "subject",
    "datacontenttype",
)
_CHANGES = st.dictionaries(
    st.sampled_from([*_FIELDS, *(f"@{name}" for name in _ATTRIBUTES)]), _VALUES, max_size=3
)
_DAMAGE = st.one_of(
    st.just(lambda body: body),
    st.integers(0, 400).map(lambda at: lambda body: body[:at]),
    st.binary(max_size=60).map(lambda junk: lambda body: body + junk),
    st.binary(max_size=60).map(lambda junk: lambda _body: junk),
    st.integers(0, 300).map(lambda at: lambda body: body[:at] + b"\xff" + body[at + 1 :]),
)
_QUESTION = Ask(placement="till-addon", limit=3, deadline_ms=200)


def changed(body: bytes, changes: dict[str, Any]) -> bytes:
    event = json.loads(body)
    for name, value in changes.items():
        if name.startswith("@"):
            event[name[1:]] = value
        elif isinstance(event["data"], dict):
            event["data"][name] = value
    return json.dumps(event).encode()


async def put(shop: Shop, questions: list[tuple[dict[str, Any], Any]]) -> None:
    """All of them at once, as a till would; ends when there are as many answers."""
    running = asyncio.create_task(shop.pipeline.intake.run())
    for number, (changes, damage) in enumerate(questions):
        plain = shop.message(_QUESTION, TILL, name=f"q-{number}")
        payload = damage(changed(plain.payload, changes))
        shop.pipeline.intake.receive(
            plain._replace(payload=payload, correlation=str(number).encode())
        )
    await until(lambda: len(shop.answers()) >= len(questions))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await shop.database.write(lambda _conn: None, essential=True)


@given(st.lists(st.tuples(_CHANGES, _DAMAGE), min_size=1, max_size=40))
@settings(max_examples=25, deadline=None)
def test_every_question_gets_one_answer_and_no_receipt(
    questions: list[tuple[dict[str, Any], Any]],
) -> None:
    async def live(path: Path) -> None:
        async with open_shop(path) as shop:
            await put(shop, questions)
            sent = shop.ears.on("answer", TILL)
            assert Counter(one.correlation for one in sent) == {
                str(n).encode(): 1 for n in range(len(questions))
            }
            assert shop.ears.on("receipt") == []
            for one in sent:
                show = Show.model_validate_json(json.dumps(one.body))
                # Without a reason it was decided; with one nothing was.
                assert show.reason is None or (show.kind, show.items) == ("fallback", ())

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "storeside.db"
        open_connection(path).close()
        asyncio.run(live(path))
