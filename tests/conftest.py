"""How a run is shared out among workers, and how long a test may take on a machine that others use too."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import PurePosixPath

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # it ships no types

from tests.patience import look_around, patient

# How fast an example is says who else uses the machine; a law holds or does not.
settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")

# By seconds of a whole run, the longest first, so that all workers end at about the same time.
LONG = (
    "tests/edge/lab",
    "tests/day",
    "tests/pages",
    "tests/faults",
    "tests/edge/cli",
    "tests/trust",
    "tests/contract",
    "tests/tills",
    "tests/trials",
    "tests/edge/campaigns",
    "tests/models",
)


def place(nodeid: str) -> int:
    """When in a run a test's turn is: the number of its folder in ``LONG``, or after them."""
    return next((n for n, name in enumerate(LONG) if nodeid.startswith(f"{name}/")), len(LONG))


class ByFolder(LoadScopeScheduling):  # type: ignore[misc] # as above
    """A folder goes to one worker as a whole: its store, its town and its browser are made once."""

    def _split_scope(self, nodeid: str) -> str:
        return PurePosixPath(nodeid.partition("::")[0]).parent.as_posix()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFolder:
    config.option.loadscopereorder = False  # the order is ours, not that of the number of tests
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Before pytest-timeout sets a test's limit, it grows with the load."""
    look_around()
    own = item.get_closest_marker("timeout") or pytest.mark.timeout(
        float(item.config.getini("timeout"))
    )
    grown = pytest.mark.timeout(patient(own.args[0]), **own.kwargs)
    item.add_marker(grown, append=False)
    return (yield)
