from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from edge.campaigns.triggers import signals
from edge.campaigns.triggers.habits import PersonToday
from edge.campaigns.triggers.library import TriggerLibrary
from edge.campaigns.triggers.signals import registry
from edge.campaigns.triggers.signals.registry import SIGNALS
from edge.campaigns.triggers.signals.signal import TriggerSignal, facts_named, occasion_of
from edge.campaigns.triggers.stock_news import ShelfState, StockNews
from edge.domain.ids import ItemKey
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import MessageState, MessageWording, Occasion, Trigger, TriggerEvent
from edge.domain.visit import Visit
from edge.storage.connection import open_connection, transaction
from edge.storage.people import profiles
from models.features.profile import Profile
from tests.edge.builders import ANN, DAY
from tests.edge.campaigns.triggers.house import House, open_house
from tests.edge.campaigns.triggers.kept_days import came, knows, open_kept, ran_by
from tests.edge.shop import CARD, know

FILES = {file.stem for file in Path(signals.__path__[0]).glob("*.py")}


def made_up(name: str) -> TriggerEvent:
    """A signal that `TriggerEvent` does not have: what one more line there would make."""
    event = str.__new__(TriggerEvent, name)
    event._name_, event._value_ = name, name
    return event


CHIME = made_up("chime")
LISTENS = Trigger(
    id="rung",
    version=1,
    signal=CHIME,
    reason="It rang.",
    message=MessageWording(headline="Ding"),
)


def scanned(transition: Transition, visit: Visit) -> Iterator[Occasion]:
    for fact in facts_named("Product Added", transition, visit):
        yield occasion_of(CHIME, fact, str(visit.id))


def stays(visit: Visit, at: datetime) -> Occasion | None:
    return Occasion(signal=CHIME, key=str(visit.id), at=at)


def dearer(news: StockNews) -> Iterator[Occasion]:
    for item in news.after.prices:
        yield Occasion(signal=CHIME, key=f"{item}", at=news.at, item=item)


def of_today(today: PersonToday) -> Occasion | None:
    return Occasion(signal=CHIME, key=str(today.moment.day), at=today.at)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Register a throw-away signal, and edit nothing else."""

    def add(**record: Any) -> None:
        monkeypatch.setitem(SIGNALS, CHIME, TriggerSignal(event=CHIME, **record))

    return add


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    conn = open_connection(file)
    know(file)
    usual = Profile.empty()
    for day in range(DAY - 21, DAY, 7):
        usual.record(9, day)
    with transaction(conn):
        profiles.save(conn, ANN, usual.to_bytes())
    conn.close()
    return file


def listen(house: House) -> None:
    house.triggers.library = TriggerLibrary.of([LISTENS])


def test_every_signal_has_its_file_and_every_file_its_signal() -> None:
    named = {event.value.replace("-", "_") for event in TriggerEvent}
    assert named == FILES - {"__init__", "signal", "registry"}


def test_the_most_telling_signal_comes_first() -> None:
    assert list(SIGNALS) == list(TriggerEvent)


def test_every_signal_is_found_in_some_way() -> None:
    assert all(s.is_replayable or s.in_stock_news or s.stayed_away for s in SIGNALS.values())


def test_a_signal_without_its_file_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="chime"):
        registry.record_of(CHIME)


def test_a_file_with_another_signals_record_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SIGNALS[TriggerEvent.LEAVING]
    monkeypatch.setattr("edge.campaigns.triggers.signals.arrival.SIGNAL", other)
    with pytest.raises(TypeError, match=r"arrival\.py"):
        registry.record_of(TriggerEvent.ARRIVAL)


async def test_a_new_signal_of_a_turn_is_found_and_sent(path: Path, registered: Any) -> None:
    registered(in_transition=scanned)
    async with open_house(path) as house:
        listen(house)
        await house.shop.till("open", card=CARD)
        await house.shop.till("add", 1)
        assert [one.trigger for one in house.messages()] == ["rung"]
        await house.pass_by(2)
        assert house.states() == [MessageState.SENT]


async def test_a_new_signal_of_a_stay_is_found(path: Path, registered: Any) -> None:
    registered(while_staying=stays)
    async with open_house(path) as house:
        listen(house)
        await house.shop.sign_in()
        await house.pass_by(2)
        assert house.states() == [MessageState.SENT]


@pytest.mark.parametrize("only_who_is_here", [False, True])
async def test_a_new_signal_of_the_shelves_is_told_to_whom_it_concerns(
    path: Path, registered: Any, *, only_who_is_here: bool
) -> None:
    registered(in_stock_news=dearer, only_who_is_here=only_who_is_here)
    async with open_house(path) as house:
        listen(house)
        shelves = ShelfState(prices={ItemKey(9): 1})
        house.triggers.stock_changed(shelves, shelves, house.shop.clock.now())
        await house.pass_by(2)
        assert bool(house.messages()) is not only_who_is_here


async def test_a_new_signal_of_habit_is_asked_on_arrival(path: Path, registered: Any) -> None:
    registered(due=of_today)
    async with open_house(path) as house:
        listen(house)
        await house.shop.sign_in()
        assert [one.trigger for one in house.messages()] == ["rung"]


async def test_a_new_signal_of_absence_is_asked_the_morning_after(
    path: Path, registered: Any
) -> None:
    registered(stayed_away=of_today)
    async with open_house(path) as house:
        listen(house)
        for _ in range(48 * 4):
            await house.pass_by(900)
        assert [one.trigger for one in house.messages()] == ["rung"]


@pytest.mark.parametrize(
    "found", [{"in_transition": scanned}, {"while_staying": stays}, {"due": of_today}]
)
def test_a_new_signal_is_dry_run(tmp_path: Path, registered: Any, found: Any) -> None:
    registered(**found)
    conn = open_kept(tmp_path / "store.db")
    knows(conn, ANN)
    came(conn, ANN, -1, 1)
    outcome = ran_by(conn, [LISTENS])
    conn.close()
    assert (outcome.triggers["rung"].fires, outcome.unseen) == (1, ())


@pytest.mark.parametrize("found", [{"in_stock_news": dearer}, {"stayed_away": of_today}])
def test_a_new_signal_that_no_day_tells_of_is_named(
    tmp_path: Path, registered: Any, found: Any
) -> None:
    registered(**found)
    conn = open_kept(tmp_path / "store.db")
    outcome = ran_by(conn, [LISTENS])
    conn.close()
    assert outcome.unseen == ("rung",)
