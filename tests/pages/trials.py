"""Tests, key figures and triggers as the console is told of them, with invented figures."""

from __future__ import annotations

from collections.abc import Sequence

from edge.api.http.errors import CannotPromote
from edge.api.services.experiments import StoredExperiments
from edge.api.services.kpi_board import StoredFigures
from edge.api.services.uplift_text import uplift_view
from edge.api.views.experiments import (
    ComparedView,
    ExperimentReport,
    ExperimentView,
    IntervalView,
    RatioView,
    SwitchedView,
)
from edge.campaigns.kpis.board_document import (
    BoardView,
    ChallengeView,
    DriverView,
    FigureView,
    TabletView,
)
from tests.edge.api.fakes import NOW
from tests.trials.uplift import PLANTED, planted


def compared(**changed: object) -> ComparedView:
    """Two ways of one campaign by what is spent; ``changed`` replaces whole fields."""
    plain = {
        "metric": "visit-spend-cents",
        "arm": "second",
        "against": "first",
        "told": True,
        "stands": True,
        "difference": IntervalView(value=84.0, low=31.0, high=137.0),
        "relative": IntervalView(value=0.034, low=0.012, high=0.056),
        "people": 2_140,
        "control": 2_098,
        "settling": 41,
        "least": 400,
        "words": "second does more than first: +84.00 cents a visit, between +31.00 and +137.00.",
    }
    return ComparedView.model_validate({**plain, **changed})


def trial(id_: str, name: str, **changed: object) -> ExperimentView:
    """One test in a list."""
    plain = {
        "id": id_,
        "name": name,
        "state": "live",
        "design": "person",
        "iteration": 1,
        "lineage": (id_,),
        "starts_at": NOW,
        "ends_at": NOW,
        "people": {"held-out": 471, "first": 2_098, "second": 2_140},
        "alarm": False,
        "headline": compared(),
    }
    return ExperimentView.model_validate({**plain, **changed})


NOT_YET = compared(
    told=False,
    stands=False,
    people=96,
    control=101,
    settling=12,
    difference=IntervalView(value=0.0),
    relative=IntervalView(value=0.0),
    words="Not enough yet: 197 of at least 400 people are counted.",
)
NO_MORE = compared(
    stands=False,
    relative=IntervalView(value=-0.004, low=-0.021, high=0.013),
    words="No difference can be told: -9.00 cents a visit, between -51.00 and +33.00.",
)
HOURS = SwitchedView(
    metric="basket-spend-cents",
    planned=IntervalView(value=61.2, low=12.0, high=110.0),
    running=IntervalView(value=61.2, low=-4.0, high=126.0),
    pairs=42,
    without=2_741.5,
)
LINE = ("rolls", "rolls-v2", "rolls-v3")
ROLLS = trial("rolls-v3", "Rolls for the weekend v3", iteration=3, lineage=LINE)
FEW = trial("eggs", "Eggs on Monday", headline=NOT_YET, people={"held-out": 20, "treated": 177})
WRONG = trial("milk", "Milk in June", alarm=True, people={"held-out": 900, "treated": 1_400})
SCREENS = trial(
    "wall", "Boards by the hour", design="switchback", headline=None, people={}, switched=HOURS
)
REPORT = ExperimentReport(
    experiment=ROLLS,
    ratio=RatioView(alarm=False, chance=0.41, seen=ROLLS.people, meant={"first": 0.45}),
    compared=(
        compared(),
        compared(
            metric="month-trips", stands=False, relative=NO_MORE.relative, words=NO_MORE.words
        ),
    ),
    segments=(compared(segment="regular"), NO_MORE.model_copy(update={"segment": "new here"})),
    iterations=(
        trial("rolls", "Rolls", state="ended", headline=NO_MORE),
        trial("rolls-v2", "Rolls v2", state="ended", iteration=2),
        ROLLS,
    ),
    uplift=uplift_view(planted(1, PLANTED)[0]),
)
BOARD = BoardView(
    since=NOW,
    days=28,
    figures=(
        FigureView(
            name="sales",
            value=1_284_113.0,
            unit="cents",
            n=481,
            stage="downstream",
            says="What was paid, before offers.",
        ),
        FigureView(
            name="incremental-sales",
            value=None,
            unit="cents",
            n=0,
            stage="downstream",
            says="What the treated paid more than those held out.",
        ),
        FigureView(
            name="repeat-rate",
            value=0.4313,
            unit="share",
            n=209,
            stage="downstream",
            says="Of those who came, those who came on two days.",
        ),
        FigureView(
            name="satisfaction",
            value=4.4,
            unit="of five",
            n=57,
            stage="near-term",
            says="Mean of the answers from one to five.",
        ),
    ),
    drivers=(DriverView(driver="e-mail-captured", people=12, cents=2_400, value_cents=200),),
    tablets=(
        TabletView(
            device="tablet-1", contacted=40, sold_to=9, sold_pct=22.5, pieces=14, cents=5_210
        ),
    ),
    challenges=(ChallengeView(challenge="three-of-the-week", cards=31, begun=17, rewarded=6),),
)


class Trials(StoredExperiments):
    """Four tests, of which one has a winner. ``promoted``: what was made a rule."""

    def __init__(self) -> None:
        self.tests: list[ExperimentView] = [ROLLS, FEW, WRONG, SCREENS]
        self.report = REPORT
        self.refuses = False
        self.promoted: list[tuple[str, str]] = []

    async def all(self) -> Sequence[ExperimentView]:
        """Every test."""
        return self.tests

    async def one(self, id_: str) -> ExperimentReport | None:
        """The one test with a report, or a bare one."""
        if id_ == ROLLS.id:
            return self.report
        found = next((one for one in self.tests if one.id == id_), None)
        return None if found is None else ExperimentReport(experiment=found)

    async def promote(self, id_: str, arm: str, *, anyway: bool) -> ExperimentReport | None:
        """Remember it, or refuse."""
        if self.refuses or anyway:
            raise CannotPromote(
                "the figures do not say that it is better; wait for more people"
            )
        self.promoted.append((id_, arm))
        return await self.one(id_)


class Figures(StoredFigures):
    """A board that somebody else has counted."""

    def __init__(self) -> None: ...

    async def board(self) -> BoardView:
        """The board."""
        return BOARD

    def today(self) -> dict[str, int]:
        """Nothing today."""
        return {}
