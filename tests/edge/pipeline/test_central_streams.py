from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from cloud_sync.downlink import StreamChange
from cloud_sync.errors import ChangeRefused
from edge.pipeline.central_changes import CentralChanges
from edge.pipeline.central_streams import STREAMS, stream_schemas
from edge.storage.connection import open_connection
from tests.edge.storage.samples import NOW

REQUIRED = [
    (name, field)
    for name, stream in STREAMS.items()
    for field, info in stream.body.model_fields.items()
    if info.is_required()
]


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_connection(tmp_path / "store.db")) as opened:
        yield opened


@pytest.fixture
def incoming() -> CentralChanges:
    return CentralChanges(zone=ZoneInfo("UTC"), now=lambda: NOW)


def schema(stream: str) -> Draft202012Validator:
    found: Any = json.loads(json.dumps(stream_schemas()[f"central-{stream}"]))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def apply(
    conn: sqlite3.Connection, incoming: CentralChanges, stream: str, body: Mapping[str, object]
) -> None:
    change = StreamChange(
        stream=stream, key=STREAMS[stream].key, op="upsert", version=1, body=body
    )
    incoming.handlers()[stream](conn, [change])


def test_every_stream_that_is_applied_is_published(incoming: CentralChanges) -> None:
    assert set(STREAMS) == set(incoming.handlers())
    assert set(stream_schemas()) == {f"central-{name}" for name in incoming.handlers()}


@pytest.mark.parametrize("stream", STREAMS)
def test_the_example_of_a_schema_is_valid_and_applied(
    conn: sqlite3.Connection, incoming: CentralChanges, stream: str
) -> None:
    before = conn.total_changes
    schema(stream).validate(STREAMS[stream].example)
    apply(conn, incoming, stream, STREAMS[stream].example)
    # A sale counts only for who agreed to be measured, and nobody did here.
    assert conn.total_changes > before or stream == "sales"


@pytest.mark.parametrize(("stream", "field"), REQUIRED)
def test_a_body_without_a_required_field_is_refused_by_both(
    conn: sqlite3.Connection, incoming: CentralChanges, stream: str, field: str
) -> None:
    name = STREAMS[stream].body.model_fields[field].alias or field
    body = {key: value for key, value in STREAMS[stream].example.items() if key != name}
    assert not schema(stream).is_valid(body)
    with pytest.raises((ValidationError, ChangeRefused)):
        apply(conn, incoming, stream, body)


def test_there_are_required_fields_to_leave_out() -> None:
    assert {name for name, _ in REQUIRED} == set(STREAMS) - {"erasures", "withdrawals"}
