"""What a command would have different: ``--set``, ``--offers`` and ``--model``, read and checked.

``decisions diff`` and ``what-if`` call ``change_of``; ``campaigns.whatif`` then decides again with the change
that it returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, Field, ValidationError

from edge.app.settings import DecisionSettings, StrategySettings
from edge.campaigns.authoring.campaign_body import campaign_of
from edge.campaigns.authoring.document import read_portfolio
from edge.campaigns.authoring.offer_body import offer_of
from edge.campaigns.whatif.changes import BEFOREHAND, WhatIfChange
from edge.domain.errors import WhatIfRefused
from models.bundle.signature import OWN_WORK
from models.serving.open_bundle import open_bundle

STRATEGIES = "strategies."
"""What the name of a placement's strategy begins with, as in the settings file."""

Turned = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Turn one number of the decision, as under [decision] of the settings, privacy_weight_pct,"
        " or strategies.PLACEMENT; may be repeated.",
    ),
]
Portfolio = Annotated[
    list[Path] | None,
    typer.Option(
        "--offers",
        "--campaigns",
        metavar="FILE",
        help="Offers and campaigns that take the place of those of the same id; may be repeated.",
    ),
]
ModelFolder = Annotated[
    Path | None, typer.Option("--model", metavar="DIR", help="A bundle that scores instead.")
]


class _Market(BaseModel):
    """What a market's policy says of the decision."""

    privacy_weight_pct: int = Field(default=0, ge=0, le=100)


def change_of(
    turned: Sequence[str] | None, files: Sequence[Path] | None = None, model: Path | None = None
) -> WhatIfChange:
    """The change that is asked for.

    Raises:
        ChangeRefused: nothing is asked for, or it cannot be turned, or not on what is stored.
        PortfolioInvalid: a file is no portfolio.
        BundleRefused: a folder is no bundle.
    """
    change = _with_files(_turned(turned or ()), files or ())
    if model is not None:
        # Whoever judges a bundle of their own needs nobody's signature; a service is never given this trust.
        change = replace(change, ranker=open_bundle(model, OWN_WORK))
    # A change of nothing would call every decision the same and look like an answer.
    if not change:
        raise WhatIfRefused(
            "nothing would be different",
            hint="give --set NAME=VALUE, --offers FILE or --model DIR",
        )
    return change


def _turned(pairs: Sequence[str]) -> WhatIfChange:
    tuning, strategies = dict[str, int | str](), dict[str, str]()
    for pair in pairs:
        name, is_set, value = pair.partition("=")
        if not is_set:
            raise WhatIfRefused(f"{pair!r} sets nothing", hint="write --set offer_boost_pct=20")
        if name.startswith(STRATEGIES):
            # The settings write it with an underscore, placements with a hyphen; both are taken.
            place = name.removeprefix(STRATEGIES).replace("-", "_")
            strategies[place.replace("_", "-")] = str(_checked(StrategySettings, place, value))
        elif name in BEFOREHAND:
            raise WhatIfRefused(
                f"{name} cannot be tried: it is read before a decision's inputs are stored",
                hint="set it under [decision] of a test store's settings",
            )
        else:
            # The market's policy has one number of the decision, everything else is in the settings.
            part = _Market if name in _Market.model_fields else DecisionSettings
            tuning[name] = _checked(part, name, value)
    return WhatIfChange(tuning=tuning, strategies=strategies)


def _checked(part: type[BaseModel], name: str, value: str) -> int | str:
    """``value`` within the limits of the setting ``name``. Raises ``WhatIfRefused``."""
    if name not in part.model_fields:
        known = ", ".join((*DecisionSettings.model_fields, *_Market.model_fields))
        raise WhatIfRefused(f"there is no {name!r} to turn", hint=f"there are {known}")
    try:
        # By the setting's own model, so that a what-if can try nothing that settings would refuse.
        turned: int | str = getattr(part.model_validate({name: value}), name)
    except ValidationError as error:
        raise WhatIfRefused(f"{name}: {error.errors()[0]['msg']}") from None
    return turned


def _with_files(change: WhatIfChange, files: Sequence[Path]) -> WhatIfChange:
    found = [read_portfolio(file) for file in files]
    return replace(
        change,
        offers=tuple(offer_of(body) for one in found for body in one.offers),
        campaigns=tuple(campaign_of(body) for one in found for body in one.campaigns),
    )
