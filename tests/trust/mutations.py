"""Ten thousand recorded decisions, each made again without a consent: what comes out is nobody's, bit for bit."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from edge.decision.codec import decode_inputs, encode_decision
from edge.decision.flow import decide
from edge.domain.catalogue import Catalogue
from edge.domain.consent import Consents, Purpose
from edge.domain.customer import Customer
from edge.domain.decision import ContentKind
from edge.domain.exposure_memory import (
    DISMISSED,
    NEVER_AGAIN,
    TAKEN_UP,
    ExposureMemory,
    Impression,
    OfferResponse,
)
from edge.domain.identity import Identity, identify
from edge.domain.ids import DecisionId, ItemKey, OfferId, Token, VisitId, digest_of
from edge.domain.market import RecognitionMethod
from edge.domain.placement import PLACEMENTS
from edge.domain.store_site import StoreSite
from edge.state.catalogue import Ages, CurrentCatalogue
from edge.state.creative_odds import odds_of
from edge.state.customers import Person
from edge.state.decider import Decider, DecisionRequest, MadeDecision
from models.offers.wallet import Wallet
from models.serving.local_fallback import LocalFallback
from tests.edge.builders import (
    DAY,
    NOW,
    catalogue,
    customer,
    later,
    policy,
    product,
    profile,
    trend,
)
from tests.edge.fakes import Redeemers
from tests.faults.luck import luck
from tests.trials.figure import Figure, Tick
from tests.trust.campaign import Campaign, none, some
from tests.trust.portfolio import campaigns, offers

DECISIONS, STEPS = 10_000, 100
PLACES = sorted(PLACEMENTS)
_PRODUCTS = 60
_MARKET = policy()


class Untouchable:
    """A person who must not be looked at: whoever reads anything of theirs fails."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"{name} was read of somebody who did not agree")


def sold() -> Catalogue:
    """Sixty products, thirty campaigns with everything that can hang on a person."""
    keys = range(1, _PRODUCTS + 1)
    tests = campaigns(30, NOW)
    stock = [replace(product(n, f"c-{n % 9}"), kind=f"k-{n % 20}") for n in keys]
    live = offers(tests, list(keys), [p.category for p in stock])
    return catalogue(stock, offers=live, campaigns=tests, holdout_pct=10, privacy_weight_pct=30)


def decider(held: Catalogue) -> Decider:
    """The real one, with a model that knows offers, and what creatives have done so far."""
    ages = Ages()
    for name in ("offers", "prices", "promotions", "stock", "trend"):
        ages.heard(name, NOW)
    keys = range(1, _PRODUCTS + 1)
    redeem: dict[tuple[int, ...], float] = {
        o.items: 0.05 + n % 5 / 20 for n, o in enumerate(held.offers)
    }
    sold = CurrentCatalogue(held)
    made = Decider(
        ranker=Redeemers({n: 0.5 - n / 200 for n in keys}, redeem),
        fallback=LocalFallback(),
        site=StoreSite(zone=ZoneInfo("UTC"), place=7),
        catalogue=sold,
        ages=ages,
        on_fallback=lambda: None,
    )
    made.follow(trend(*range(1, 9)))
    counts = [
        (o.id, "", c.id, 50, 5 + 10 * n) for o in held.offers for n, c in enumerate(o.creatives)
    ]
    sold.odds = odds_of(held, counts)
    sold.spending.spend(held.offers[0].id, held.offers[0].campaign, 10)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One recorded decision: who it was for, what was asked, and what came out."""

    person: Person
    question: DecisionRequest
    made: MadeDecision


class Recorder:
    """Makes decisions for made-up people and makes them again with one consent taken out."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._held = sold()
        self._decider = decider(self._held)
        self._names = iter(range(10**9))

    def record(self) -> Case:
        """A decision for somebody who agreed to everything."""
        person = self._somebody()
        who = self._identity(person.customer)
        asked = self._question()
        for_them = replace(asked, person=person, purposes=who.purposes)
        return Case(person=person, question=asked, made=self._decider.make(for_them))

    def nobodys(self, case: Case) -> MadeDecision:
        """The same situation with nobody in it."""
        return self._decider.make(case.question)

    def without(self, case: Case, gone: Purpose) -> MadeDecision:
        """The same with one consent out of the ledger."""
        before = case.person
        entries = before.customer.consents.entries
        left = Consents(entries=tuple(e for e in entries if e.purpose is not gone))
        person = replace(before, customer=before.customer.with_consents(left), habits=None)
        who = self._identity(person.customer)
        known = person if who.token else None
        return self._decider.make(replace(case.question, person=known, purposes=who.purposes))

    def unlooked(self, case: Case) -> MadeDecision:
        """The same for a person who cannot be looked at, and has agreed to all but this placement's purpose."""
        stranger: Person = Untouchable()  # type: ignore[assignment]  # that is the point
        purposes = frozenset(Purpose) - {case.question.placement.purpose}
        return self._decider.make(replace(case.question, person=stranger, purposes=purposes))

    def replayed(self, case: Case) -> bytes:
        """The decision, made again from its recorded bytes alone."""
        inputs = decode_inputs(case.made.stored.inputs)
        digest = digest_of(case.made.stored.inputs)
        ranker = self._decider.ranker
        return encode_decision(decide(inputs, case.made.evidence, self._held, ranker, digest))

    def _identity(self, who: Customer) -> Identity:
        return identify(who, RecognitionMethod.KIOSK_LOGIN, _MARKET, NOW)

    def _question(self) -> DecisionRequest:
        chance = self._chance
        placement = PLACEMENTS[chance.choice(PLACES)]
        ids = [o.id for o in self._held.offers]
        return DecisionRequest(
            id=DecisionId(f"d-{next(self._names)}"),
            placement=placement,
            limit=placement.limit,
            at=NOW + timedelta(hours=chance.randrange(24)),
            visit=VisitId(f"v-{next(self._names)}"),
            zone=chance.choice((None, "dairy", "tills")),
            basket=_items(chance, 4),
            elsewhere=tuple(sorted(chance.sample(ids, chance.randrange(3)))),
            doubt_s=chance.choice((0, 0, 0, 600)),
        )

    def _somebody(self) -> Person:
        chance = self._chance
        token = Token(f"c-mutated{next(self._names):018}")
        person = Person(
            customer=replace(
                customer(token),
                locale=chance.choice(("en-US", "de-DE")),
                segments=tuple(chance.sample(("loyal", "new", "big"), chance.randrange(3))),
            ),
            profile=profile(*_items(chance, 15), day=DAY - chance.randrange(1, 60)),
            memory=self._memory(),
        )
        if chance.random() < 0.5:
            person.wallet = (
                Wallet().counting(DAY - 30, 2).redeeming(DAY - 9, _items(chance, 2) or (1,))
            )
        if chance.random() < 0.5:
            person.profile.record(chance.randrange(1, _PRODUCTS), DAY)
        return person

    def _memory(self) -> ExposureMemory:
        chance, held = self._chance, self._held.offers
        seen = [chance.choice(held) for _ in range(chance.randrange(12))]
        return ExposureMemory(
            touches=sorted(
                Impression(later(days=-chance.random() * 30), o.id, o.campaign, o.category)
                for o in seen
            ),
            responses=[
                OfferResponse(
                    later(days=-chance.random() * 5),
                    chance.choice((TAKEN_UP, DISMISSED, NEVER_AGAIN)),
                    o.category,
                    ItemKey(o.items[0]),
                    o.id,
                )
                for o in seen[:3]
            ],
            given=Counter[OfferId](o.id for o in seen[:2]),
        )


