"""The figures that the README names: which command gives each, and how it is read from what the command prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Values = dict[str, int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command line; ``$FOLDER`` is an empty folder of the whole measurement.

    ``short``: the same in minutes, if there is such a form. ``until``: the words on standard error whose time is noted.
    """

    name: str
    command: str
    short: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. ``shown`` is filled with what ``read`` finds in the documents of its steps.

    ``trips``: the key of the first step's document with what came of each trip, where releases are compared by that.
    """

    id: str
    label: str
    unit: str
    steps: tuple[str, ...]
    shown: str
    read: Callable[[Mapping[str, Document]], Values]
    trips: str = ""


_MINUTE = 'ARGS="--headless --for 60 --port 0 --json"'
_IN_CLONE = 'cd "$FOLDER/clone" &&'

STEPS: tuple[Step, ...] = (
    Step(
        name="minute",
        command=f'git clone --quiet . "$FOLDER/clone" && {_IN_CLONE} make --silent demo {_MINUTE}',
    ),
    Step(
        name="replay",
        command=f"{_IN_CLONE} .venv/bin/storeside decisions replay --dir .storeside-demo --json",
    ),
    Step(
        name="replay-copy",
        command='cp -r "$FOLDER/clone/.storeside-demo" "$FOLDER/copy" &&'
        ' storeside decisions replay --dir "$FOLDER/copy" --json',
    ),
    Step(
        name="again",
        command=f'{_IN_CLONE} make --silent demo ARGS="--headless --for 1 --port 0 --json"',
        until="is open.",
    ),
    Step(
        name="weeks",
        command='storeside demo --headless --port 0 --dir "$FOLDER/weeks" --json',
    ),
    Step(
        name="refresh",
        command="storeside models refresh --data completejourney --bundle models/artifacts/grocer"
        ' --until 2017-11-26 --out "$FOLDER/newer" --json',
    ),
    Step(
        name="evaluate",
        command='storeside models evaluate --data completejourney --bundle "$FOLDER/newer"'
        " --weeks 49 53 --json",
    ),
    Step(
        name="caps",
        command="python -m tests.trust --only caps --json",
        short="python -m tests.trust --only caps --scale 0.1 --json",
    ),
    Step(
        name="trials",
        command="python -m tests.trials --only planted --only no-effect --json",
        short="python -m tests.trials --only planted --only no-effect --runs 10 --json",
    ),
    Step(
        name="faults",
        command='python -m tests.faults --only "kill -9" --kills 100 --out "$FOLDER" --json',
        short='python -m tests.faults --only "kill -9" --kills 5 --out "$FOLDER" --json',
    ),
    Step(
        name="bench",
        command='storeside bench --out "$FOLDER" --json',
        short='storeside bench --quick --out "$FOLDER" --json',
    ),
)
"""In their order: later steps use what earlier ones left in the folder."""


def _starts(of: Mapping[str, Document]) -> Values:
    return {"first_s": of["minute"]["took_s"], "second_s": of["again"]["until_s"]}


def _picked(step: str, *names: str) -> Callable[[Mapping[str, Document]], Values]:
    """The values under these names, as they are."""
    return lambda of: {name: of[step][name] for name in names}


def _with_lift(lift: str, *names: str) -> Callable[[Mapping[str, Document]], Values]:
    """The values of the five weeks under these names, and by how much ours did better than the usual method."""

    def read(of: Mapping[str, Document]) -> Values:
        # None in a replay that foresaw nothing: no figure, and no step of it is any.
        found = of["weeks"][lift]
        rest = {"lift": found["mean"], "lift_low": found["low"], "lift_high": found["high"]}
        return {name: of["weeks"][name] for name in names} | rest

    return read


def _delays(of: Mapping[str, Document]) -> Values:
    said = {
        "screen": "signal_to_screen_ms",
        "answer": "answer_ms",
        "clear": "signal_to_clear_ms",
    }
    return {
        f"{word}_{point}_ms": of["minute"][name][point]
        for word, name in said.items()
        for point in ("p50", "p99")
    }


def _ranker(of: Mapping[str, Document]) -> Values:
    """Beside that published method which does best on the same trips."""
    found, name = of["evaluate"], "ndcg_at_10"
    rivals = {who: one[name]["mean"] for who, one in found["baselines"].items()}
    best = max(rivals, key=lambda who: rivals[who])
    gain = found["gains"][best][name]
    return {
        "ours": found["ranker"][name]["mean"],
        "best_published": rivals[best],
        "gain": gain["mean"],
        "gain_low": gain["low"],
        "gain_high": gain["high"],
    }


def _counted(of: Document, name: str) -> tuple[int, int]:
    """``12 of 4,011`` of a campaign's figure."""
    said = next(one["seen"] for one in of["figures"] if one["name"].startswith(name))
    seen, _, many = said.partition(" of ")
    return int(seen.replace(",", "")), int(many.split(" ")[0].replace(",", ""))


def _caps(of: Mapping[str, Document]) -> Values:
    found, names = Values(), {
        "caps": "caps broken, by the decisions on disk",
        "contradicting": "contradicting offers",
        "twice": "one-time offers given twice",
    }  # fmt: skip
    for word, name in names.items():
        found[word], found[f"{word}_of"] = _counted(of["caps"], name)
    return found


def _lift(of: Mapping[str, Document]) -> Values:
    """False alarms: the worse of the two shares of treated people that are tried."""
    inside, runs = _counted(of["trials"], "interval holds the planted cents")
    alarms = [
        _counted({"figures": [one]}, "")
        for one in of["trials"]["figures"]
        if one["name"].startswith("false alarms")
    ]
    return {
        "inside": inside,
        "runs": runs,
        "alarm_rate": max(seen / many for seen, many in alarms),
    }


