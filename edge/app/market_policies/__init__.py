"""Market policies as reviewed data, and their reader."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_core import PydanticCustomError

from edge.domain.consent import Purpose
from edge.domain.errors import NotProvisioned, SettingsInvalid
from edge.domain.market import MarketPolicy, PolicyCell, RecognitionMethod
from edge.storage.retention import DEFAULT_DAYS, LEAST_DAYS

SHIPPED = Path(__file__).parent
"""Where the policies that come with the product lie."""

# Larger than any real policy, small enough that a wrong file costs nothing.
_LIMIT_BYTES = 256 * 1024


def _known_class(name: object) -> object:
    """A class of data that some table declares, in the words in which a closed list is refused."""
    if name in DEFAULT_DAYS:
        return name
    *others, last = (repr(one) for one in DEFAULT_DAYS)
    expected = f"{', '.join(others)} or {last}"
    raise PydanticCustomError(
        "literal_error", "Input should be {expected}", {"expected": expected}
    )


DataClass = Annotated[str, BeforeValidator(_known_class)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class PolicyFile(BaseModel):
    """One market's file. ``rows``: method, then purpose; what is not there is a no."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    market: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
    version: Text
    reviewed_by: Text
    reviewed_on: date
    source_refs: tuple[Text, ...]
    notice_ids: tuple[Text, ...] = Field(min_length=1)
    consent_days: int = Field(ge=1, le=3_650)
    privacy_weight_pct: int = Field(default=0, ge=0, le=100)
    sensitive_categories: tuple[Text, ...]
    retention_days: dict[DataClass, Annotated[int, Field(ge=1, le=400)]]
    rows: dict[RecognitionMethod, dict[Purpose, PolicyCell]]

    @field_validator("retention_days")
    @classmethod
    def _outlive_what_counts_them(cls, days: dict[DataClass, int]) -> dict[DataClass, int]:
        for name, least in LEAST_DAYS.items():
            if days.get(name, least) < least:
                raise PydanticCustomError(
                    "kept_too_short",
                    "{name} are kept {least} days at least, because caps, back-off and one-time "
                    "rights are counted from them",
                    {"name": name, "least": least},
                )
        return days


def read_policy(file: Path) -> MarketPolicy:
    """The policy in ``file``.

    Raises:
        NotProvisioned: there is no such file.
        SettingsInvalid: it is too large, no YAML, or says something a policy cannot say.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise NotProvisioned(
            f"no market policy at {file}", hint="set policy.file to a reviewed file"
        ) from error
    if len(data) > _LIMIT_BYTES:
        raise SettingsInvalid(f"{file}: {len(data)} bytes; a policy has at most {_LIMIT_BYTES}")
    try:
        found = PolicyFile.model_validate(yaml.safe_load(data))
    except (yaml.YAMLError, ValidationError) as error:
        raise SettingsInvalid(f"{file}: {_first_line(error)}") from error
    return MarketPolicy(
        market=found.market,
        version=found.version,
        cells=frozenset(
            (method, purpose, allowed)
            for method, row in found.rows.items()
            for purpose, allowed in row.items()
        ),
        sensitive_categories=frozenset(found.sensitive_categories),
        notice_ids=frozenset(found.notice_ids),
        consent_days=found.consent_days,
        privacy_weight_pct=found.privacy_weight_pct,
        retention_days=found.retention_days,
    )


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error).splitlines()[0]
