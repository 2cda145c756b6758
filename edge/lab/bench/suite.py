"""The whole benchmark: a store on trial, its load and its echo, every figure, and the goals beside them.

``edge.cli.bench`` calls ``run``. A store is furnished by ``bench_store``, ``load`` and ``peer`` play beside
it, ``report`` writes what came of it.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.domain.errors import NotProvisioned
from edge.lab.bench.bench_store import BenchPlan, BenchStore, furnish
from edge.lab.bench.catalogue import BenchStock
from edge.lab.bench.child_protocol import BlockReport, BrokerSetup, Kind, LoadBlock
from edge.lab.bench.decision_core import core_alone
from edge.lab.bench.equipment import CUSTOMERS, ECHO, LANES, admit_echo, equipment
from edge.lab.bench.figures import percentile, ratio
from edge.lab.bench.goals import goals
from edge.lab.bench.load_blocks import MeasuredBlock, in_turns
from edge.lab.bench.options import BenchOptions
from edge.lab.bench.probes import cores_us, cpu_s, machine_of, model_of, rss_mb, syncs_us
from edge.lab.bench.report import show, write
from edge.lab.console_output import BenchOutput, error_console
from edge.lab.processes import LOOPBACK, Program

# Far enough apart to show where the line bends.
RATES = (10.0, 100.0, 500.0, 1_000.0)
KINDS: tuple[Kind, ...] = ("hop", "echo", "ask", "show")
CANDIDATES = 500

_RAMP = (100.0, 200.0, 300.0, 400.0, 500.0, 750.0, 1_000.0, 1_250.0, 1_500.0, 2_000.0)
_SUSTAINED_P99_MS = 50.0
_SUSTAINED_ANSWERED = 0.999
# A neighbour may spoil one try.
_TRIES = 3
# Slow enough that no receipt shares its sync with another.
_RECEIPTS_A_SECOND = 20.0
_QOS_RATE = 100.0
# The pace of a good cashier, at each lane.
_SCANS_A_SECOND = 2.0
_SYNCS = 100
_PRODUCTS = 2_000
# At the lowest rate a short block would hold too few signals for a percentile.
_SLOW_RATE = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBench:
    """A benchmark under way."""

    options: BenchOptions
    premises: BenchStore
    load: Program
    output: BenchOutput

    @property
    def pid(self) -> int:
        """The service's process.

        Raises:
            NotProvisioned: it has ended.
        """
        service = self.premises.service
        if service.pid is None:
            raise NotProvisioned(f"the service ended: {service.last_words()}")
        return service.pid

    async def play(self, block: LoadBlock) -> BlockReport:
        """Have the load play one block."""
        return BlockReport.model_validate(await self.load.ask(block.model_dump()))

    async def rates(self) -> dict[float, dict[Kind, MeasuredBlock]]:
        """Bare hop, echo, question and sighting in turns, at every rate."""
        found = dict[float, dict[Kind, MeasuredBlock]]()
        for rate in RATES:
            self.output.step(f"hop, echo, ask and show in turns at {rate:g} signals a second")
            seconds = self.options.seconds * (2 if rate < _SLOW_RATE else 1)
            found[rate] = await in_turns(
                self.play,
                lambda: cpu_s(self.pid),
                KINDS,
                rate=rate,
                seconds=seconds,
                turns=self.options.turns,
            )
        return found

    async def receipts(self) -> dict[str, float]:
        """Events to receipts and bare syncs of the same disk, in turns."""
        self.output.step("receipts and bare syncs in turns")
        ours, bare = list[float](), list[float]()
        for _ in range(self.options.turns):
            syncs = await asyncio.to_thread(syncs_us, self.premises.folder, _SYNCS)
            bare.append(percentile(syncs, 50))
            block = LoadBlock(
                kind="receipt", rate=_RECEIPTS_A_SECOND, seconds=self.options.seconds
            )
            ours.append(percentile((await self.play(block)).delays_us, 50))
        # The best turn of each: what a neighbour adds is in neither.
        return {"receipt_p50_ms": min(ours), "sync_p50_ms": min(bare)}

    async def qos(self) -> dict[str, float]:
        """A bare hop with and without an acknowledgement, in turns."""
        self.output.step("QoS 0 and QoS 1 in turns")
        found: dict[int, list[float]] = {0: [], 1: []}
        for _ in range(self.options.turns):
            for level, p50s in found.items():
                block = LoadBlock.model_validate(
                    {
                        "kind": "hop",
                        "rate": _QOS_RATE,
                        "seconds": self.options.seconds,
                        "qos": level,
                    }
                )
                p50s.append(percentile((await self.play(block)).delays_us, 50))
        return {"qos_0_p50_ms": min(found[0]), "qos_1_p50_ms": min(found[1])}

    async def sustained(self) -> list[dict[str, float]]:
        """Questions at growing rates until they take too long."""
        found = list[dict[str, float]]()
        for rate in _RAMP:
            self.output.step(f"how much it sustains: {rate:g} questions a second")
            tries = [await self._tried(rate)]
            while not tries[-1]["holds"] and len(tries) < _TRIES:
                tries.append(await self._tried(rate))
            found.append(min(tries, key=lambda one: one["p99_ms"]))
            if not tries[-1]["holds"]:
                break
        return found

    async def _tried(self, rate: float) -> dict[str, float]:
        """One block of questions, and whether it was sustained."""
        block = LoadBlock(kind="ask", rate=rate, seconds=self.options.seconds * 2)
        seen = await self.play(block)
        answered, p99_ms = len(seen.delays_us) / seen.sent, percentile(seen.delays_us, 99)
        holds = p99_ms <= _SUSTAINED_P99_MS and answered >= _SUSTAINED_ANSWERED
        return {"rate": rate, "p99_ms": p99_ms, "answered": answered, "holds": float(holds)}

    async def lanes(self) -> dict[str, float]:
        """Ten tills that scan and ask with a deadline."""
        self.output.step(f"{LANES} lanes, a deadline on every question")
        # Longer than a block, for two scans a second make few questions.
        seconds = self.options.seconds * 4
        seen = await self.play(LoadBlock(kind="lanes", rate=_SCANS_A_SECOND, seconds=seconds))
        return {
            "questions": seen.sent,
            "deadlines_kept_pct": round(100 * seen.kept / max(1, seen.sent), 3),
            "answered_with_nothing": seen.late,
            "p99_ms": percentile(seen.delays_us, 99),
        }

    async def starts(self) -> dict[str, float]:
        """How soon the service is ready, after a stop and after a kill: the best and the worst."""
        self.output.step("starts, after a stop and after kill -9")
        after = {"start": list[float](), "kill": list[float]()}
        for _ in range(self.options.starts):
            await self.premises.service.stop()
            after["start"].append(await self.premises.open())
            self.premises.service.signal(signal.SIGKILL)
            await self.premises.service.ended()
            after["kill"].append(await self.premises.open())
        return {
            f"ready_{name}_{word}_s": round(pick(taken), 3)
            for name, taken in after.items()
            for word, pick in (("best", min), ("worst", max))
        }


async def measure(options: BenchOptions, output: BenchOutput) -> dict[str, object]:
    """Everything, in one document."""
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="storeside-bench-"))
        bench = await _opened(options, Path(name), stack, output)
        rss_before_mb, measured_at = rss_mb(bench.pid), datetime.now(UTC)
        rates = await bench.rates()
        machine: dict[str, object] = {**await bench.receipts(), **await bench.qos()}
        # The ramp last: it ends in a backlog, which would fall on whatever came after it.
        lanes, ramp = await bench.lanes(), await bench.sustained()
        rss_after_mb = rss_mb(bench.pid)
        database = bench.premises.database
        own_us = await asyncio.to_thread(cores_us, database, "kiosk-home", measured_at)
        output.step("the decision's core alone")
        key = bytes.fromhex((database.parent / "secrets" / "store.key").read_text("ascii"))
        core = await asyncio.to_thread(
            core_alone, database, key, CANDIDATES, 50 * options.turns
        )
        model = await asyncio.to_thread(model_of, database)
        # Last of all, for the service is killed in it.
        starts = await bench.starts()
    core["in_the_service"] = {
        "p50_ms": percentile(own_us, 50),
        "p99_ms": percentile(own_us, 99),
        "decisions": len(own_us),
    }
    machine |= {
        "receipt_to_sync": _ratio(machine, "receipt_p50_ms", "sync_p50_ms"),
        "qos_1_to_0": _ratio(machine, "qos_1_p50_ms", "qos_0_p50_ms"),
        "sustained": max((one["rate"] for one in ramp if one["holds"]), default=0.0),
        "deadlines_kept_pct": lanes["deadlines_kept_pct"],
        "ready_start_s": starts["ready_start_best_s"],
        "ready_kill_s": starts["ready_kill_best_s"],
        "rss_mb": rss_after_mb,
    }
    return {
        "at": measured_at.replace(microsecond=0).isoformat(),
        "quick": options.quick,
        "took_s": round(time.monotonic() - began, 1),
        "machine": machine_of(),
        "model": model,
        "candidates": CANDIDATES,
        "rates": {f"{rate:g}": _as_json(kinds) for rate, kinds in rates.items()},
        "core_ms": core,
        "receipts_and_qos": machine,
        "lanes": lanes,
        "ramp": ramp,
        "starts": starts,
        "rss_mb": {"before": rss_before_mb, "after": rss_after_mb},
        "goals": _goals(rates, core, machine),
    }


async def _opened(
    options: BenchOptions, folder: Path, stack: AsyncExitStack, output: BenchOutput
) -> RunningBench:
    """A running store, its load and its echo, all of them processes of their own."""
    output.step("furnishing a store")
    plan = BenchPlan(
        folder=folder,
        devices=equipment(),
        stock=BenchStock(products=_PRODUCTS, customers=CUSTOMERS),
        shortlist=CANDIDATES,
    )
    premises = await furnish(plan, stack)
    await premises.open()
    # After the start, which writes the broker's accounts anew.
    password = await asyncio.to_thread(admit_echo, folder / "fleet")
    setup = BrokerSetup(
        host=LOOPBACK,
        port=premises.broker.port,
        passwords={**premises.passwords, ECHO: password},
        skus=premises.sold.skus,
    )
    programs = dict[str, Program]()
    for name in ("peer", "load"):
        program = Program(
            ["-m", f"edge.lab.bench.{name}"], log=folder / f"{name}.log", spoken_to=True
        )
        programs[name] = await stack.enter_async_context(program)
        await program.ask(setup.model_dump())
    return RunningBench(
        options=options, premises=premises, load=programs["load"], output=output
    )


def _as_json(kinds: Mapping[Kind, MeasuredBlock]) -> dict[str, object]:
    """One rate's figures, with each kind's p50 as a multiple of the echo's."""
    echo = kinds["echo"].delays
    return {
        kind: {
            **measured.as_json(),
            "p50_to_echo": ratio(measured.delays.p50_ms, echo.p50_ms),
            "best_p50_to_echo": ratio(measured.delays.best_p50_ms, echo.best_p50_ms),
        }
        for kind, measured in kinds.items()
    }


