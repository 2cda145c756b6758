"""One simulation, from the first shopper to the end of the last one's stay.

``edge.cli.simulate`` calls ``play``; ``days`` passes the time, ``invariants`` judges, ``summary`` tells.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from edge.domain.errors import SettingsInvalid
from edge.lab.simulate.days import SimulatedDays
from edge.lab.simulate.fake_line import SimulatedLine
from edge.lab.simulate.faults import SimulatedCentre
from edge.lab.simulate.invariants import InvariantJudge, PromiseVerdict
from edge.lab.simulate.learned import learn
from edge.lab.simulate.options import OPENS, SimulateOptions
from edge.lab.simulate.population import Population, invent
from edge.lab.simulate.portfolio import SimulatedPortfolio, build_portfolio
from edge.lab.simulate.premises import SimulatedPremises
from edge.lab.simulate.record import EventLog
from edge.lab.simulate.response_model import PurchaseChance, ResponseModel
from edge.lab.simulate.store import STORE, equip, furnish, open_shop
from edge.lab.simulate.virtual_time import SimClock, VirtualTime

Progress = Callable[[float], None]
"""Told which part of the simulated time, 0..1, is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedRun:
    """What came of it. ``truth`` is the town's own, and in no table of the store; ``database`` is the store's file."""

    options: SimulateOptions
    portfolio: SimulatedPortfolio
    database: Path
    truth: tuple[PurchaseChance, ...]
    log_sha256: str
    events: int
    visits: int
    decisions: int
    at_centre: int
    twice_at_centre: int
    verdict: PromiseVerdict


def play(
    options: SimulateOptions, folder: Path, progress: Progress = lambda _part: None
) -> SimulatedRun:
    """Run the simulation in the empty ``folder``.

    Raises:
        SettingsInvalid: the planted truth speaks of campaigns that there are not.
    """
    with asyncio.Runner(loop_factory=VirtualTime) as runner, _written(options.log) as lines:
        return runner.run(_played(options, folder, lines, progress))


@contextmanager
def place_for(options: SimulateOptions) -> Generator[Path]:
    """The folder to run in: the one that was asked for, or one that is gone afterwards.

    Raises:
        SettingsInvalid: it holds something already.
    """
    if options.folder is None:
        with tempfile.TemporaryDirectory(prefix="storeside-sim-") as made:
            yield Path(made)
        return
    if options.folder.is_dir() and any(options.folder.iterdir()):
        raise SettingsInvalid(
            f"{options.folder} is not empty; it is left alone",
            hint="give a new folder with --dir",
        )
    yield options.folder


async def _played(
    options: SimulateOptions, folder: Path, lines: TextIO | None, progress: Progress
) -> SimulatedRun:
    population, closes = _population(options), OPENS + timedelta(hours=options.hours)
    portfolio = build_portfolio(population, OPENS, closes, options.strategies)
    # Before the store is made: a mistyped name must not cost a whole run.
    _check(options, portfolio)
    config = furnish(folder, population, portfolio, OPENS)
    if options.strategies:
        equip(folder)
    clock = SimClock(OPENS, asyncio.get_running_loop().time)
    log = EventLog(OPENS, lines)
    line = SimulatedLine(STORE, options.seed, clock, log)
    async with open_shop(config, line, clock) as shop:
        days = SimulatedDays(
            options=options,
            population=population,
            shop=shop,
            clock=clock,
            line=line,
            premises=SimulatedPremises(line),
            responses=ResponseModel(options.plant, portfolio),
            centre=SimulatedCentre(options.outages),
        )
        judge = _judge(days, portfolio)
        log.listeners.append(judge.heard)
        visits = await days.run(progress)
        return SimulatedRun(
            options=options,
            portfolio=portfolio,
            database=shop.path,
            truth=tuple(days.responses.truth),
            log_sha256=log.sha256,
            events=log.count,
            visits=visits,
            decisions=shop.runtime.state.counters.counts["decisions"],
            at_centre=days.centre.taken,
            twice_at_centre=days.centre.twice,
            verdict=shop.runtime.database.read(judge.verdict),
        )


def _judge(days: SimulatedDays, portfolio: SimulatedPortfolio) -> InvariantJudge:
    premises = days.premises
    return InvariantJudge.over(
        portfolio,
        days.population,
        days.shop.bootstrap.policy.sensitive_categories,
        {device.name: device.zone for device in premises.devices if device.zone},
        premises.people_in,
    )


def _population(options: SimulateOptions) -> Population:
    if options.source is None:
        return invent(options.seed, options.visits_a_day)
    return learn(options.source, options.seed, options.visits_a_day)


def _check(options: SimulateOptions, portfolio: SimulatedPortfolio) -> None:
    unknown = sorted(options.plant.campaigns.keys() - {c.id for c in portfolio.current})
    if unknown:
        known = ", ".join(sorted(c.id for c in portfolio.current))
        raise SettingsInvalid(
            f"the planted truth speaks of {unknown[0]!r}, which is no campaign here",
            hint=f"the campaigns are {known}",
        )


@contextmanager
def _written(file: Path | None) -> Generator[TextIO | None]:
    if file is None:
        yield None
        return
    with file.open("w", encoding="utf-8") as lines:
        yield lines
