from __future__ import annotations

import ast
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from edge.app import log_setup

ROOT = Path(__file__).parents[3]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = before


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    said = capsys.readouterr()
    assert said.out == ""
    return [json.loads(line) for line in said.err.splitlines()]


def test_an_event_is_one_json_line_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_setup.start("info")
    structlog.get_logger().warning("centre is away", reason="503 Unavailable")
    (line,) = lines(capsys)
    assert line["event"] == "centre is away"
    assert (line["level"], line["reason"]) == ("warning", "503 Unavailable")
    assert str(line["at"]).endswith("Z")


def test_what_is_quieter_than_the_level_is_not_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_setup.start("warning")
    structlog.get_logger().info("answered")
    assert lines(capsys) == []


def test_a_field_that_nobody_allowed_is_left_out_and_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_setup.start("info")
    structlog.get_logger().info("sold", basket=["milk"], count=3)
    (line,) = lines(capsys)
    assert (line["withheld"], line["count"]) == (["basket"], 3)
    assert "milk" not in json.dumps(line)


@pytest.mark.parametrize(
    "telling",
    [
        "c-annabelannabel",
        "ann.example@shop.test",
        "+1 555 123 4567",
        "(555) 123-4567",
        "4111 1111 1111 1111",
        "99887766",
        "c-abcd-efgh",
    ],
)
def test_what_could_name_a_person_is_struck_out(telling: str) -> None:
    assert telling not in log_setup.redacted(f"refused {telling} today")
    assert "[redacted]" in log_setup.redacted(telling)


@pytest.mark.parametrize(
    "harmless",
    [
        "503 Service Unavailable",
        "bundle refused (hash): model.onnx",
        "storeside 0.1.0",
        "/v1/decisions/{id}",
    ],
)
def test_what_names_nobody_stays(harmless: str) -> None:
    assert log_setup.redacted(harmless) == harmless


@given(
    local=st.from_regex(r"[a-z0-9._+-]{1,20}", fullmatch=True),
    host=st.from_regex(r"[a-z0-9-]{1,20}\.[a-z]{2,5}", fullmatch=True),
)
def test_no_address_survives_in_any_text(local: str, host: str) -> None:
    assert f"{local}@{host}" not in log_setup.redacted(f"cannot write to {local}@{host}: full")


def test_an_exception_is_told_by_kind_and_line_only(capsys: pytest.CaptureFixture[str]) -> None:
    log_setup.start("info")
    try:
        int("ann@example.test")
    except ValueError:
        structlog.get_logger().error("part failed", exc_info=True)
    (line,) = lines(capsys)
    assert line["error"] == "ValueError"
    assert str(line["where"]).startswith("test_log_setup.py:")
    assert "ann@" not in json.dumps(line)


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    assert log_setup.place_of(None) == "unknown"


def test_other_libraries_are_heard_without_what_they_filled_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_setup.start("info")
    log = logging.getLogger("aiohttp.server")
    log.warning("bad request from %s", "c-annabelannabel")
    log.info("too quiet")
    (line,) = lines(capsys)
    assert (line["event"], line["library"]) == ("library", "aiohttp.server")
    assert line["reason"] == "bad request from %s"


def test_an_error_of_another_library_is_told_by_its_kind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_setup.start("info")
    try:
        Path("c-annabelannabel").read_bytes()
    except OSError:
        logging.getLogger("asyncio").exception("task failed")
    assert lines(capsys)[0]["error"] == "FileNotFoundError"


def calls() -> Iterator[tuple[str, ast.Call]]:
    for package in ("edge", "cloud_sync", "models", "devices"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "_log"
                    and node.func.attr in LEVELS
                ):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_every_field_that_the_code_logs_is_allowed_and_each_is_used() -> None:
    used = {"library", "where", "error"}
    for place, call in calls():
        fields = {word.arg for word in call.keywords} - {"exc_info"}
        assert fields <= log_setup.FIELDS, place
        used |= {str(field) for field in fields}
    assert used == log_setup.FIELDS


def test_every_event_is_a_constant_of_the_code() -> None:
    for place, call in calls():
        (event,) = call.args
        assert isinstance(event, ast.Constant), place
