"""The published contract, generated from the models that validate it: AsyncAPI 3 and JSON Schemas.

``storeside contract`` prints it, and tests hold what is published to it.

Seen from the service: it receives what goes up and sends what comes down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from devices.device_classes import DeviceClass
from devices.messages import (
    EVENTS,
    About,
    Command,
    Context,
    DeviceState,
    OfferAnswer,
    Receipt,
    ServiceAbout,
    Show,
    Telemetry,
)
from devices.messages.envelope import STRUCTURED
from devices.messages.fields import Wire
from devices.topics import PREFIX, SERVICE, Leaf

Document = dict[str, Any]
# The contract's own; ``storeside contract`` gives the product's instead.
VERSION: Final = "1.0.0"
_NAME: Final = {"description": "1 to 32 of a-z, 0-9 and -"}
_CLASS: Final = {"enum": [str(one) for one in DeviceClass], "description": "what the device is"}
_DEVICE: Final = PREFIX + "/{store}/{class}/{device}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreWords:
    """What a store has names for: the placements that can be asked for, and examples of notices."""

    placements: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def into(self, definitions: Mapping[str, Document]) -> None:
        """Write them into the schemas of the fields that hold them; which fields exist is the models' to say."""
        words = {
            ("Ask", "placement"): ("enum", self.placements),
            # A store may have a policy of its own, with other notices.
            ("SignIn", "notice_id"): ("examples", self.notices),
            ("Consent", "notice_id"): ("examples", self.notices),
        }
        for (model, field), (keyword, found) in words.items():
            if found and model in definitions:
                definitions[model]["properties"][field][keyword] = list(found)


NO_WORDS: Final = StoreWords()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """One topic: its address, what travels on it, and how."""

    address: str
    title: str
    messages: Mapping[str, type[Wire]]
    up: bool
    qos: int = 1
    retain: bool = False
    content_type: str = "application/json"

    def parameters(self) -> Document:
        """The parts of the address that vary."""
        known = {"store": _NAME, "class": _CLASS, "device": _NAME}
        return {
            name: value for name, value in known.items() if "{" + name + "}" in self.address
        }


def _channels() -> dict[str, _Channel]:
    """Every channel, in the order in which the document tells them."""
    return _from_devices() | _to_devices() | _of_the_store()


def _from_devices() -> dict[str, _Channel]:
    on = {
        leaf: {str(event.NAME): event for event in EVENTS.values() if event.LEAF is leaf}
        for leaf in (Leaf.EVENT, Leaf.ASK)
    }
    return {
        "state": _Channel(
            address=_DEVICE + Leaf.STATE,
            title="State of a device, retained; its last will says lost",
            messages={"state": DeviceState},
            up=True,
            retain=True,
        ),
        "about": _Channel(
            address=_DEVICE + Leaf.ABOUT,
            title="What a device is, retained",
            messages={"about": About},
            up=True,
            retain=True,
        ),
        "event": _Channel(
            address=_DEVICE + Leaf.EVENT,
            title="What happened at a device; repeated until its receipt",
            messages=on[Leaf.EVENT],
            up=True,
            content_type=STRUCTURED,
        ),
        "ask": _Channel(
            address=_DEVICE + Leaf.ASK,
            title="A device asks for a decision, a till for an offer",
            messages=on[Leaf.ASK],
            up=True,
            content_type=STRUCTURED,
        ),
        "telemetry": _Channel(
            address=_DEVICE + Leaf.TELEMETRY,
            title="Figures of a device; they may be lost",
            messages={"telemetry": Telemetry},
            up=True,
            qos=0,
        ),
    }


def _to_devices() -> dict[str, _Channel]:
    return {
        "receipt": _Channel(
            address=_DEVICE + Leaf.RECEIPT,
            title="An event is on disk, or why it was not taken",
            messages={"receipt": Receipt},
            up=False,
        ),
        "answer": _Channel(
            address=_DEVICE + Leaf.ANSWER,
            title="The decision or the offer that was asked for, with the same correlation data",
            messages={"answer": Show, "offerAnswer": OfferAnswer},
            up=False,
        ),
        "show": _Channel(
            address=_DEVICE + Leaf.SHOW,
            title="What to show; personal content is never retained and expires within 60 s",
            messages={"show": Show},
            up=False,
        ),
        "cmd": _Channel(
            address=_DEVICE + Leaf.CMD,
            title="An order to a device, never retained",
            messages={"command": Command},
            up=False,
        ),
    }


