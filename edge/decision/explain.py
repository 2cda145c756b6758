"""Why this and not that: one stored decision in plain English, for a store engineer, an auditor or the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pydantic import JsonValue

from edge.domain.catalogue import Catalogue
from edge.domain.currency import StoreCurrency
from edge.domain.customer import who
from edge.domain.decision import Choice, ContentKind, Decision, Inputs, RejectedCandidate, Rule
from edge.domain.ids import ItemKey, label
from edge.domain.placement import PLACEMENTS
from edge.domain.texts import ARMS, CLAIMS, KINDS, PLACES, RULES, RUNGS, SOURCES
from edge.domain.value import WHOLE
from models.items import item_key
from models.serving.ranker import BY_CHANCE

_BEST = 5
# As many digits as replay names when something is missing.
_DIGEST = 12
# Inputs count days from 1970, Python's dates from the year 1.
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def explain(
    decision: Decision, inputs: Inputs, names: Mapping[str, str], currency: StoreCurrency
) -> str:
    """Several lines: what was shown, whose data it stood on, how old that was, what won and what lost to which rule.

    ``names`` are products by SKU; one without a name goes by its number. No line holds a token. Money in ``currency``.
    """
    return "\n".join(
        (
            *_shown(decision, inputs),
            *_person(decision, inputs),
            *_situation(inputs),
            *_ages(decision, inputs),
            *_winners(decision, names, currency),
            *_losers(decision, names),
            *_maker(decision, inputs),
        )
    )


def tell(decision: Decision, inputs: Inputs) -> str:
    """One sentence to the person themselves: what they were shown, when and why."""
    day = date.fromordinal(_EPOCH_ORDINAL + inputs.day)
    # Inputs keep the local hour and no time zone, so nothing finer can be said to the person.
    when = f"{day:%d %B}, {inputs.hour:02}:00 to {inputs.hour:02}:59".removeprefix("0")
    place = PLACES.get(decision.placement, decision.placement)
    if not decision.slots:
        return f"{when}, for {place}: nothing was chosen."
    shown = "; ".join(f"{slot.headline} ({slot.reason.lower()})" for slot in decision.slots)
    if decision.kind is not ContentKind.PERSONAL:
        return f"{when}, for {place}: {shown}. Chosen without your earlier purchases."
    allowed = ", ".join(purpose.value for purpose in decision.purposes)
    return f"{when}, for {place}: {shown}. Chosen with your earlier purchases, as you allowed: {allowed}."


def names_in(catalogue: Catalogue, decision: Decision) -> dict[str, str]:
    """The names of the products that ``decision`` speaks of, as far as the catalogue knows them."""
    skus = {c.sku for c in decision.choices} | {loser.sku for loser in decision.losers}
    found = {sku: catalogue.products.get(ItemKey(item_key(sku))) for sku in skus}
    return {sku: product.name for sku, product in found.items() if product is not None}


def _shown(decision: Decision, inputs: Inputs) -> list[str]:
    place = PLACES.get(decision.placement, decision.placement)
    template = PLACEMENTS[decision.placement].template
    count = f"{len(decision.slots)} of at most {inputs.limit} products"
    span = f"{_stamp(decision.at)} ({inputs.hour} h in the store), good until {_stamp(decision.expires_at)}"
    return [
        f"Decision {decision.id}, {decision.placement}: {count} for {place}, {KINDS[decision.kind]}.",
        f'Made at {span}; shown as "{decision.title}" in the template {template}.',
    ]


def _person(decision: Decision, inputs: Inputs) -> list[str]:
    stay = "no visit" if decision.visit is None else f"visit {label(decision.visit)}"
    if decision.token is None:
        return [f"For nobody in particular ({stay}): no personal data was read."]
    allowed = ", ".join(purpose.value for purpose in decision.purposes)
    lines = [
        f"For {who(decision.token)}, an invented name ({stay}); consent held for: {allowed}."
    ]
    if inputs.profile is not None:
        lines.append(f"Their habits were read from snapshot {_short(inputs.profile)}.")
    if inputs.exposures:
        seen = ", ".join(f"{offer} {n}×" for offer, n in inputs.exposures.items())
        lines.append(f"Offers they were shown in the last seven days: {seen}.")
    if inputs.disliked:
        noes = ", ".join(f"{category} {n}×" for category, n in inputs.disliked.items())
        lines.append(f"What they said no to in the last weeks: {noes}.")
    return lines


def _situation(inputs: Inputs) -> list[str]:
    counted = (
        (len(inputs.basket), "in the basket"),
        (len(inputs.just_bought), "bought just now"),
        (len(inputs.out_of_stock), "out of stock"),
        (len(inputs.elsewhere), "offers on their other screens"),
    )
    facts = [f"{what} {count}" for count, what in counted if count]
    where = "no zone" if inputs.zone is None else f"zone {inputs.zone}"
    return [f"Situation: {', '.join([where, *facts])}."]


def _ages(decision: Decision, inputs: Inputs) -> list[str]:
    lines = ["What was looked at, and how old it was:"]
    for name, rung in sorted(decision.rungs.items()):
        # Nobody's habits were read: an age beside them would look as if somebody's had been.
        if name == "profile" and inputs.profile is None:
            continue
        age_s = inputs.ages_s.get(name)
        age = "never heard of" if age_s is None else f"{_span(age_s)} old"
        # The clock's age is by how much it may be wrong; one of which nothing was said is believed.
        if name == "clock":
            age = f"wrong by {_span(age_s or 0)} at most"
        read = age_s is not None or name == "clock"
        lines.append(f"  {name}: {age}, {RUNGS[rung] if read else 'not read'}")
    return lines


def _winners(
    decision: Decision, names: Mapping[str, str], currency: StoreCurrency
) -> list[str]:
    if not decision.choices:
        return ["Nothing won."]
    lines = ["What won, best first:"]
    badges = {slot.sku: slot.badge for slot in decision.slots}
    for place, choice in enumerate(decision.choices, start=1):
        why = ", ".join(SOURCES.get(source, source) for source in choice.sources)
        won = f"  {place}. {_product(choice.sku, names)}: chance {_pct(choice.points)}, because {why}"
        offer = _offer(choice, badges.get(choice.sku), currency)
        told = offer, _terms(choice), _right(choice)
        lines.append(won + "".join(told))
    return lines


def _terms(choice: Choice) -> str:
    """What else its worth was made of, where it was anything."""
    said = (
        (choice.timeliness, f"timely, {choice.timeliness} % more"),
        (choice.loss != WHOLE, f"privacy costs {choice.loss - WHOLE} %"),
        (choice.trust != WHOLE, f"trust {choice.trust} %"),
        (
            choice.churn_risk_pct,
            f"raised since they may be leaving, risk {choice.churn_risk_pct} %",
        ),
    )
    return "".join(f"; {words}" for is_so, words in said if is_so)


def _right(choice: Choice) -> str:
    """What gave it its place, where that was more than its worth."""
    return f"; {CLAIMS[choice.claim]}" if choice.claim in CLAIMS else ""


def _offer(choice: Choice, badge: str | None, currency: StoreCurrency) -> str:
    told = f", offer {choice.offer} ({badge})" if choice.offer else ""
    if choice.creative is not None and choice.propensity is not None:
        told += f", creative {choice.creative} drawn at {_pct(choice.propensity)}"
    if choice.offer_points is None or choice.offer_expected is None:
        return told
    # Kept in hundredths of the smallest unit.
    expected = currency.decimal(choice.offer_expected).scaleb(-2)
    chance = _pct(choice.offer_points)
    return f"{told}: chance of redemption {chance}, expected {expected:f} {currency.code}"


def _losers(decision: Decision, names: Mapping[str, str]) -> list[str]:
    if not decision.losers:
        return ["Nothing lost: every candidate was chosen."]
    lines = ["What lost, by the rule that decided, with the best of each:"]
    for rule, lost in _by_rule(decision.losers).items():
        told = ", ".join(_lost(one, names) for one in _best(lost))
        lines.append(f"  {rule.value} ({RULES[rule]}): {len(lost)} – {told}")
    return lines


def _maker(decision: Decision, inputs: Inputs) -> list[str]:
    named = ", ".join(f"{name} {_short(d)}" for name, d in _digests(decision, inputs).items())
    return [
        f"Group: {ARMS.get(decision.arm, decision.arm)}.",
        *_tests(decision),
        f"Scored by {decision.model}{_order(decision)}. Digests: {named}.",
    ]


def _tests(decision: Decision) -> list[str]:
    """The arms of campaigns, and what a holdout withheld."""
    lines = list[str]()
    if decision.arms:
        arms = ", ".join(f"{campaign} {arm}" for campaign, arm in decision.arms.items())
        lines.append(f"Campaigns: {arms}.")
    if decision.ghosts:
        lines.append(
            f"Withheld to measure by, though it had won: {', '.join(decision.ghosts)}."
        )
    return lines


def _order(decision: Decision) -> str:
    led = decision.strategy != BY_CHANCE
    return f", ordered by the strategy {decision.strategy}" if led else ""


def _digests(decision: Decision, inputs: Inputs) -> dict[str, JsonValue]:
    """The names of everything that the decision was computed from."""
    found = {
        "inputs": decision.inputs,
        "model": inputs.model,
        "catalogue": inputs.catalogue,
        "trend": inputs.trend,
        "profile": inputs.profile,
        "coupons": inputs.coupons,
        "odds": inputs.odds,
    }
    return {name: digest for name, digest in found.items() if digest is not None}


def _by_rule(losers: Iterable[RejectedCandidate]) -> dict[Rule, list[RejectedCandidate]]:
    """Losers by rule, the rule with the most first."""
    found = dict[Rule, list[RejectedCandidate]]()
    for loser in losers:
        found.setdefault(loser.rule, []).append(loser)
    # Equal counts by the rule's name, so that one decision is always told in the same order.
    return dict(sorted(found.items(), key=lambda of: (-len(of[1]), of[0])))


def _best(losers: Iterable[RejectedCandidate]) -> list[RejectedCandidate]:
    """The likeliest of them."""
    return sorted(losers, key=lambda one: (-one.points, one.sku, one.offer or ""))[:_BEST]


def _lost(loser: RejectedCandidate, names: Mapping[str, str]) -> str:
    offer = "" if loser.offer is None else f"{loser.offer} on "
    return f"{offer}{_product(loser.sku, names)} {_pct(loser.points)}"


def _product(sku: str, names: Mapping[str, str]) -> str:
    name = names.get(sku)
    return f"article {sku}" if name is None else f"{name} ({sku})"


def _pct(points: int) -> str:
    return f"{points / 100:.2f} %"


def _span(seconds: int) -> str:
    """An age in the largest unit that fits at least twice."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _short(digest: object) -> str:
    return str(digest)[:_DIGEST]


