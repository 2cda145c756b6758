"""One bundle before its cases: its lists, and the published methods' lists for the same trips.

``evaluate`` makes them first, and every other check reads them, so that no list is made twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.evaluation.cases import EvaluationCase, listed
from models.evaluation.metrics import LENGTH, Grades, grade
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey
from models.statistics.tables import Floats
from models.strategies.protocol import Strategy
from models.strategies.published_registry import PublishedSettings, published

# The best of the simple methods, and what everybody gets who is not known.
REFERENCE = "p-topfreq-25"
POPULAR = "g-topfreq"
COSINE = "item-cosine"

Listed = tuple[Keys, Floats]
OnPart = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleLists:
    """``lists`` hold every candidate of a case, likeliest first; ``tens`` ten a method and case."""

    journey: Journey
    bundle: Bundle
    cases: list[EvaluationCase]
    lists: list[Listed]
    strategies: Mapping[str, Strategy]
    tens: dict[str, list[Keys]]

    def grades(self) -> list[Grades]:
        """The ranker's grades, one a case."""
        return graded([keys for keys, _ in self.lists], self.cases)

    def rival_grades(self) -> dict[str, list[Grades]]:
        """Every published method's grades, one a case."""
        return {name: graded(tens, self.cases) for name, tens in self.tens.items()}

    def popular(self, view: ModelRequest, n: int) -> Keys:
        """What everybody buys, and is not in the view's basket."""
        return self.strategies[POPULAR].rank(view, n)


def list_for_cases(
    journey: Journey,
    bundle: Bundle,
    found: list[EvaluationCase],
    cut_day: int,
    on_part: OnPart,
    settings: PublishedSettings | None = None,
) -> BundleLists:
    """Have the bundle and every published method list for each case."""
    strategies = published(journey, bundle.tables, cut_day, settings)
    lists: list[Listed] = []
    tens: dict[str, list[Keys]] = {name: [] for name in strategies}
    for number, case in enumerate(found):
        lists.append(listed(bundle, case.view))
        for name, strategy in strategies.items():
            tens[name].append(strategy.rank(case.view, LENGTH))
        on_part(number / len(found))
    return BundleLists(
        journey=journey,
        bundle=bundle,
        cases=found,
        lists=lists,
        strategies=strategies,
        tens=tens,
    )


def graded(lists: list[Keys], cases: list[EvaluationCase]) -> list[Grades]:
    """Each case's list against what was bought."""
    return [grade(keys, case.truth) for keys, case in zip(lists, cases, strict=True)]
