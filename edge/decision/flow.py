"""READ FIRST. The whole way from a situation to a decision, on one screen; and the way there and back, file by file.

    pipeline/intake.py            a message is accepted (steps/signal.py), in its turn
    pipeline/signal_handlers.py   whose it is (domain/identity.py), and which transition it means (domain/transitions/)
    pipeline/executor.py          memory takes the transition; all that follows goes to disk as one change set
    pipeline/delivery.py          for each screen that it wishes to fill: who may be known there
    state/decider.py              gathers what the decision may read, and calls this file
    decision/flow.py              context → candidates → score      what is possible here and now, and how likely
                                  experiment → product_rules        who is held out, what is allowed
                                  arbitrate → content               what wins, and in which words
    pipeline/screen_sender.py     the decision is on disk: steps/touchpoint.py makes a message of it
    state/device_registry.py      which device it goes to

Everything here is pure: the pipeline reads, calls this, writes, and only then lets anybody know.
That is why a stored decision can be computed again anywhere, to the same bytes (`state.replay`).
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
    # Arms come before what is allowed: a holdout is one of the rules that an offer is asked about.
    arms = assign(context, scored)
    allowed = allow(context, scored, arms)
    chosen = choose(context, scored, allowed)
    return fill(context, chosen, arms, model=ranker.label, inputs=inputs_digest)
