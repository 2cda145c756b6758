"""The settings of the decision itself: its numbers, and what orders each place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from edge.domain.placement import SCREENS

Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


class Part(BaseModel):
    """One table of the settings file; an unknown key stops the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DecisionSettings(Part):
    """What a marketer may turn."""

    shortlist: int = Field(
        default=320, ge=10, le=1_000, description="candidates scored at most"
    )
    offer_boost_pct: int = Field(
        default=10,
        ge=0,
        le=500,
        description="added to the worth of an item on an offer that is expected to leave ten cents",
    )
    margin_pct: int = Field(
        default=25, ge=0, le=100, description="share of its price that a product leaves"
    )
    holdout_pct: int = Field(
        default=10, ge=0, le=50, description="people who get no personal offer, to measure by"
    )
    holdout_salt: Name = Field(
        default="global-1", description="a new salt draws the people anew"
    )
    just_bought_days: int = Field(
        default=1, ge=0, le=60, description="how long a bought product is not proposed again"
    )
    explore_pct: int = Field(
        default=20, ge=0, le=50, description="places kept for what a person never bought"
    )
    due_chance_pct: int = Field(
        default=3,
        ge=0,
        le=100,
        description="from this chance on, what a person is due for comes before what they do not buy",
    )
    timeliness_pct: int = Field(
        default=10,
        ge=0,
        le=200,
        description="added to the worth of what is due now, or on an offer's last day",
    )
    category_cap: int = Field(
        default=12,
        ge=1,
        le=1_000,
        description="offers of one category that one person is shown in seven days",
    )
    person_cap: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="offers of any kind that one person is shown in seven days",
    )
    patience: int = Field(
        default=3,
        ge=1,
        le=100,
        description="showings in a row that nobody takes up halve how often an offer is shown",
    )


Strategy = Literal[
    "chance",
    "trending",
    "best-selling",
    "low-price",
    "recently-bought",
    "also-bought",
    "resupply",
    "new-for-you",
]


class PlacementStrategies(Part):
    """What orders each place; a strategy that has nothing to say leaves its places to the chance of purchase."""

    def by_placement(self) -> dict[str, str]:
        """The named strategies of the placements that have one."""
        told: dict[str, str] = self.model_dump()
        return {
            field.replace("_", "-"): name for field, name in told.items() if name != "chance"
        }


# A key for each placement on a screen, under its name; a type checker sees the class without its keys.
if TYPE_CHECKING:
    StrategySettings = PlacementStrategies
else:
    StrategySettings = create_model(
        "StrategySettings",
        __base__=PlacementStrategies,
        __doc__=PlacementStrategies.__doc__,
        **{
            place.name.replace("-", "_"): (
                Strategy,
                Field(default="chance", description=place.words.all),
            )
            for place in SCREENS.values()
        },
    )
