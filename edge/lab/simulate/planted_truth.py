"""The truth that is planted into the town: how people answer to offers. What a measurement must find again.

``options`` hold it, ``response_model`` answers by it, ``findings`` must come near it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.domain.errors import SettingsInvalid

# A planted truth is a page at most.
_BYTES = 64 * 1024

Percent = Annotated[int, Field(ge=-100, le=500)]
Share = Annotated[int, Field(ge=0, le=100)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]


class PlantedResponse(BaseModel):
    """How people answer to one campaign.

    Units: ``lift_pct`` raises the chance that somebody who was shown the campaign's offer buys its product, at
    every later stop before it for ``lasts_days``. On top of it, in points of per cent: ``segments`` for people
    of a segment, ``creatives`` for whoever was shown that creative last, ``variants`` for people in that arm.
    ``fatigue_pct`` of the lift is lost with each showing after the first; ``annoyed_pct`` is the chance that
    the fourth or a later showing is answered "not for me", where they neither take the product nor favour it.
    ``spillover_pct`` is the lift for whoever walks past a shared screen with the offer on it, on this visit only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    lift_pct: Percent = 0
    lasts_days: Annotated[int, Field(ge=1, le=365)] = 28
    segments: Mapping[Name, Percent] = Field(default_factory=dict[str, int])
    creatives: Mapping[Name, Percent] = Field(default_factory=dict[str, int])
    variants: Mapping[Name, Percent] = Field(default_factory=dict[str, int])
    fatigue_pct: Share = 0
    annoyed_pct: Share = 0
    spillover_pct: Percent = 0

    def lift(
        self, *, segments: tuple[str, ...], creative: str | None, variant: str, showings: int
    ) -> float:
        """The factor on the chance to buy after so many ``showings``; 1 = as without the campaign."""
        if not showings:
            return 1.0
        points = self.lift_pct + sum(self.segments.get(name, 0) for name in segments)
        points += self.creatives.get(creative or "", 0) + self.variants.get(variant, 0)
        worn: float = (1 - self.fatigue_pct / 100) ** (showings - 1)
        return max(0.0, 1 + points / 100 * worn)


class PlantedTruth(BaseModel):
    """The whole truth: campaign -> how it is answered. A campaign that is not here does nothing.

    ``shown_pct`` raises the chance that somebody buys a product that a screen of their own has shown them on this
    visit, with an offer or without: what tells one strategy of choosing from another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    campaigns: Mapping[Name, PlantedResponse] = Field(
        default_factory=dict[str, PlantedResponse]
    )
    shown_pct: Percent = 0

    def of(self, campaign: str) -> PlantedResponse:
        """How people answer to ``campaign``."""
        return self.campaigns.get(campaign, _NOTHING)

    def told(self) -> dict[str, object]:
        """The truth in plain values, without what was left at nothing."""
        everywhere: dict[str, object] = {"shown_pct": self.shown_pct} if self.shown_pct else {}
        return everywhere | {
            name: response.model_dump(exclude_defaults=True)
            for name, response in sorted(self.campaigns.items())
        }


_NOTHING = PlantedResponse()


def read_plant(file: Path) -> PlantedTruth:
    """The truth in a YAML file.

    Raises:
        SettingsInvalid: it is missing, too long, no YAML or has a name or value that there is not.
    """
    try:
        if file.stat().st_size > _BYTES:
            raise SettingsInvalid(
                f"{file} has more than {_BYTES} bytes", hint="a planted truth is a short list"
            )
        return PlantedTruth.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsInvalid(
            f"{file}: {where}: {first['msg']}", hint="docs/simulator.md shows a whole file"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsInvalid(
            f"{file} cannot be read as YAML", hint="docs/simulator.md shows a whole file"
        ) from error
