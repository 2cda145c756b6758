"""The root of every shape that goes out over HTTP; each view in this folder builds on it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ResponseView(BaseModel):
    """Root of all shapes that go out; a field too many or too few is a mistake of ours and fails loudly."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_by_name=True, serialize_by_alias=True
    )
