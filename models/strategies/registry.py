"""The strategies that a store can run from a bundle alone, each chosen by its name."""

from itertools import count

from models.statistics.tables import Tables
from models.strategies.also_bought import AlsoBought
from models.strategies.best_selling import BestSelling
from models.strategies.context import StrategyContext
from models.strategies.low_price import LowPrice
from models.strategies.new_for_you import NewForYou
from models.strategies.protocol import NamedStrategy, registered
from models.strategies.recently_bought import RecentlyBought
from models.strategies.resupply import Resupply
from models.strategies.trending import TrendingNow

_numbers = count()


def named(tables: Tables, owner: str = "") -> dict[str, NamedStrategy]:
    """Every strategy of the store by name.

    A strategy lists only what it can say: a short or an empty list is filled by whoever asked.

    ``owner``: the bundle's digest, so that ranker and strategies share what they gather of a
    visit; without it these tables get a name of their own.
    """
    ground = StrategyContext(tables=tables, owner=owner or f"strategies-{next(_numbers)}")
    strategies: list[NamedStrategy] = [
        TrendingNow(ground=ground),
        BestSelling(ground=ground),
        LowPrice(ground=ground),
        RecentlyBought(),
        AlsoBought(ground=ground),
        Resupply(ground=ground),
        NewForYou(ground=ground),
    ]
    return registered(strategies)
