"""A place where content can appear, who can see it there and what it may use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from edge.domain.consent import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One kind of spot on one class of device.

    Units: ``limit`` items at most; ``per_category`` of one category at most; ``lives_s`` until the
    content expires. ``public`` means that strangers can see it. ``explores``: some of its places are
    kept for what the person never bought; ``complements`` of them for what goes with the basket.
    """

    name: str
    surface: str
    purpose: Purpose
    public: bool
    limit: int
    template: str
    per_category: int = 3
    lives_s: int = 60
    explores: bool = False
    complements: int = 0

    @property
    def can_be_overlooked(self) -> bool:
        """Whether anybody in the shop could see it: true of every screen, private or not."""
        return self.surface != "none"

    @property
    def reminds(self) -> bool:
        """Whether what a person is due for comes first here: on their own screens, and those of who serves them."""
        return self.can_be_overlooked and not self.public

    def explore_places(self, limit: int, pct: int, stay: str) -> int:
        """How many of ``limit`` places are kept for something new, of ``pct`` per cent of all places.

        Three places hold 0.6 of one: the part that is no whole place is drawn by ``stay``, so that a screen keeps
        its layout during a visit, and over many visits the share is exact.
        """
        if not self.explores:
            return 0
        whole, rest = divmod(limit * pct, 100)
        code = hashlib.sha256(f"explore\x00{self.name}\x00{stay}".encode()).digest()
        return whole + (int.from_bytes(code[:8], "big") * 100 < rest * _RANGE)


_RANGE = 2**64

# What is recommended when somebody is recognised: the list by which the model is judged. No screen of its own.
ARRIVAL = "arrival"

DISPLAY = "display-zone"
"""What everybody in a zone can see."""

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
            explores=True,
        ),
        Placement(
            name="phone-home",
            surface="phone",
            purpose=Purpose.PERSONALISE_PRIVATE,
            public=False,
            limit=6,
            template="tiles",
            explores=True,
        ),
        Placement(
            name="tablet-card",
            surface="tablet",
            purpose=Purpose.ASSOCIATE_ASSIST,
            public=False,
            limit=3,
            template="card",
            per_category=1,
            explores=True,
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
            complements=1,
        ),
    )
}
