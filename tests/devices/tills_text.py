"""The till page's pictures and its table of refusals, made from the code; ``make docs`` writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from devices.errors import Refusal

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "tills.md"
BEGIN, END = "<!-- refusals: made by `make docs` -->", "<!-- /refusals -->"

REASONS: Mapping[Refusal, tuple[str, str]] = {
    Refusal.TOO_LARGE: (
        "More bytes than the contract has: 16 KiB, a basket 64 KiB.",
        "Send fewer lines at once.",
    ),
    Refusal.NOT_JSON: (
        "The payload is no JSON document in UTF-8.",
        "Look at what was really sent; NaN is no JSON.",
    ),
    Refusal.MALFORMED: (
        "A field is missing, unknown or outside its limits; `field` names it.",
        "Mend that field; in a line, send the line again.",
    ),
    Refusal.CARD_NUMBER: (
        "A payment card's number stands in a text.",
        "Never send one. Loyalty numbers that look so: let the store configure their range.",
    ),
    Refusal.UNKNOWN_TYPE: (
        "There is no such `type`, or it comes on another topic.",
        "Events on `event`, questions on `ask`.",
    ),
    Refusal.WRONG_SOURCE: (
        "`source` is not the sender's own.",
        "Use your topic without its last part.",
    ),
    Refusal.WRONG_CLASS: (
        "This class of device may not say that.",
        "Provision the till with `--class pos`.",
    ),
    Refusal.STALE: (
        "Too old for what it says: presence only, never a sale.",
        "Nothing to mend; set the clock.",
    ),
    Refusal.FROM_THE_FUTURE: (
        "From a time that is still to come: presence only, never a sale.",
        "Set the device's clock.",
    ),
    Refusal.DUPLICATE: ("Taken before.", "Nothing: it is on disk, stop repeating."),
    Refusal.UNKNOWN_DEVICE: (
        "The other device is not one of this store.",
        "Name the lane as it was provisioned.",
    ),
    Refusal.UNKNOWN_BEACON: ("The radio id leads to nobody.", "Nothing to mend at a till."),
    Refusal.CLAIM_INVALID: (
        "A signed claim is wrong, used or too old.",
        "Ask the app for a new one.",
    ),
    Refusal.NO_SESSION: (
        "Nobody is signed in here.",
        "Sign in first, or send `loyalty` with the basket.",
    ),
    Refusal.NO_NOTICE: (
        "The notice named is not in force.",
        "Show one of those in `service/about`.",
    ),
    Refusal.NO_CONSENT: ("The person did not allow it.", "Go on as with anybody."),
    Refusal.UNKNOWN_DECISION: (
        "There is no such decision.",
        "Send back the `decision_id` of the answer.",
    ),
    Refusal.UNKNOWN_BASKET: (
        "No basket that can still take this step.",
        "Open a new one; a paid basket takes `void-sale` only.",
    ),
    Refusal.UNKNOWN_PLACEMENT: (
        "There is no such placement.",
        "Ask for one of those in `service/about`.",
    ),
    Refusal.UNKNOWN_LINE: ("The basket has no such line.", "Name a `line_id` of this basket."),
    Refusal.UNKNOWN_ORDER: (
        "The sale is not known here.",
        "Send the return without `of`, or tell the sale first.",
    ),
    Refusal.UNKNOWN_OFFER: ("There is no such offer.", "Use the `offer_id` of the answer."),
    Refusal.UNKNOWN_CODE: (
        "No offer has this code.",
        "Ask the customer for the code as it is on the screen.",
    ),
    Refusal.NO_PRICE: (
        "The line has no price, and the store knows none.",
        "Send `price_cents` or `unit_price`.",
    ),
    Refusal.WRONG_CURRENCY: (
        "Another currency than the store's.",
        "Send amounts in the store's own.",
    ),
    Refusal.OFFER_USED: ("The offer was taken already.", "Charge the full price."),
    Refusal.OFFER_ENDED: ("The offer is over or not begun.", "Charge the full price."),
    Refusal.OFFER_SPENT: ("The offer's budget or stock is used up.", "Charge the full price."),
    Refusal.PLAY_TIME: ("A proof of play that cannot be true.", "Nothing to mend at a till."),
    Refusal.LATE: ("No answer in the time given.", "Go on without; a till never waits."),
    Refusal.TOO_MANY_TRIES: ("Too many numbers that lead to nobody.", "Wait a minute."),
    Refusal.OVERLOADED: (
        "The store is minutes behind.",
        "Keep the event and send it again later.",
    ),
    Refusal.INTERNAL: ("A fault of ours.", "Keep the event and send it again later; tell us."),
}
"""What each word means, and what a till does about it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow: from the left or from the right, or a word about what happens between two; ``lost`` never arrives."""

    says: str
    back: bool = False
    note: bool = False
    lost: bool = False


def said(says: str) -> Step:
    return Step(says)


def told(says: str) -> Step:
    return Step(says, back=True)


def note(says: str) -> Step:
    return Step(says, note=True)


PICTURES: Mapping[str, tuple[str, tuple[Step, ...]]] = {
    "till-sale": (
        "A sale, scanned line by line",
        (
            said("event · basket open"),
            told("receipt · accepted"),
            said("event · basket identify, loyalty"),
            told("receipt · accepted"),
            said("event · basket add, line 1"),
            said("ask · decide, after_line_id 1, deadline 100 ms"),
            told("receipt · accepted"),
            told("answer · items with their discount"),
            said("ask · offer redeem"),
            told("answer · granted, discount"),
            note("the till takes the discount off"),
            said("event · basket complete, all lines and tenders"),
            told("receipt · accepted: on disk"),
        ),
    ),
    "till-offline": (
        "No line to the store: the till never waits",
        (
            Step("event 17 · basket add", lost=True),
            note("no receipt; the till scans on and keeps 17, 18, 19"),
            said("event 17 · the same id, the same body"),
            told("receipt 17 · accepted"),
            said("event 18, then 19 · in their order"),
            Step("receipt 18 · lost on the way", back=True, lost=True),
            told("receipt 19 · accepted"),
            said("event 18 · once more"),
            told("receipt 18 · accepted, duplicate: stop repeating"),
        ),
    ),
    "till-http": (
        "A whole sale in one request",
        (
            said("POST /v1/pos/transactions · Idempotency-Key 0815"),
            Step("202 · lost on the way", back=True, lost=True),
            said("POST · the same key, the same body"),
            told("202 · accepted: it counted once"),
            said("POST · the same key, another body"),
            told("409 · other-body: nothing changed"),
        ),
    ),
    "till-back": (
        "Put aside, taken back, voided",
        (
            said("lane 1 · basket suspend"),
            told("receipt · accepted"),
            said("lane 2 · basket resume, from lane 1"),
            said("lane 2 · basket complete"),
            told("receipt · accepted"),
            note("later: a return, with the sale that it comes from"),
            said("basket complete · a line of kind return, of order and line"),
            told("receipt · accepted"),
            note("or the whole sale was a mistake"),
            said("basket void-sale"),
            told("receipt · accepted: rights, budget and stock are back"),
        ),
    ),
}

# Points of a picture: the two lines of life, and the height of one step.
_LEFT, _RIGHT, _WIDTH, _STEP, _TOP = 110, 610, 720, 34, 84
_INK, _QUIET, _GREEN, _RED, _PAPER = "#1d2b26", "#5b6b64", "#0b6b4f", "#a33a2c", "#f7f4ea"


def as_svg(title: str, steps: Iterable[Step]) -> str:
    """A sequence picture: the till on the left, the store on the right."""
    rows = list(steps)
    height = _TOP + _STEP * len(rows) + 24
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
            ' font-family="system-ui, sans-serif" font-size="13">'
        ),
        f"  <title>{escape(title)}</title>",
        f'  <rect width="{_WIDTH}" height="{height}" fill="{_PAPER}"/>',
        f'  <text x="24" y="30" font-size="16" font-weight="700" fill="{_INK}">{escape(title)}</text>',
    ]
    for x, name in ((_LEFT, "till"), (_RIGHT, "store")):
        parts += [
            f'  <line x1="{x}" y1="{_TOP - 16}" x2="{x}" y2="{height - 12}" stroke="{_QUIET}" stroke-dasharray="2 5"/>',
            f'  <rect x="{x - 44}" y="{_TOP - 40}" width="88" height="24" rx="7" fill="#fff" stroke="{_GREEN}"/>',
            f'  <text x="{x}" y="{_TOP - 23}" text-anchor="middle" fill="{_GREEN}" font-weight="700">{name}</text>',
        ]
    for place, step in enumerate(rows):
        parts += _row(step, _TOP + 18 + _STEP * place)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(step: Step, y: int) -> Iterable[str]:
    middle = (_LEFT + _RIGHT) // 2
    words = f'  <text x="{middle}" y="{y - 5}" text-anchor="middle" fill="{{}}">{escape(step.says)}</text>'
    if step.note:
        yield words.format(_QUIET).replace("<text", '<text font-style="italic"')
        return
    colour = _RED if step.lost else _GREEN if step.back else _INK
    begins, ends = (_RIGHT, _LEFT) if step.back else (_LEFT, _RIGHT)
    if step.lost:
        ends = middle + (-150 if step.back else 150)
    point = 8 if step.back else -8
    yield words.format(colour)
    yield f'  <line x1="{begins}" y1="{y}" x2="{ends}" y2="{y}" stroke="{colour}" stroke-width="1.5"/>'
    if step.lost:
        cross = f"M{ends - 5} {y - 5}l10 10m0 -10l-10 10"
        yield f'  <path d="{cross}" stroke="{colour}" stroke-width="1.8" fill="none"/>'
    else:
        yield f'  <path d="M{ends} {y}l{point} -4.5v9z" fill="{colour}"/>'


def with_refusals(page: str) -> str:
    """The page with its table as the list of refusals is now."""
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    rows = [f"| `{word}` | {REASONS[word][0]} | {REASONS[word][1]} |" for word in Refusal]
    table = "\n".join(["| reason | means | mend |", "|---|---|---|", *rows])
    return f"{head}{BEGIN}\n{table}\n{END}{tail}"


if __name__ == "__main__":
    for file, (title, steps) in PICTURES.items():
        (DOCS / "pictures" / f"{file}.svg").write_text(as_svg(title, steps), encoding="utf-8")
    PAGE.write_text(with_refusals(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
