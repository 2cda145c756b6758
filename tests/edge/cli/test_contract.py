from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from edge.cli.contract import http_contract
from edge.domain.placement import SCREENS
from tests.edge.cli.conftest import Cli


def test_the_device_contract_is_one_document(cli: Cli) -> None:
    found = cli("contract", "asyncapi").document
    assert found["asyncapi"] == "3.0.0"
    assert "show" in found["channels"]


def test_the_http_contract_is_the_one_that_a_service_publishes(cli: Cli) -> None:
    found = cli("contract", "openapi").document
    assert found == json.loads(json.dumps(http_contract()))
    assert found["openapi"] == "3.1.0"
    assert {"/v1/events", "/v1/decisions", "/metrics", "/openapi.json"} <= set(found["paths"])


def test_each_message_gets_a_schema_of_its_own(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "made" / "schemas"
    names = cli("contract", "schemas", out, "--json").document["schemas"]
    assert {f.name for f in out.iterdir()} == {f"{name}.schema.json" for name in names}
    for file in out.iterdir():
        Draft202012Validator.check_schema(json.loads(file.read_text()))
    assert "schemas written to" in cli("contract", "schemas", out).out


def test_the_placements_that_can_be_asked_for_are_in_every_contract(
    cli: Cli, tmp_path: Path
) -> None:
    cli("contract", "schemas", tmp_path)
    decide = json.loads((tmp_path / "decide.schema.json").read_text())
    parts = (
        decide["$defs"],
        cli("contract", "asyncapi").document["components"]["schemas"],
        cli("contract", "openapi").document["components"]["schemas"],
    )
    for schemas in parts:
        assert schemas["Ask"]["properties"]["placement"]["enum"] == list(SCREENS)


def test_notices_are_examples_since_a_store_may_have_others(cli: Cli, tmp_path: Path) -> None:
    cli("contract", "schemas", tmp_path)
    for name, model in (("sign-in", "SignIn"), ("consent", "Consent")):
        schema = json.loads((tmp_path / f"{name}.schema.json").read_text())
        told = schema["$defs"][model]["properties"]["notice_id"]
        assert told["examples"] == ["notice-eu-1", "notice-us-1", "notice-us-2"]
        assert "enum" not in told
