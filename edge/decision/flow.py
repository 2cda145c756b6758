"""READ FIRST. The whole way from a situation to a decision, on one screen.

    signal → identity → visit …          what came in, from whom, in whose stay     (``visits.py`` and ``intake.py``)
    context → candidates → score         what is possible here and now, and how likely
    experiment → policy → arbitrate      who is held out, what is allowed, what wins
    content → touchpoint                 in which words, on which screen

Everything here is pure: the shell (``intake.py``) reads, calls this, writes, and only then lets anybody know.
That is why a stored decision can be computed again anywhere, to the same bytes.
"""

from __future__ import annotations

from edge.decision.steps.arbitrate import choose
from edge.decision.steps.candidates import shortlist
from edge.decision.steps.content import fill
from edge.decision.steps.context import Evidence, describe
from edge.decision.steps.experiment import assign
from edge.decision.steps.product_rules import allow
from edge.decision.steps.score import score
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Decision, Inputs
from models.serving.ranker import Ranker


def decide(
    inputs: Inputs, evidence: Evidence, catalogue: Catalogue, ranker: Ranker, inputs_digest: str
) -> Decision:
    """Choose what to show at ``inputs.placement``.

    Consent has already been asked: ``evidence.profile`` is present only where it holds. Equal arguments give
    equal decisions, on any machine.
    """
    context = describe(inputs, evidence, catalogue)
    candidates = shortlist(context, ranker)
    scored = score(context, candidates, ranker)
    arms = assign(context, scored)
    allowed = allow(context, scored, arms)
    chosen = choose(context, scored, allowed)
    return fill(context, chosen, arms, model=ranker.label, inputs=inputs_digest)
