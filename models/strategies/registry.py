"""Every strategy that a store can run from a bundle alone: the one list that all others are made from.

The settings' names, the campaigns' checks and the words on screens read ``STRATEGIES``; a bundle makes its own
with ``named`` (``serving.open_bundle``) and ranks by whichever a placement asks for. A new strategy is its own
file here and one line in this list.
"""

from collections.abc import Mapping
from itertools import count

from models.statistics.tables import Tables
from models.strategies.also_bought import ALSO_BOUGHT
from models.strategies.also_viewed import ALSO_VIEWED
from models.strategies.best_selling import BEST_SELLING
from models.strategies.context import StrategyContext
from models.strategies.low_price import LOW_PRICE
from models.strategies.new_for_you import NEW_FOR_YOU
from models.strategies.protocol import Strategy, StrategyEntry, registered
from models.strategies.recently_bought import RECENTLY_BOUGHT
from models.strategies.recently_viewed import RECENTLY_VIEWED
from models.strategies.resupply import RESUPPLY
from models.strategies.trending import TRENDING
from models.strategies.weekend_favourites import WEEKEND_FAVOURITES

# In the order in which people are told of them; a name once used stays, for settings files name it.
STRATEGIES: Mapping[str, StrategyEntry] = registered(
    (
        TRENDING,
        BEST_SELLING,
        LOW_PRICE,
        RECENTLY_BOUGHT,
        RECENTLY_VIEWED,
        ALSO_BOUGHT,
        ALSO_VIEWED,
        RESUPPLY,
        WEEKEND_FAVOURITES,
        NEW_FOR_YOU,
    )
)

_numbers = count()


def named(tables: Tables, owner: str = "") -> dict[str, Strategy]:
    """Every strategy of the store by name.

    A strategy lists only what it can say: a short or an empty list is filled by whoever asked.

    ``owner``: the bundle's digest, so that ranker and strategies share what they gather of a
    visit; without it these tables get a name of their own.
    """
    # Never twice the same name: what profiles remember under it belongs to these tables alone.
    context = StrategyContext(tables=tables, owner=owner or f"strategies-{next(_numbers)}")
    return {name: entry.make(context) for name, entry in STRATEGIES.items()}
