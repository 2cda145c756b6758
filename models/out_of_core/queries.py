"""The stage's SQL: plain files beside this one, the same for every engine, with whole numbers to fill in.

Every step fills its SQL with it, which lies beside it in files of its own.
"""

import re
from collections.abc import Iterable
from importlib.resources import files

from models.moment import DAYPARTS, daypart

_FOLDER = "models.out_of_core"
# Not after another colon: two of them are a cast.
_PLACE = re.compile(r"(?<!:):([a-z_]+)")


def query(name: str, **numbers: int) -> str:
    """The text of ``name.sql`` with its ``:places`` filled; nothing but whole numbers can be.

    Raises ``ValueError`` for a place without a number, a number without a place, or no number.
    """
    text = files(_FOLDER).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    # Without its comments, whose words after a colon are no places.
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    places = set(_PLACE.findall(body))
    if places != numbers.keys():
        raise ValueError(
            f"{name}.sql has places {sorted(places)}, given were {sorted(numbers)}"
        )
    # Exactly int: to isinstance True would be one as well.
    wrong = [place for place, number in numbers.items() if type(number) is not int]
    if wrong:
        raise ValueError(f"{name}.sql takes whole numbers only; {', '.join(wrong)} is none")
    return _PLACE.sub(lambda place: str(numbers[place[1]]), body)


def hours() -> str:
    """Which part of the day each hour belongs to, as SQL: (clock, part), 24 rows."""
    return _rows(
        "hours(clock, part)", ((hour, DAYPARTS.index(daypart(hour))) for hour in range(24))
    )


def _rows(shape: str, rows: Iterable[tuple[int, ...]]) -> str:
    listed = ", ".join(f"({', '.join(map(str, row))})" for row in rows)
    return f"SELECT * FROM (VALUES {listed}) AS {shape}"  # noqa: S608  # whole numbers only