def _of_the_store() -> dict[str, _Channel]:
    store = PREFIX + "/{store}/"
    return {
        "serviceState": _Channel(
            address=f"{store}{SERVICE}/{Leaf.STATE}",
            title="State of the service, retained; its last will says lost",
            messages={"serviceState": DeviceState},
            up=False,
            retain=True,
        ),
        "serviceAbout": _Channel(
            address=f"{store}{SERVICE}/{Leaf.ABOUT}",
            title="What can be asked for in this store, retained; nothing personal",
            messages={"serviceAbout": ServiceAbout},
            up=False,
            retain=True,
        ),
        "context": _Channel(
            address=store + Leaf.CONTEXT,
            title="The store's moment, retained; nothing personal",
            messages={"context": Context},
            up=False,
            retain=True,
        ),
    }


def asyncapi(version: str = VERSION, words: StoreWords = NO_WORDS) -> Document:
    """The AsyncAPI 3.0 document of everything that goes over MQTT."""
    channels = _channels()
    shared = _shared_schemas(_models(channels.values()))
    words.into(shared)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "storeside: devices of one store",
            "version": version,
            "description": "Signals up, receipts, answers and content down, over MQTT 5.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "store": {
                "host": "store.local:8883",
                "protocol": "secure-mqtt",
                "protocolVersion": "5.0",
                "description": "The broker in the store; one account a device.",
                "security": [{"$ref": "#/components/securitySchemes/account"}],
            }
        },
        "channels": {name: _channel(channel) for name, channel in channels.items()},
        "operations": {name: _operation(name, channel) for name, channel in channels.items()},
        "components": {
            "messages": _messages(channels.values()),
            "schemas": shared,
            "securitySchemes": {
                "account": {
                    "type": "userPassword",
                    "description": "The username is the device's name.",
                }
            },
        },
    }


def schemas(words: StoreWords = NO_WORDS) -> dict[str, Document]:
    """One self-contained JSON Schema (2020-12) for each message, by its name."""
    found = {
        name: model.model_json_schema()
        for one in _channels().values()
        for name, model in one.messages.items()
    }
    for schema in found.values():
        words.into(schema.get("$defs", {}))
    return {
        name: {
            "$schema": GenerateJsonSchema.schema_dialect,
            "$id": f"urn:storeside:schema:{name}:v1",
            **schema,
        }
        for name, schema in found.items()
    }


def _channel(channel: _Channel) -> Document:
    return {
        "address": channel.address,
        "title": channel.title,
        "parameters": channel.parameters(),
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in channel.messages
        },
    }


def _operation(name: str, channel: _Channel) -> Document:
    found: Document = {
        "action": "receive" if channel.up else "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{one}"} for one in channel.messages],
        "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retain}},
    }
    # Over MQTT correlation data ties an answer to its question; the document has a word of its own for it.
    if name == "ask":
        found["reply"] = {
            "channel": {"$ref": "#/channels/answer"},
            "messages": [
                {"$ref": "#/channels/answer/messages/answer"},
                {"$ref": "#/channels/answer/messages/offerAnswer"},
            ],
        }
    return found


def _messages(channels: Iterable[_Channel]) -> Document:
    return {
        name: {
            "name": name,
            "contentType": channel.content_type,
            # The docstring is the published description, so the two cannot differ.
            "description": (model.__doc__ or "").strip(),
            "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        }
        for channel in channels
        for name, model in channel.messages.items()
    }


def _models(channels: Iterable[_Channel]) -> list[type[BaseModel]]:
    # Several channels carry the same model; it is defined once.
    return list(dict.fromkeys(model for one in channels for model in one.messages.values()))


def _shared_schemas(models: Iterable[type[BaseModel]]) -> Document:
    _, found = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    return dict(found["$defs"])
