"""The published contract: valid, complete, and the same as what the models accept."""

import json
from typing import Any

import jsonschema
import pytest

from devices.contract import asyncapi, schemas
from devices.messages import Receipt, encode, encode_event
from devices.topics import DOWN_LEAVES, UP_LEAVES
from tests.devices.builders import NOW, ONE_OF_EACH, a_show

_REF = {
    "type": "object",
    "required": ["$ref"],
    "additionalProperties": False,
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
}
_REFS = {"type": "array", "minItems": 1, "items": _REF}
# The parts of AsyncAPI 3.0 that our document uses, and nothing beside them.
_ASYNCAPI: dict[str, Any] = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "additionalProperties": False,
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "defaultContentType": {"type": "string"},
        "info": {"type": "object", "required": ["title", "version"]},
        "servers": {
            "additionalProperties": {
                "required": ["host", "protocol"],
                "properties": {"security": _REFS},
            }
        },
        "channels": {
            "additionalProperties": {
                "required": ["address", "messages"],
                "additionalProperties": False,
                "properties": {
                    "address": {"type": "string"},
                    "title": {"type": "string"},
                    "parameters": {
                        "additionalProperties": {
                            "additionalProperties": False,
                            "properties": {
                                "description": {"type": "string"},
                                "enum": {"type": "array", "items": {"type": "string"}},
                            },
                        }
                    },
                    "messages": {"additionalProperties": _REF, "minProperties": 1},
                },
            }
        },
        "operations": {
            "additionalProperties": {
                "required": ["action", "channel"],
                "additionalProperties": False,
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": _REF,
                    "messages": _REFS,
                    "bindings": {
                        "properties": {
                            "mqtt": {
                                "properties": {
                                    "qos": {"enum": [0, 1, 2]},
                                    "retain": {"type": "boolean"},
                                }
                            }
                        }
                    },
                    "reply": {"properties": {"channel": _REF, "messages": _REFS}},
                },
            }
        },
        "components": {
            "additionalProperties": False,
            "properties": {
                "messages": {
                    "additionalProperties": {
                        "required": ["name", "payload"],
                        "properties": {"payload": _REF, "contentType": {"type": "string"}},
                    }
                },
                "schemas": {"additionalProperties": {"type": "object"}},
                "securitySchemes": {"additionalProperties": {"required": ["type"]}},
            },
        },
    },
}


def _refs(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [ref for value in part.values() for ref in _refs(value)]
    return [ref for value in part for ref in _refs(value)] if isinstance(part, list) else []


def _resolved(document: dict[str, Any], ref: str) -> Any:
    part: Any = document
    for key in ref.removeprefix("#/").split("/"):
        part = part[key]
    return part


def test_the_document_has_the_shape_of_asyncapi_3() -> None:
    document = json.loads(json.dumps(asyncapi()))
    jsonschema.Draft202012Validator(_ASYNCAPI).validate(document)


def test_a_mistake_in_the_document_would_be_seen() -> None:
    document = asyncapi()
    document["operations"]["event"]["action"] = "shout"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(_ASYNCAPI).validate(document)


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi()
    found = _refs(document)
    assert len(found) > 50
    assert all(_resolved(document, ref) is not None for ref in found)


def test_every_topic_of_the_tree_has_a_channel_and_an_operation() -> None:
    document = asyncapi()
    addresses = {channel["address"] for channel in document["channels"].values()}
    own = {
        f"storeside/1/{{store}}/{{class}}/{{device}}/{leaf}"
        for leaf in (*UP_LEAVES, *DOWN_LEAVES)
    }
    assert addresses == {
        *own,
        "storeside/1/{store}/context",
        "storeside/1/{store}/service/state",
        "storeside/1/{store}/service/about",
    }
    assert set(document["operations"]) == set(document["channels"])


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_schema_is_one_of_2020_12(name: str) -> None:
    schema = schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", sorted(ONE_OF_EACH))
def test_a_schema_accepts_what_the_model_makes_and_refuses_more(name: str) -> None:
    device_class, data = ONE_OF_EACH[name]
    source = f"storeside/1/s1/{device_class}/d-1"
    event = json.loads(encode_event(data, source=source, id="e-1", time=NOW))
    validator = jsonschema.Draft202012Validator(schemas()[name])
    validator.validate(event)
    for wrong in ({**event, "extra": 1}, {**event, "data": {}}, {**event, "type": "other"}):
        assert not validator.is_valid(wrong)


def test_the_short_word_personalise_is_in_the_schema() -> None:
    _, data = ONE_OF_EACH["sign-in"]
    event = json.loads(encode_event(data, source="storeside/1/s1/kiosk/k", id="e-1", time=NOW))
    event["data"]["purposes"] = ["recognise", "personalise"]
    assert jsonschema.Draft202012Validator(schemas()["sign-in"]).is_valid(event)


def test_what_the_service_says_is_to_its_schema() -> None:
    for name, message in {
        "show": a_show(),
        "receipt": Receipt(id="e-1", accepted=True),
    }.items():
        jsonschema.Draft202012Validator(schemas()[name]).validate(json.loads(encode(message)))
