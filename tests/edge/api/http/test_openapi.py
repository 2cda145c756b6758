"""The published contract: valid, complete, and the same as the doors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from devices.messages import Show
from tests.edge.api.fakes import Store, show


@pytest.fixture
async def document(client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/openapi.json") as answer:
        found: dict[str, Any] = await answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert set(document) == {"openapi", "jsonSchemaDialect", "info", "paths", "components"}
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for _, path, operation in operations(document):
        assert operation["summary"].endswith(".")
        named = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
        assert named == re.findall(r"\{(\w+)\}", path)
        assert "default" in operation["responses"]


def test_the_official_schema_of_openapi_accepts_the_document(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_the_official_schema_of_openapi_refuses_a_broken_document(
    document: dict[str, Any],
) -> None:
    broken = {**document, "paths": {"no-slash": []}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_every_schema_is_a_schema(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found = set(references(document))
    assert found
    assert {ref.removeprefix("#/components/schemas/") for ref in found} <= set(schemas)


def test_every_security_scheme_that_is_asked_is_described(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    for _, _, operation in operations(document):
        assert all(name in schemes for row in operation["security"] for name in row)


@pytest.mark.parametrize(
    "path",
    [
        "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/events", "/v1/decisions", "/v1/decisions/{id}",
        "/v1/pos/transactions", "/v1/visits", "/v1/devices", "/v1/offers", "/v1/models", "/v1/overview", "/v1/stream",
        "/v1/pause", "/v1/pages/session", "/v1/pages/{device}/stream", "/v1/pages/{device}/events",
        "/v1/pages/{device}/ask", "/v1/me", "/v1/me/session", "/v1/me/withdraw", "/v1/me/erase", "/v1/me/export",
        "/v1/portfolio", "/v1/campaigns", "/v1/campaigns/{id}", "/v1/campaigns/{id}/publish",
        "/v1/campaigns/{id}/rollback", "/v1/offers/{id}", "/v1/assets", "/assets/{sha256}", "/v1/preview",
    ],
)  # fmt: skip
def test_every_address_of_the_contract_is_there(document: dict[str, Any], path: str) -> None:
    assert path in document["paths"]


async def test_what_asks_for_proof_answers_nobody_without_it(
    client: aiohttp.ClientSession, document: dict[str, Any]
) -> None:
    for method, path, operation in operations(document):
        asked = client.request(method, re.sub(r"\{\w+\}", "x", path), json={})
        async with asked as answer:
            assert (answer.status == 401) == bool(operation["security"]) or path.endswith(
                "session"
            )


async def test_an_answer_fits_its_own_description(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Show"] | {"components": document["components"]}
    Draft202012Validator(schema).validate(show().model_dump(mode="json", exclude_none=True))
    assert not Draft202012Validator(schema).is_valid({"decision_id": 1})
    assert set(schema["properties"]) == set(Show.model_fields)


async def test_the_overview_fits_its_own_description(
    document: dict[str, Any], store: Store
) -> None:
    schema = document["components"]["schemas"]["Overview"] | {
        "components": document["components"]
    }
    Draft202012Validator(schema).validate(store.overview.now().model_dump(mode="json"))
