"""Every address in one list: what a route's file must be, and that none is forgotten."""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Iterator
from importlib import import_module

import edge.api
from edge.api.http.openapi import OpenApiRoutes
from edge.api.http.route import RouteGroup
from edge.api.routes import operations_of
from tests.edge.api.fakes import Store


def groups() -> Iterator[type]:
    """Every class below ``edge.api`` that has addresses."""
    for module in pkgutil.walk_packages(edge.api.__path__, "edge.api."):
        for found in vars(import_module(module.name)).values():
            ours = isinstance(found, type) and found.__module__ == module.name
            if ours and hasattr(found, "operations") and found is not RouteGroup:
                yield found


def test_every_group_of_routes_is_registered(store: Store) -> None:
    registered = [type(group) for group in store.site().routes]
    assert {*registered, OpenApiRoutes} == set(groups())
    assert len(registered) == len(set(registered))


def test_no_address_and_no_name_stands_twice(store: Store) -> None:
    operations = operations_of(store.site().routes, "1")
    addresses = Counter((one.method, one.path) for one in operations)
    names = Counter(one.name for one in operations)
    assert [one for one, n in (addresses + names).items() if n > 1] == []
