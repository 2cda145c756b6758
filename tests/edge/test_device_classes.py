"""What the devices' and the service's side say of a class of devices goes together, and nobody else says it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import edge
from devices.device_classes import DeviceClass
from edge.domain.placement import NO_SCREEN, SCREENS, SURFACES, Placement

ROOT = Path(edge.__file__).parent
# The lab plays stores that stand in its own scripts, with devices and placements by name.
MODULES = [
    file
    for file in sorted(ROOT.rglob("*.py"))
    if file.relative_to(ROOT).parts[0] != "lab" and file != ROOT / "domain" / "placement.py"
]
# Also the console's account, a kind of identifier and a kind of clock: the words alone do not say which is meant.
AMBIGUOUS = frozenset({"console", "phone", "replay"})


def test_every_class_that_shows_something_has_its_surface_and_a_placement_and_no_other_has() -> (
    None
):
    screens = {one.value for one in DeviceClass if one.is_screen}
    assert screens == SURFACES.keys() - {NO_SCREEN}
    assert screens == {placement.surface for placement in SCREENS.values()}


@pytest.mark.parametrize("placement", SCREENS.values(), ids=lambda p: p.name)
def test_what_strangers_can_see_is_told_alike_on_both_sides(placement: Placement) -> None:
    assert DeviceClass(placement.surface).facts.public == placement.public


def constants(tree: ast.AST) -> Iterator[str]:
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in said:
                yield text
            case _:
                pass


def compared(tree: ast.AST) -> Iterator[str]:
    """Classes of devices that something is compared with, by their names or as members."""
    for node in ast.walk(tree):
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        for side in sides:
            for one in ast.walk(side):
                match one:
                    case ast.Constant(value=str(name)) if name in {*DeviceClass} - AMBIGUOUS:
                        yield name
                    case ast.Attribute(value=ast.Name(id="DeviceClass"), attr=name):
                        yield name
                    case _:
                        pass


def test_a_placement_is_named_in_its_record_alone() -> None:
    # Somebody made up, by whom conditions are tried, stands somewhere; and the centre's streams have an example each.
    examples = {"domain/audience.py", "pipeline/central_streams.py"}
    named = {
        file.relative_to(ROOT).as_posix()
        for file in MODULES
        if any(text in SCREENS for text in constants(ast.parse(file.read_text())))
    }
    assert named == examples


@pytest.mark.parametrize("package", ["edge", "devices"])
def test_nothing_asks_which_class_a_device_is_of(package: str) -> None:
    """What varies by class is a field of its record, so that a new class is asked the same."""
    files = MODULES if package == "edge" else sorted((ROOT.parent / "devices").rglob("*.py"))
    asked = {
        file.relative_to(ROOT.parent).as_posix(): found
        for file in files
        if (found := list(compared(ast.parse(file.read_text()))))
    }
    assert asked == {}
