"""The SQL is filled with whole numbers, and with nothing else."""

from importlib.resources import files

import pytest

from models.out_of_core.queries import hours, query


def test_places_are_filled() -> None:
    text = query("window", until=17_000)
    assert "day <= 17000" in text
    assert ":" not in text


@pytest.mark.parametrize("wrong", [{}, {"until": 1, "more": 2}, {"since": 1}])
def test_a_place_too_many_or_too_few_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"window\.sql has places \['until'\]"):
        query("window", **wrong)


@pytest.mark.parametrize("wrong", ["1; DROP TABLE trips", 1.5, True, None])
def test_nothing_but_whole_numbers_is_filled_in(wrong: object) -> None:
    with pytest.raises(ValueError, match="until is none"):
        query("window", until=wrong)  # type: ignore[arg-type]  # that is the point


def test_every_query_says_what_it_is_for_and_is_one_statement() -> None:
    folder = files("models.out_of_core")
    found = (file.name for file in folder.iterdir())
    names = [name.removesuffix(".sql") for name in found if name.endswith(".sql")]
    assert {"lines", "trips", "pairs", "counters"} <= set(names)
    for name in names:
        text = files("models.out_of_core").joinpath(f"{name}.sql").read_text()
        assert text.startswith("-- ")
        assert ";" not in "".join(
            line for line in text.splitlines() if not line.startswith("--")
        )


def test_hours_are_dealt_to_the_five_parts_of_the_day() -> None:
    assert hours().count("(") == 26
    assert "(4, 4), (5, 0)" in hours()
