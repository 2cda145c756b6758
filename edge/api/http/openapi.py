"""``/openapi.json``: OpenAPI 3.1 out of the table of operations and the models that check the bodies.

`edge.api.routes` hands it every operation once; ``storeside contract openapi`` prints the same document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from devices.contract import StoreWords
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.domain.placement import SCREENS

_REF: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_PROBLEM_MEDIA: Final = "application/problem+json"

Json = dict[str, object]


class Problem(BaseModel):
    """An RFC 9457 problem; ``type`` is stable, ``field`` names what was wrong, the rest is for people."""

    model_config = ConfigDict(frozen=True)
    type: str = Field(pattern="^urn:storeside:problem:")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str | None = None
    field: str | None = None


_SECURITY: Final[Mapping[Proof, tuple[Json, ...]]] = {
    Proof.NONE: (),
    Proof.DEVICE: ({"device": []},),
    Proof.CONSOLE: ({"key": []}, {"consoleCookie": []}),
    Proof.PAGE: ({"pageCookie": []},),
    Proof.SHOPPER: ({"shopperCookie": []},),
    Proof.SIGNED: ({"signature": []},),
}
_SCHEMES: Final[Json] = {
    "device": {
        "type": "http",
        "scheme": "basic",
        "description": "A device's name and password.",
    },
    "key": {"type": "http", "scheme": "bearer", "description": "The store's admin key."},
    "consoleCookie": {"type": "apiKey", "in": "cookie", "name": "storeside-page-console"},
    "pageCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "storeside-page-{device}",
        "description": "From POST /v1/pages/session; the device's own name is part of the cookie's.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "By Standard Webhooks, with the secret that storeside device add --webhook prints.",
    },
    "shopperCookie": {"type": "apiKey", "in": "cookie", "name": "storeside-me"},
}


class OpenApiRoutes:
    """Publishes the contract of all routes."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._body = b""

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this group."""
        return (
            Operation(
                method="GET",
                path="/openapi.json",
                name="contract",
                handler=self._publish,
                answers={200: ResponseSpec(says="This document.", media="application/json")},
            ),
        )

    def publish(self, operations: Iterable[Operation]) -> None:
        """Write the document once, when all routes are known."""
        self._body = json.dumps(document(operations, self._version)).encode()

    async def _publish(self, _request: web.Request) -> web.Response:
        """This document."""
        return web.Response(body=self._body, content_type="application/json")


def document(operations: Iterable[Operation], version: str) -> Json:
    """The OpenAPI 3.1 document of ``operations``."""
    table = tuple(operations)
    paths: dict[str, Json] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Storeside",
            "version": version,
            "summary": "The store-side decision engine's HTTP interface.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _schemas(table), "securitySchemes": _SCHEMES},
    }


def _described(operation: Operation) -> Json:
    found: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_in_path(operation), *_in_headers(operation), *_in_query(operation)],
        "security": list(_SECURITY[operation.proof]),
        "responses": {
            **{str(status): _answer(answer) for status, answer in operation.answers.items()},
            "default": _body("Refused.", Problem, media=_PROBLEM_MEDIA),
        },
    }
    if operation.takes is not None:
        schema = _one_or_many(operation.takes) if operation.many else _ref(operation.takes)
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if operation.media:
        found["requestBody"] = {
            "required": True,
            "content": {media: {} for media in operation.media},
        }
    return found


def _in_path(operation: Operation) -> Iterator[Json]:
    for name in _PARAMETER.findall(operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_headers(operation: Operation) -> Iterator[Json]:
    for name, meaning in operation.headers.items():
        yield {
            "name": name,
            "in": "header",
            "required": True,
            "description": meaning,
            "schema": {"type": "string"},
        }


def _in_query(operation: Operation) -> Iterator[Json]:
    for name, meaning in operation.queries.items():
        yield {
            "name": name,
            "in": "query",
            "description": meaning,
            "schema": {"type": "string"},
        }


def _answer(answer: ResponseSpec) -> Json:
    if answer.body is None:
        content: Json = {} if answer.media is None else {"content": {answer.media: {}}}
        return {"description": answer.says, **content}
    return _body(answer.says, answer.body, many=answer.many)


def _body(
    says: str, body: type[BaseModel], *, many: bool = False, media: str = "application/json"
) -> Json:
    schema: Json = {"type": "array", "items": _ref(body)} if many else _ref(body)
    return {"description": says, "content": {media: {"schema": schema}}}


def _one_or_many(body: type[BaseModel]) -> Json:
    return {"oneOf": [_ref(body), {"type": "array", "items": _ref(body)}]}


def _ref(body: type[BaseModel]) -> Json:
    return {"$ref": _REF.format(model=body.__name__)}


def _schemas(table: Iterable[Operation]) -> Json:
    """Every body's schema under its model's name, with all that it refers to."""
    taken = {o.takes for o in table if o.takes is not None}
    given = {a.body for o in table for a in o.answers.values() if a.body is not None}
    shapes = [
        *_in_mode("validation", taken),
        # One name, one schema: a model that is taken and given is described as it is taken.
        *_in_mode("serialization", given - taken | {Problem}),
    ]
    _, found = models_json_schema(shapes, ref_template=_REF)
    schemas = found["$defs"]
    StoreWords(placements=tuple(SCREENS)).into(schemas)
    return cast("Json", schemas)


def _in_mode(
    mode: JsonSchemaMode, models: Iterable[type[BaseModel]]
) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    # By name: the published document must not differ from run to run.
    for model in sorted(models, key=lambda m: m.__name__):
        yield model, mode
