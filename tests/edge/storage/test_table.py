from __future__ import annotations

from dataclasses import dataclass

import pytest

from edge.storage.table import Table, arranged


@dataclass(frozen=True)
class Part:
    before: str | None = None


def test_parts_stay_in_their_order() -> None:
    assert list(arranged({"a": Part(), "b": Part(), "c": Part()})) == ["a", "b", "c"]


def test_a_part_goes_directly_before_the_one_it_names() -> None:
    parts = {"visits": Part(), "decisions": Part(), "baskets": Part("visits")}
    assert list(arranged(parts)) == ["baskets", "visits", "decisions"]


def test_two_before_the_same_one_keep_their_own_order() -> None:
    parts = {"decisions": Part(), "plays": Part("decisions"), "replies": Part("decisions")}
    assert list(arranged(parts)) == ["plays", "replies", "decisions"]


def test_a_place_before_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        arranged({"a": Part("nowhere")})


def test_a_place_before_one_that_waits_for_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="'b'"):
        arranged({"a": Part("b"), "b": Part("c"), "c": Part()})


def test_a_table_that_says_nothing_of_its_retention_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="retention"):
        Table(name="planted")  # type: ignore[call-arg]  # the type checker refuses it, too