def _replayed(of: Mapping[str, Document]) -> Values:
    both = (of["replay"], of["replay-copy"])
    made = sum(one["replayed"] for one in both)
    return {"decisions": made, "identical": sum(one["identical"] for one in both) / made}


def _kills(of: Mapping[str, Document]) -> Values:
    kills = next(one for one in of["faults"]["faults"] if one["name"] == "kill -9")
    return {
        "kills": kills["tries"],
        "receipts": kills["receipts"],
        "lost": kills["losses"],
        "doubled": kills["duplicates"],
        "ready_worst_s": kills["ready_s_worst"],
    }


def _sustained(of: Mapping[str, Document]) -> Values:
    return {"a_second": of["bench"]["receipts_and_qos"]["sustained"]}


ROWS: tuple[Row, ...] = (
    Row(
        id="starts",
        label="`make demo` in a fresh clone to the end of a one-minute replay;"
        " a second start to the open store",
        unit="s",
        steps=("minute", "again"),
        shown="{first_s:.0f} s; {second_s:.0f} s",
        read=_starts,
    ),
    Row(
        id="visits",
        label="visits, recognised, decisions, personal among them",
        unit="count",
        steps=("minute",),
        shown="{visits}, {identified}, {decisions}, {personal}",
        read=_picked("minute", "visits", "identified", "decisions", "personal"),
    ),
    Row(
        id="promises",
        label="lost, duplicates, decisions without consent, errors",
        unit="count",
        steps=("minute",),
        shown="{lost}, {duplicates}, {consent_violations}, {errors}",
        read=_picked("minute", "lost", "duplicates", "consent_violations", "errors"),
    ),
    Row(
        id="arrival",
        label="all five weeks: bought one of ten items recommended at arrival;"
        " of their ten most frequent ones (P-TopFreq@25); of the store's",
        unit="share of visits",
        steps=("weeks",),
        shown="{hit_rate_at_10:.1%}; {baseline_hit_rate_at_10:.1%}; {popular_hit_rate_at_10:.1%}"
        " ({hit_rate_visits} visits); lift {lift:+.1%} [{lift_low:.1%}, {lift_high:.1%}]",
        read=_with_lift(
            "hit_rate_lift",
            "hit_rate_at_10",
            "baseline_hit_rate_at_10",
            "popular_hit_rate_at_10",
            "hit_rate_visits",
        ),
        trips="arrivals_by_person",
    ),
    Row(
        id="till",
        label="all five weeks: scanned something the till had shown in time;"
        " the same for P-TopFreq@25; for the store's best sellers",
        unit="share of baskets",
        steps=("weeks",),
        shown="{complement_rate:.1%}; {baseline_complement_rate:.1%};"
        " {popular_complement_rate:.1%} ({complement_baskets} baskets);"
        " lift {lift:+.1%} [{lift_low:.1%}, {lift_high:.1%}]",
        read=_with_lift(
            "complement_lift",
            "complement_rate",
            "baseline_complement_rate",
            "popular_complement_rate",
            "complement_baskets",
        ),
        trips="tills_by_person",
    ),
    Row(
        id="ranker",
        label="ranker on weeks nobody had seen (49–53), NDCG@10;"
        " the best of seven tuned published methods",
        unit="NDCG@10",
        steps=("refresh", "evaluate"),
        shown="{ours:.3f}; {best_published:.3f}, gain {gain:+.3f} [{gain_low:.3f}, {gain_high:.3f}]",
        read=_ranker,
    ),
    Row(
        id="delays",
        label="signal to screen, till answer, signal to cleared screen, p50 / p99",
        unit="ms",
        steps=("minute",),
        shown="{screen_p50_ms:.1f} / {screen_p99_ms:.0f} ms,"
        " {answer_p50_ms:.1f} / {answer_p99_ms:.0f} ms, {clear_p50_ms:.1f} / {clear_p99_ms:.0f} ms",
        read=_delays,
    ),
    Row(
        id="caps",
        label="six hours without a line, five surfaces, 500 people, 20 × `kill -9`:"
        " caps broken, contradicting offers, one-time offers given twice",
        unit="count",
        steps=("caps",),
        shown="{caps} of {caps_of:,}, {contradicting} of {contradicting_of:,}, {twice} of {twice_of:,}",
        read=_caps,
    ),
    Row(
        id="lift",
        label="planted lift inside the 95 % interval; false alarms looked at after every person",
        unit="share of runs",
        steps=("trials",),
        shown="{inside} of {runs} runs; {alarm_rate:.1%}",
        read=_lift,
    ),
    Row(
        id="replayed",
        label="decisions computed again to the same bytes, also from a copied folder",
        unit="share of decisions",
        steps=("minute", "replay", "replay-copy"),
        shown="{identical:.1%} of {decisions:,}",
        read=_replayed,
    ),
    Row(
        id="kills",
        label="`kill -9` under load, again and again: kills, receipts, lost, doubled;"
        " worst time to ready",
        unit="count; s",
        steps=("faults",),
        shown="{kills}, {receipts:,}, {lost}, {doubled}; {ready_worst_s:.1f} s",
        read=_kills,
    ),
    Row(
        id="service",
        label="memory of the service; ready after start",
        unit="MB; s",
        steps=("minute",),
        shown="{rss_mb:.0f} MB; {ready_s:.1f} s",
        read=_picked("minute", "rss_mb", "ready_s"),
    ),
    Row(
        id="sustained",
        label="sustained load with 500 candidates and storage, p99 within 50 ms (goal 1,500/s)",
        unit="decisions a second",
        steps=("bench",),
        shown="{a_second:.0f}/s",
        read=_sustained,
    ),
)