def _items(chance: random.Random, most: int) -> tuple[ItemKey, ...]:
    count = chance.randrange(most + 1)
    return tuple(ItemKey(n) for n in chance.sample(range(1, _PRODUCTS + 1), count))


def record(made: MadeDecision) -> tuple[bytes, bytes]:
    """Everything that is kept of a decision, but how long it took."""
    return made.stored.inputs, encode_decision(made.decision)


def mutations(scale: float, tick: Tick) -> list[Figure]:
    """So many decisions, and of each every consent taken out once."""
    many = max(STEPS, round(DECISIONS * scale))
    recorder, found = Recorder(luck(20171224)), Counter[str]()
    for number in range(many):
        found.update(tried(recorder, recorder.record()))
        if number % max(1, many // STEPS) == 0:
            tick()
    return _figures(found, many)


def tried(recorder: Recorder, case: Case) -> Mapping[str, int]:
    """What became of one decision without each consent, without a look at the person, and made again."""
    nobody = record(recorder.nobodys(case))
    needed = {Purpose.RECOGNISE, case.question.placement.purpose}
    found = Counter(needed=len(needed), others=len(Purpose) - len(needed))
    for gone in Purpose:
        after = record(recorder.without(case, gone))
        if gone in needed:
            found["not nobodys"] += after != nobody
        else:
            found["changed by another"] += after != record(case.made)
    found["looked at"] += record(recorder.unlooked(case)) != nobody
    found["replayed otherwise"] += recorder.replayed(case) != record(case.made)[1]
    found["personal"] += case.made.decision.kind is ContentKind.PERSONAL
    found["with offers"] += any(c.offer for c in case.made.decision.choices)
    found["told apart"] += record(case.made)[1] != nobody[1]
    return found


def _figures(found: Counter[str], many: int) -> list[Figure]:
    trial = f"{many:,} decisions"
    return [
        none(
            trial,
            "without a consent it needs, not nobody's bit for bit",
            found["not nobodys"],
            found["needed"],
        ),
        none(
            trial,
            "changed by a consent it does not need",
            found["changed by another"],
            found["others"],
        ),
        none(trial, "something was read of who did not agree", found["looked at"], many),
        none(trial, "made again otherwise", found["replayed otherwise"], many),
        some(trial, "personal, with everything agreed to", found["personal"], many, many // 2),
        some(trial, "other than nobody's", found["told apart"], many, many // 2),
        some(trial, "with an offer among them", found["with offers"], many, many // 10),
    ]


CAMPAIGN = Campaign(steps=STEPS, run=mutations)