def _stamp(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.isoformat().replace("+00:00", "Z")


def explained(
    decision: Decision, inputs: Inputs, names: Mapping[str, str]
) -> dict[str, JsonValue]:
    """One decision as a document. Chances in percent, ages in seconds; an input never heard of has no age."""
    return {
        "decision": decision.id,
        "at": _stamp(decision.at),
        "placement": decision.placement,
        "kind": decision.kind.value,
        "who": who(decision.token),
        "visit": None if decision.visit is None else label(decision.visit),
        "zone": inputs.zone,
        "purposes": [purpose.value for purpose in decision.purposes],
        "arm": decision.arm,
        "arms": dict(decision.arms),
        "ghosts": list(decision.ghosts),
        "inputs": {
            name: {"age_s": inputs.ages_s.get(name), "rung": rung.value}
            for name, rung in sorted(decision.rungs.items())
        },
        "winners": [_winner(choice, names) for choice in decision.choices],
        "losers": {
            rule.value: {
                "count": len(lost),
                "means": RULES[rule],
                "best": [_loser(one, names) for one in _best(lost)],
            }
            for rule, lost in _by_rule(decision.losers).items()
        },
        "model": decision.model,
        "strategy": decision.strategy,
        "digests": _digests(decision, inputs),
    }


def _winner(choice: Choice, names: Mapping[str, str]) -> dict[str, JsonValue]:
    return {
        "sku": choice.sku,
        "name": names.get(choice.sku),
        "chance_pct": choice.points / 100,
        "worth": choice.worth,
        "timeliness_pct": choice.timeliness,
        "privacy_loss_pct": choice.loss - WHOLE,
        "trust_pct": choice.trust,
        "creative": choice.creative,
        # `and` keeps None: that no creative was drawn is not a chance of nought.
        "propensity_pct": choice.propensity and choice.propensity / 100,
        "sources": list(choice.sources),
        "offer": choice.offer,
        "claim": choice.claim.value,
        "redemption_pct": choice.offer_points and choice.offer_points / 100,
        "expected_cents": choice.offer_expected and choice.offer_expected / 100,
        "churn_risk_pct": choice.churn_risk_pct,
    }


def _loser(loser: RejectedCandidate, names: Mapping[str, str]) -> dict[str, JsonValue]:
    return {
        "sku": loser.sku,
        "name": names.get(loser.sku),
        "chance_pct": loser.points / 100,
        "offer": loser.offer,
    }
