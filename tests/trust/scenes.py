"""A hundred thousand scenes before a public screen: never personal with a bystander, nothing sensitive for anybody."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from edge.decision.steps.touchpoint import address
from edge.domain.consent import ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.decision import ContentKind
from edge.domain.event import StoreEvent
from edge.domain.exposure_memory import ExposureMemory
from edge.domain.headcount import FRESH, Headcount
from edge.domain.ids import DeviceId, Token, VisitId
from edge.domain.market import RecognitionMethod
from edge.domain.placement import DISPLAY
from edge.domain.transitions.beacon import SEEN_ON_AIR
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.domain.visit import EndReason, Visit
from edge.pipeline.delivery import ScreenDelivery
from tests.edge.builders import (
    EVERYTHING,
    NOW,
    catalogue,
    customer,
    offer,
    policy,
    product,
    profile,
    said,
)
from tests.edge.decision.steps.test_content import PERSONAL_WORDS
from tests.edge.fakes import HandClock
from tests.edge.shop import Shop, open_shop
from tests.faults.luck import luck
from tests.trials.figure import Figure, Tick
from tests.trust.campaign import Campaign, none, some

SCENES, STEPS = 100_000, 100
_ZONES = ("dairy", "bakery", None)
_SENSITIVE = frozenset({2, 5, 8, 11})
_PEOPLE = 40
_BOARD = DeviceId("display-1")
# A scene in so many ends in something personal at least, or the others prove nothing.
_ONE_IN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sees:
    """What a scene came to. ``company``: whoever was told of beside the one addressed, or could not be ruled out."""

    shown: bool
    personal: bool
    company: bool
    sensitive: bool
    telling: bool
    left_on: bool


class Stage:
    """One public screen with its zone, and whatever comes before it."""

    def __init__(self, shop: Shop, chance: random.Random) -> None:
        self._shop = shop
        self._chance = chance
        self._clock = shop.clock
        self._names = iter(range(10**9))
        self._told: list[Headcount] = []
        self._heard: dict[Token, tuple[str | None, datetime]] = {}
        self._visits: dict[Token, Visit] = {}

    def play(self) -> Sees:
        """One scene: people come and go for half a minute, something is decided, more happens, and it is shown."""
        self._begin()
        for _ in range(self._chance.randrange(7)):
            self._happens()
            self._clock.pass_by(self._chance.choice((0, 0.5, 1, 3, 9, 12)))
        if self._chance.random() < 0.5:
            self._stands_alone()
        shown = self._decided()
        for _ in range(self._chance.choice((0, 0, 1, 2))):
            self._clock.pass_by(self._chance.choice((0.05, 0.5, 2)))
            self._happens()
        found = self._seen(shown)
        self._end()
        return found

    def _begin(self) -> None:
        self._clock.pass_by(60)
        self._told.clear()
        self._heard.clear()

    def _end(self) -> None:
        """Everybody leaves; nobody remembers."""
        at = self._clock.now()
        gone = tuple(v.closing(EndReason.IDLE, at) for v in self._visits.values())
        self._shop.in_store.apply(Transition(facts=(), visits=gone), at)
        self._shop.screens.clear_device(_BOARD)
        for token in self._visits:
            self._shop.people.forget(token)
        self._visits.clear()

    def _happens(self) -> None:
        """Somebody is sighted somewhere, somebody takes a consent back, or the counter says a word."""
        kind = self._chance.random()
        if kind < 0.45:
            self._sight(self._anybody(), self._chance.choice(_ZONES))
        elif kind < 0.9:
            self._count(self._chance.choice((0, 1, 1, 1, 2, 3)))
        elif self._visits:
            token = self._chance.choice(list(self._visits))
            purpose = self._chance.choice((Purpose.RECOGNISE, Purpose.PERSONALISE_PUBLIC))
            no = said(purpose, ConsentState.WITHDRAWN, token=token, at=self._clock.now())
            self._shop.people.add_consents(token, (replace(no, id=f"no-{next(self._names)}"),))

    def _stands_alone(self) -> None:
        token = self._anybody()
        for _ in range(2):
            self._sight(token, "dairy")
        self._count(1)

    def _anybody(self) -> Token:
        return _token(self._chance.randrange(_PEOPLE))

    def _sight(self, token: Token, zone: str | None) -> None:
        now = self._clock.now()
        visit = self._visits.get(token) or Visit(
            id=VisitId(f"v-{next(self._names)}"),
            opened_at=now,
            seen_at=now,
            token=token,
            method=RecognitionMethod.APP_BEACON,
        )
        self._visits[token] = visit.sighted(zone, now)
        self._heard[token] = (zone, now)
        heard = StoreEvent(
            id="f", name=SEEN_ON_AIR, at=now, source="s", visit=visit.id, token=token,
            properties={"zone": zone},
        )  # fmt: skip
        self._shop.in_store.apply(
            Transition(facts=(heard,), visits=(self._visits[token],)), now
        )

    def _count(self, people: int) -> None:
        word = Headcount(people=people, at=self._clock.now())
        self._told.append(word)
        self._shop.in_store.headcounts.count("dairy", word)

    def _decided(self) -> ScreenDelivery:
        now = self._clock.now()
        request = ContentRequest(placement=DISPLAY, visit=None, zone="dairy", limit=3)
        return self._shop.composer.decide(
            request, None, self._clock.business(now), now, devices=(_BOARD,)
        )

    def _seen(self, shown: ScreenDelivery) -> Sees:
        """What stands on the screen, and who may see it, by all that was told – not by what the engine made of it."""
        now, made = self._clock.now(), shown.made.decision
        is_shown = self._shop.sender.may_show(shown)
        personal = is_shown and (made.kind is ContentKind.PERSONAL or made.token is not None)
        company = self._may_be_company(made.token)
        show = address(made, now, {})
        words = {word for item in show.items for word in item.reason.casefold().split()}
        return Sees(
            shown=is_shown,
            personal=personal,
            company=company,
            sensitive=is_shown and any(int(i.item_id) in _SENSITIVE for i in show.items),
            telling=is_shown and bool(words & set(PERSONAL_WORDS)),
            left_on=personal and self._is_left_on(made.token),
        )

    def _is_left_on(self, token: Token | None) -> bool:
        """Whether the screen would stay personal when more happens, or when nobody says anything any more."""
        self._happens()
        if self._may_be_company(token) and not self._is_wiped():
            return True
        self._clock.pass_by(FRESH.total_seconds() + 1)
        return not self._is_wiped()

    def _is_wiped(self) -> bool:
        return _BOARD in [
            board for board, _ in self._shop.screens.overlooked(self._clock.now())
        ]

    def _may_be_company(self, token: Token | None) -> bool:
        """Whether anybody but ``token`` is told to be there, or nobody can say for sure that there is not."""
        word = self._told[-1] if self._told else None
        if word is None or word.people != 1 or self._age(word.at) > FRESH:
            return True
        others = [t for t, visit in self._visits.items() if t != token and _near(visit)]
        heard = None if token is None else self._heard.get(token)
        here = heard is not None and heard[0] == "dairy" and self._age(heard[1]) <= FRESH
        return bool(others) or not here

    def _age(self, at: datetime) -> timedelta:
        return self._clock.now() - at


def _near(visit: Visit) -> bool:
    return "dairy" in (visit.zone, visit.rumour_zone)


def _token(number: int) -> Token:
    return Token(f"c-scene{number:020}")


def _consents(number: int) -> frozenset[Purpose]:
    """Three in five agreed to everything; the others lack one of the two, or both."""
    lacking = ((), (), (), (Purpose.PERSONALISE_PUBLIC,), (Purpose.RECOGNISE,))[number % 5]
    return EVERYTHING - frozenset(lacking)


class _Town:
    """The people of the scenes, as a shelf: nobody is on a disk."""

    def __init__(self) -> None:
        self._habits = {
            _token(n): profile(*(1 + (n + k) % 12 for k in range(5))).to_bytes()
            for n in range(_PEOPLE)
        }

    def customer(self, token: Token) -> Customer:
        number = int(token.removeprefix("c-scene"))
        return customer(token, _consents(number))

    def profile(self, token: Token) -> bytes | None:
        return self._habits[token]

    def coupons(self, token: Token) -> bytes | None:
        return None

    def memory(self, token: Token, since: datetime) -> ExposureMemory:
        return ExposureMemory()


def scenes(scale: float, tick: Tick) -> list[Figure]:
    """So many scenes, each judged by what was told in it."""
    many = max(STEPS, round(SCENES * scale))
    found = asyncio.run(_played(many, tick))
    return _figures(found, many)


async def _played(many: int, tick: Tick) -> Counter[str]:
    sold = catalogue(
        [product(n, "wine" if n in _SENSITIVE else f"c-{n % 3}") for n in range(1, 13)],
        offers=[offer("a", 1, 2), offer("b", 7, category="bread")],
        sensitive=["wine"],
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "storeside.db"
        async with open_shop(path, sold=sold, clock=HandClock(NOW), market=policy()) as shop:
            shop.people._source = _Town()  # noqa: SLF001 - people without a disk
            stage, found = Stage(shop, luck(20171224)), Counter[str]()
            for number in range(many):
                _note(found, stage.play())
                if number % max(1, many // STEPS) == 0:
                    tick()
            return found


def _note(found: Counter[str], scene: Sees) -> None:
    found["personal"] += scene.personal
    found["company"] += scene.company
    found["broken"] += scene.personal and scene.company
    found["withheld"] += not scene.shown
    found["sensitive"] += scene.sensitive
    found["telling"] += scene.telling
    found["left on"] += scene.left_on


def _figures(found: Counter[str], many: int) -> list[Figure]:
    trial = f"{many:,} scenes"
    return [
        none(trial, "personal with a bystander, or in any doubt of one", found["broken"], many),
        none(trial, "something sensitive", found["sensitive"], many),
        none(trial, "a reason that tells of a person", found["telling"], many),
        none(
            trial,
            "personal left on when company comes, or without a fresh word",
            found["left on"],
            many,
        ),
        some(trial, "personal to one surely alone", found["personal"], many, many // _ONE_IN),
        some(trial, "with a bystander, or in doubt", found["company"], many),
        some(
            trial,
            "decided personal, and withheld when it was to be shown",
            found["withheld"],
            many,
        ),
    ]


CAMPAIGN = Campaign(steps=STEPS, run=scenes)
