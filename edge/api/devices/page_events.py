"""What a page may say: the same data as any device's events, under an id that the page repeats until its receipt.

`page_gateway` reads a page's posts as these, and the page's line sends their data on.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel, StringConstraints

from devices.messages import till, up
from devices.messages.fields import Wire

Uuid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
"""An id that the page draws at random, once for each thing it says."""


class SaidPlay(Wire):
    """Proof that a creative was on the page's screen."""

    id: Uuid
    type: Literal["play"]
    data: up.Play


class SaidFeedback(Wire):
    """What a person or an associate did with an offer."""

    id: Uuid
    type: Literal["feedback"]
    data: up.Feedback


class SaidSignIn(Wire):
    """A person says who they are."""

    id: Uuid
    type: Literal["sign-in"]
    data: up.SignIn


class SaidSignOut(Wire):
    """The session at this page ends."""

    id: Uuid
    type: Literal["sign-out"]
    data: up.SignOut


class SaidConsent(Wire):
    """The person of the session grants or withdraws."""

    id: Uuid
    type: Literal["consent"]
    data: up.Consent


class SaidBasket(Wire):
    """A step of a basket at the till's page."""

    id: Uuid
    type: Literal["basket"]
    data: till.Basket


class SaidSighting(Wire):
    """A beacon or an app was heard by the page's device."""

    id: Uuid
    type: Literal["sighting"]
    data: up.Sighting


AnySaid = (
    SaidPlay | SaidFeedback | SaidSignIn | SaidSignOut | SaidConsent | SaidBasket | SaidSighting
)


class Said(RootModel[Annotated[AnySaid, Field(discriminator="type")]]):
    """What a page says; sent again under the same id until it is accepted."""


class AskedDecision(Wire):
    """A page asks what to show."""

    type: Literal["decide"]
    data: up.Ask


class AskedOffer(Wire):
    """A till's page asks for an offer."""

    type: Literal["offer"]
    data: up.OfferAsk


class Asked(RootModel[Annotated[AskedDecision | AskedOffer, Field(discriminator="type")]]):
    """What a page asks."""
