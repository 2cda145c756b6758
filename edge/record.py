"""Decisions and their inputs as bytes: one spelling, so that equal decisions are equal bytes."""

from __future__ import annotations

from pydantic import TypeAdapter

from edge.domain.decision import Decision, Inputs

_INPUTS = TypeAdapter(Inputs)
_DECISION = TypeAdapter(Decision)


def encode_inputs(inputs: Inputs) -> bytes:
    """Canonical JSON of ``inputs``; field order is that of the record, mappings are built sorted."""
    return _INPUTS.dump_json(inputs)


def decode_inputs(data: bytes) -> Inputs:
    """The inputs again. Raises pydantic's ``ValidationError`` on foreign bytes."""
    return _INPUTS.validate_json(data)


def encode_decision(decision: Decision) -> bytes:
    """Canonical JSON of ``decision``."""
    return _DECISION.dump_json(decision)


def decode_decision(data: bytes) -> Decision:
    """The decision again. Raises pydantic's ``ValidationError`` on foreign bytes."""
    return _DECISION.validate_json(data)
