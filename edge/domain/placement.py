"""Where content can appear, who can see it there and what it may use: the devices' side of a decision, as records.

Every step of a decision reads its placement, and the screens' state, the transitions and the settings read the rest;
a new placement, or a new class of device that shows something, is a record here and nothing else in ``edge``. What
such a class may send stands in ``devices.device_classes``, under the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from edge.domain.consent import Purpose
from edge.domain.market import RecognitionMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """What a class of devices is to whoever decides what it shows; ``name`` is the class's.

    ``seen_by``: how many may look over a person's shoulder there, the price of privacy on it. ``sign_in``: the cell
    of the market's policy that signing in there falls under. ``associate``: an associate reads it, who has a card for
    each of several people, so cards come and go one by one. ``owned``: one person's own device, meant by its name
    only. ``hands_over``: it shows the code by which a shopper's phone takes the visit over. ``redeems``: coupons are
    handed in there.
    """

    name: str
    seen_by: int
    sign_in: RecognitionMethod = RecognitionMethod.KIOSK_LOGIN
    associate: bool = False
    owned: bool = False
    hands_over: bool = False
    redeems: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementWords:
    """What a placement is called: ``one`` in a sentence, ``all`` of them in the settings, ``label`` on a form."""

    one: str
    all: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One kind of spot on one class of device.

    Units: ``limit`` items at most; ``per_category`` of one category at most; ``lives_s`` until the
    content expires. ``public`` means that strangers can see it. ``explores``: some of its places are
    kept for what the person never bought; ``complements`` of them for what goes with the basket.
    ``personal_only``: without consent nothing is decided there at all. ``at_session``: somebody can sign in there,
    and is then shown something of their own.
    """

    name: str
    surface: str
    purpose: Purpose
    public: bool
    limit: int
    template: str
    words: PlacementWords
    per_category: int = 3
    lives_s: int = 60
    explores: bool = False
    complements: int = 0
    personal_only: bool = False
    at_session: bool = False

    @property
    def can_be_overlooked(self) -> bool:
        """Whether anybody in the shop could see it: true of every screen, private or not."""
        return self.surface != NO_SCREEN

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

NO_SCREEN = "none"
"""Stands for a class of device where there is none."""

# Who can see what: nobody the list at arrival, its person a phone, whoever walks by a display.
SURFACES: Mapping[str, Surface] = {
    s.name: s
    for s in (
        Surface(name="display", seen_by=8),
        Surface(name="kiosk", seen_by=2, hands_over=True),
        Surface(
            name="tablet",
            seen_by=3,
            sign_in=RecognitionMethod.ASSOCIATE_LOOKUP,
            associate=True,
        ),
        Surface(name="pos", seen_by=4, sign_in=RecognitionMethod.POS_LOYALTY, redeems=True),
        Surface(name="phone", seen_by=1, owned=True),
        Surface(name=NO_SCREEN, seen_by=0),
    )
}

# A class that nobody listed is taken for one that everybody sees.
_UNLISTED = Surface(name="", seen_by=max(s.seen_by for s in SURFACES.values()))


def surface_of(name: str) -> Surface:
    """The class of devices called ``name``; of one that is not listed, what costs privacy most."""
    return SURFACES.get(name, _UNLISTED)


ARRIVAL = "arrival"
"""What is recommended when somebody is recognised: the list by which the model is judged. No screen of its own."""

DISPLAY = "display-zone"
"""What everybody in a zone can see."""

PHONE = "phone-home"
"""A shopper's own phone, where messages are read as well."""

CARD = "tablet-card"
"""One person's card on an associate's tablet."""

TILL = "till-addon"
"""What goes with the basket, beside a sale."""

PLACEMENTS: Mapping[str, Placement] = {
    p.name: p
    for p in (
        Placement(
            name=ARRIVAL,
            surface=NO_SCREEN,
            purpose=Purpose.RECOGNISE,
            public=False,
            limit=10,
            template="list",
            words=PlacementWords(one="the list made at arrival, on no screen"),
            # As many as there are places: variety is no aim of the list by which the model is judged.
            per_category=10,
            personal_only=True,
        ),
        Placement(
            name=DISPLAY,
            surface="display",
            purpose=Purpose.PERSONALISE_PUBLIC,
            public=True,
            limit=3,
            template="board",
            words=PlacementWords(
                one="the public display", all="the public displays", label="Public displays"
            ),
            per_category=1,
            # Boards are decided anew each half minute: this counts when the service is away.
            lives_s=600,
        ),
        Placement(
            name="kiosk-home",
            surface="kiosk",
            purpose=Purpose.PERSONALISE_PRIVATE,
            public=False,
            limit=6,
            template="tiles",
            words=PlacementWords(one="the kiosk", all="the kiosks", label="Kiosk"),
            explores=True,
            at_session=True,
        ),
        Placement(
            name=PHONE,
            surface="phone",
            purpose=Purpose.PERSONALISE_PRIVATE,
            public=False,
            limit=6,
            template="tiles",
            words=PlacementWords(
                one="the phone", all="the shoppers' phones", label="Shopper’s phone"
            ),
            explores=True,
            personal_only=True,
            at_session=True,
        ),
        Placement(
            name=CARD,
            surface="tablet",
            purpose=Purpose.ASSOCIATE_ASSIST,
            public=False,
            limit=3,
            template="card",
            words=PlacementWords(
                one="an associate's tablet",
                all="the associates' tablets",
                label="Associate’s tablet",
            ),
            per_category=1,
            explores=True,
            # Who refused the associate's help has no card at all, not even one with what fits everybody.
            personal_only=True,
        ),
        Placement(
            name=TILL,
            surface="pos",
            purpose=Purpose.CHECKOUT_OFFER,
            public=False,
            limit=3,
            template="strip",
            words=PlacementWords(one="the till", all="the tills", label="Till"),
            per_category=1,
            lives_s=30,
            complements=1,
            at_session=True,
        ),
    )
}

SCREENS: Mapping[str, Placement] = {
    name: p for name, p in PLACEMENTS.items() if p.can_be_overlooked
}
"""The placements on screens: where an offer can be seen, and a strategy chosen."""

CHANNELS = tuple(dict.fromkeys(p.surface for p in SCREENS.values()))
"""The classes of devices that show something, as offers name them."""

BOARDS: Mapping[str, Placement] = {p.surface: p for p in SCREENS.values() if p.public}
"""What a public screen shows to everybody, by its class: decided when it comes up, and anew as time goes on."""
