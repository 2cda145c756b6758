"""The watch on the loop: it notices what it is there for."""

from __future__ import annotations

import time
from typing import cast

import pytest
from blockbuster import BlockingError

from edge.domain.customer import Customer
from edge.domain.ids import Token
from edge.state.customers import CustomerCache, CustomerSource
from tests.edge.builders import ANN, NOW


class SlowSource:
    """People who are read with a wait."""

    def customer(self, _token: Token) -> Customer | None:
        time.sleep(0.001)
        return None


async def test_a_part_that_waits_in_the_loop_fails_its_test() -> None:
    cache = CustomerCache(cast("CustomerSource", SlowSource()))
    with pytest.raises(BlockingError):
        cache.find(ANN, NOW)


def test_aside_from_the_loop_the_same_part_may_wait() -> None:
    assert CustomerCache(cast("CustomerSource", SlowSource())).find(ANN, NOW) is None
