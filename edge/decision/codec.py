"""Decisions and their inputs as bytes: one spelling, so that equal decisions are equal bytes.

Storage writes decisions with it, replay and explanations read them; the digest of these bytes names the inputs.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pydantic import JsonValue, TypeAdapter
from typing_extensions import TypedDict

from edge.domain.creative import Odds
from edge.domain.decision import Decision, Inputs, RejectedCandidate, Rule
from edge.domain.ids import OfferId, Sku

# Fields of a slot or choice that decisions of before them have not even as null.
_LATER = frozenset({"was_cents", "discount", "currency", "churn_risk_pct"})

_INPUTS = TypeAdapter(Inputs)
_DECISION = TypeAdapter(Decision)
_ODDS = TypeAdapter[Odds](Odds)


def encode_inputs(inputs: Inputs) -> bytes:
    """Canonical JSON of ``inputs``; field order is that of the record, mappings are built sorted."""
    return _INPUTS.dump_json(inputs)


def decode_inputs(data: bytes) -> Inputs:
    """The inputs again. Raises pydantic's ``ValidationError`` on foreign bytes."""
    return _INPUTS.validate_json(data)


def odds_to(odds: Odds) -> bytes:
    """Canonical JSON of what is known of creatives."""
    # Sorted: the digest of these bytes names the odds in a decision's inputs, and equal odds must have one name.
    return json.dumps(odds, separators=(",", ":"), sort_keys=True).encode()


def odds_from(body: bytes) -> Odds:
    """The odds again. Raises ``ValueError`` on foreign bytes."""
    return _ODDS.validate_json(body)


def encode_decision(decision: Decision) -> bytes:
    """Canonical JSON of ``decision``; its hundreds of losers lie in columns, which cost a fifth of rows."""
    told: dict[str, Any] = _DECISION.dump_python(replace(decision, losers=()), mode="json")
    told["losers"] = _columns(decision.losers)
    for name in ("choices", "slots"):
        told[name] = [_without_later_fields(one) for one in told[name]]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _without_later_fields(one: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """A record without what it does not have of the fields that came later: an old decision keeps its bytes."""
    return {k: v for k, v in one.items() if v is not None or k not in _LATER}


def decode_decision(data: bytes) -> Decision:
    """The decision again. Raises pydantic's ``ValidationError`` on foreign bytes."""
    stored = _STORED.validate_json(data)
    decision = _DECISION.validate_json(json.dumps({**stored, "losers": []}))
    return replace(decision, losers=_rows(_COLUMNS.validate_python(stored.get("losers"))))


def in_rows(decision: Decision) -> bytes:
    """``decision`` as JSON with one row a loser, for people and pages."""
    return _DECISION.dump_json(decision)


class _Columns(TypedDict):
    """Losers by column, in their order; ``rule`` counts into ``rules``, ``offers`` is by row."""

    sku: list[str]
    points: list[int]
    rules: list[Rule]
    rule: list[int]
    offers: dict[int, str]


_COLUMNS = TypeAdapter(_Columns)
_STORED = TypeAdapter(dict[str, JsonValue])


def _columns(losers: tuple[RejectedCandidate, ...]) -> dict[str, object]:
    # No set: its order differs from process to process, and equal decisions must be equal bytes.
    rules = list(dict.fromkeys([loser.rule for loser in losers]))
    place = {rule: number for number, rule in enumerate(rules)}
    return {
        "sku": [loser.sku for loser in losers],
        "points": [loser.points for loser in losers],
        "rules": [rule.value for rule in rules],
        "rule": [place[loser.rule] for loser in losers],
        # By row, not a column: few losers carry an offer.
        "offers": {row: x.offer for row, x in enumerate(losers) if x.offer is not None},
    }


def _rows(columns: _Columns) -> tuple[RejectedCandidate, ...]:
    rules, offers = columns["rules"], columns["offers"]
    rows = zip(columns["sku"], columns["points"], columns["rule"], strict=True)
    return tuple(
        RejectedCandidate(Sku(sku), points, rules[rule], _offer(offers.get(row)))
        for row, (sku, points, rule) in enumerate(rows)
    )


def _offer(offer: str | None) -> OfferId | None:
    return None if offer is None else OfferId(offer)
