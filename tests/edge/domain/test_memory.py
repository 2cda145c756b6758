"""A memory that is read anew loses nothing of what was shown at one instant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.exposure_memory import ExposureMemory, Impression
from edge.domain.ids import OfferId, VisitId
from tests.edge.builders import NOW, later, touch

touches = st.lists(
    st.builds(
        Impression,
        st.sampled_from([NOW, later(1)]),
        st.sampled_from([OfferId("a"), OfferId("b")]),
        st.just("june"),
        st.just("dairy"),
        st.just(VisitId("")),
    ),
    max_size=6,
).map(sorted)


def test_two_screens_filled_at_one_instant_are_two_showings() -> None:
    on_disk = ExposureMemory(touches=[touch("o"), touch("o")])
    assert on_disk.with_all_of(ExposureMemory(touches=[touch("o")])).touches == [touch("o")] * 2


@given(touches, touches)
def test_neither_side_ever_counts_less_than_before(
    one: list[Impression], other: list[Impression]
) -> None:
    both = ExposureMemory(touches=one).with_all_of(ExposureMemory(touches=other)).touches
    for each in {*one, *other}:
        assert both.count(each) == max(one.count(each), other.count(each))