def _goals(
    rates: Mapping[float, Mapping[Kind, MeasuredBlock]],
    core: Mapping[str, object],
    machine: Mapping[str, object],
) -> list[dict[str, object]]:
    by_rate: dict[float, dict[str, dict[str, float]]] = {
        rate: {
            str(kind): {
                "best_p50_ms": one.delays.best_p50_ms,
                "best_p99_ms": one.delays.best_p99_ms,
            }
            for kind, one in kinds.items()
        }
        for rate, kinds in rates.items()
    }
    parts: dict[str, Any] = {
        name: part for name, part in core.items() if isinstance(part, dict)
    }
    plain = {
        name: value for name, value in machine.items() if isinstance(value, float | int | None)
    }
    return [goal.as_json() for goal in goals(by_rate, parts, plain)]


def _ratio(figures: Mapping[str, object], ours: str, other: str) -> float | None:
    mine, theirs = figures[ours], figures[other]
    if isinstance(mine, float) and isinstance(theirs, float):
        return ratio(mine, theirs)
    return None


def run(options: BenchOptions) -> dict[str, object]:
    """Measure everything, say it on standard error, and leave ``bench.json`` and ``bench.svg``.

    Raises:
        StoresideError: a part of the store on trial cannot start.
    """
    console = error_console()
    with BenchOutput(console) as output:
        found = asyncio.run(measure(options, output))
    write(found, options.out)
    show(found, console)
    return found
