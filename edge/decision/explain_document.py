"""Why this and not that, for programs: the same as `edge.decision.explain` tells, as a document."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from edge.decision.explain import best, by_rule, digests, stamp
from edge.domain.customer import who
from edge.domain.decision import Choice, Decision, Inputs, RejectedCandidate
from edge.domain.ids import label
from edge.domain.texts import RULES
from edge.domain.value import WHOLE


def explained(
    decision: Decision, inputs: Inputs, names: Mapping[str, str]
) -> dict[str, JsonValue]:
    """One decision as a document. Chances in percent, ages in seconds; an input never heard of has no age."""
    return {
        "decision": decision.id,
        "at": stamp(decision.at),
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
                "best": [_loser(one, names) for one in best(lost)],
            }
            for rule, lost in by_rule(decision.losers).items()
        },
        "model": decision.model,
        "strategy": decision.strategy,
        "digests": digests(decision, inputs),
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
        "propensity_pct": choice.propensity and choice.propensity / 100,
        "sources": list(choice.sources),
        "offer": choice.offer,
        "claim": choice.claim.value,
        "redemption_pct": choice.offer_points and choice.offer_points / 100,
        "expected_cents": choice.offer_expected and choice.offer_expected / 100,
    }


def _loser(loser: RejectedCandidate, names: Mapping[str, str]) -> dict[str, JsonValue]:
    return {
        "sku": loser.sku,
        "name": names.get(loser.sku),
        "chance_pct": loser.points / 100,
        "offer": loser.offer,
    }
