"""A place where content can appear, who can see it there and what it may use."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.consent import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One kind of spot on one class of device.

    Units: ``limit`` items at most; ``per_category`` of one category at most; ``lives_s`` until the
    content expires. ``public`` means that strangers can see it.
    """

    name: str
    surface: str
    purpose: Purpose
    public: bool
    limit: int
    template: str
    per_category: int = 3
    lives_s: int = 60

    @property
    def can_be_overlooked(self) -> bool:
        """Whether anybody in the shop could see it: true of every screen, private or not."""
        return self.surface != "none"


# What is recommended when somebody is recognised: the list by which the model is judged. No screen of its own.
ARRIVAL = "arrival"

PLACEMENTS = {
    p.name: p
    for p in (
        Placement(
            name=ARRIVAL,
            surface="none",
            purpose=Purpose.RECOGNISE,
            public=False,
            limit=10,
            template="list",
            per_category=10,
        ),
        Placement(
            name="display-zone",
            surface="display",
            purpose=Purpose.PERSONALISE_PUBLIC,
            public=True,
            limit=3,
            template="board",
            per_category=1,
            lives_s=600,
        ),
        Placement(
            name="kiosk-home",
            surface="kiosk",
            purpose=Purpose.PERSONALISE_PRIVATE,
            public=False,
            limit=6,
            template="tiles",
        ),
        Placement(
            name="phone-home",
            surface="phone",
            purpose=Purpose.PERSONALISE_PRIVATE,
            public=False,
            limit=6,
            template="tiles",
        ),
        Placement(
            name="tablet-card",
            surface="tablet",
            purpose=Purpose.ASSOCIATE_ASSIST,
            public=False,
            limit=3,
            template="card",
            per_category=1,
        ),
        Placement(
            name="till-addon",
            surface="pos",
            purpose=Purpose.CHECKOUT_OFFER,
            public=False,
            limit=3,
            template="strip",
            per_category=1,
            lives_s=30,
        ),
    )
}


def placement_for(surface: str) -> Placement | None:
    """The usual placement of a device class, if that class shows anything."""
    return next((p for p in PLACEMENTS.values() if p.surface == surface), None)
