"""``storeside doctor``: everything is looked at, and each fault is told with its mend.

``program`` loads it for this command alone. What lies in files is examined by ``app.doctor``; the processes
around the store – its broker, its service, its centre – are asked here.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import typer

from cloud_sync.errors import SyncError
from cloud_sync.line import CentralLine
from cloud_sync.sources.http import HttpSource
from devices.broker import find_broker
from devices.bus import Bus
from devices.device_classes import DeviceClass
from devices.errors import BusUnavailable, DevicesError
from devices.fleet import Credential, Fleet
from devices.line import BrokerLogin, Inbound
from devices.topics import Leaf, build
from edge.api.ops.metrics import CLOCK_OFF
from edge.app.doctor import DoctorFinding, Doubt, Grade, examine, judged
from edge.app.settings import LOOPBACK, Settings
from edge.cli.lock_file import is_occupied
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, settings_at
from edge.domain.clock_offset import ALARM_S
from edge.domain.errors import NotProvisioned, SettingsInvalid

# Somebody waits at a terminal, and a healthy neighbour answers at once.
_ANSWER_WITHIN_S = 4.0
_OK = 200
_SET_CLOCK = "set the clock, and let the system keep it: timedatectl set-ntp true"
_MARKS = {Grade.OK: "OK    ", Grade.WARN: "warn  ", Grade.BLOCKS: "blocks"}


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(
        name, short_help=says, epilog="Example: storeside doctor --dir .storeside-demo"
    )(doctor)


def doctor(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Look at everything that one store needs, before a start or while it runs; exit 1 if anything blocks."""
    findings = look(config, folder)
    blocked = any(one.grade is Grade.BLOCKS for one in findings)
    if as_json:
        print_document({"ok": not blocked, "checks": [_row(one) for one in findings]})
    else:
        for one in findings:
            say(f"{_MARKS[one.grade]} {one.check:10} {one.says}")
            if one.mend is not None:
                say(f"{'':17} mend: {one.mend}")
    if blocked:
        raise typer.Exit(1)


def look(config: Path | None, folder: Path | None) -> tuple[DoctorFinding, ...]:
    """All findings; without usable settings there is only one."""
    try:
        settings = settings_at(config, folder)
    except SettingsInvalid as error:
        return (
            DoctorFinding(
                check="settings", grade=Grade.BLOCKS, says=str(error), mend=error.hint
            ),
        )
    well = DoctorFinding(check="settings", grade=Grade.OK, says=f"store {settings.store.id}")
    return (well, *examine(settings), *asyncio.run(ask_around(settings)))


async def ask_around(settings: Settings) -> tuple[DoctorFinding, ...]:
    """What each neighbour says."""
    return (
        await ask_broker(settings),
        await ask_hub(settings),
        ask_service(settings),
        ask_device_clocks(settings),
    )


async def ask_broker(settings: Settings) -> DoctorFinding:
    """Whether the broker takes our accounts and keeps them apart; an account made for the question is used."""
    return await _asked("broker", lambda: _broker(settings))


async def ask_hub(settings: Settings) -> DoctorFinding:
    """Whether the centre answers, and knows this store's key."""
    return await _asked("hub", lambda: _hub(settings))


def ask_service(settings: Settings) -> DoctorFinding:
    """Whether the service runs, and is ready."""
    return judged("service", lambda: _service(settings))


def ask_device_clocks(settings: Settings) -> DoctorFinding:
    """Whether a device's clock is so far off that somebody should set it, as the running service sees them."""
    return judged("clocks", lambda: _device_clocks(settings))


async def _asked(check: str, ask: Callable[[], Awaitable[str]]) -> DoctorFinding:
    """As ``judged``, for what has to be waited for."""
    try:
        said = await ask()
    # Anything else would be a fault of ours, and must not look like one of the store.
    except (Doubt, NotProvisioned, DevicesError, OSError) as error:
        grade = Grade.WARN if isinstance(error, Doubt) else Grade.BLOCKS
        return DoctorFinding(
            check=check, grade=grade, says=str(error), mend=getattr(error, "hint", None)
        )
    return DoctorFinding(check=check, grade=Grade.OK, says=said)


async def _broker(settings: Settings) -> str:
    """Log in with an account made for this question, and try what is forbidden."""
    # Only a broker beside us must be installed here.
    if settings.mqtt.host in LOOPBACK:
        await find_broker()
    fleet = Fleet(settings.fleet, settings.store.id, pid_file=settings.mqtt.pid_file)
    # Under a name that nobody has; a camera, for its account may do least.
    account = fleet.add(f"doctor-{secrets.token_hex(4)}", DeviceClass.CAMERA)
    try:
        refused = await _forbidden(settings, account)
    except BusUnavailable as error:
        raise NotProvisioned(
            f"no line to the broker at {settings.mqtt.host}:{settings.mqtt.port}: {error.last}",
            hint="systemctl status storeside-broker; it must use the files in "
            f"{settings.fleet}, see deploy/mosquitto/mosquitto.conf",
        ) from error
    # In any case: a forgotten account would be an open door.
    finally:
        fleet.revoke(account.device)
    if not refused:
        raise NotProvisioned(
            "the broker lets a device write another device's topic",
            hint=f"its acl_file must be {settings.fleet / 'acl'}",
        )
    return "takes our accounts, and keeps each device to its own topics"


async def _forbidden(settings: Settings, account: Credential) -> bool:
    """Whether the broker refuses what the access list does not allow."""
    access = BrokerLogin(
        host=settings.mqtt.host,
        port=settings.mqtt.port,
        username=account.username,
        password=account.password,
        ca=settings.mqtt.ca,
    )
    # Of the same class and store: nothing but the device's name makes it forbidden.
    foreign = build(settings.store.id, DeviceClass.CAMERA, f"{account.device}-2", Leaf.EVENT)
    async with Bus(access, on_message=_unheard) as bus:
        await bus.wait_connected(_ANSWER_WITHIN_S)
        # QoS 1: the broker's answer to this message says whether the list was asked.
        bus.publish(foreign, b"{}")
        await bus.flush(_ANSWER_WITHIN_S)
        return bus.counts.refused == 1


async def _hub(settings: Settings) -> str:
    """Ask for nothing with the store's key: it proves address, key and answer at once."""
    url, key_file = settings.hub.url, settings.hub.key_file
    if url is None:
        raise Doubt("no hub is set; events wait in the outbox", "set hub.url and hub.key_file")
    if key_file is None or not key_file.is_file():
        raise NotProvisioned(
            "the file hub.key_file is missing", hint="put this store's key into it"
        )
    key = key_file.read_text(encoding="utf-8").strip()
    try:
        async with CentralLine(
            url, key, clock=lambda: datetime.now(UTC), timeout_s=_ANSWER_WITHIN_S
        ) as line:
            await HttpSource(line).changes(["consents"], 0, 1)
    except SyncError as error:
        raise Doubt(
            f"{url}: {error}; events wait in the outbox",
            "nothing in the store: it works on; look at the hub, the line and the key",
        ) from error
    return f"{url} answers, and knows this store's key"


def _service(settings: Settings) -> str:
    """What ``/readyz`` says, if the service runs."""
    # By the lock, which the kernel frees: ``run.json`` may be left by a crash.
    if not is_occupied(settings.data_dir):
        raise Doubt("it is not running", "systemctl start storeside")
    try:
        port, status, body = _get(settings, "/readyz")
        checks: dict[str, bool] = dict(json.loads(body)["checks"])
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        raise NotProvisioned(
            "it runs and does not answer",
            hint="journalctl -u storeside; systemctl restart storeside",
        ) from error
    missing = [name for name, there in sorted(checks.items()) if not there]
    if missing == ["clock"]:
        raise Doubt(
            "this machine's clock has leapt; the service goes on by its own count of time",
            _SET_CLOCK,
        )
    if status != _OK:
        raise NotProvisioned(
            f"it runs without: {', '.join(missing)}", hint="journalctl -u storeside"
        )
    return f"it is ready on port {port}"


def _device_clocks(settings: Settings) -> str:
    """What ``/metrics`` says of the devices' clocks, if the service runs."""
    if not is_occupied(settings.data_dir):
        return "the devices' clocks are looked at while the service runs"
    try:
        off_s = _clocks_off(_get(settings, "/metrics")[2].decode())
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        # Said by the check before this one, with its mend.
        raise Doubt("the service does not tell the devices' clocks") from None
    wrong = {kind: one for kind, one in sorted(off_s.items()) if abs(one) > ALARM_S}
    if wrong:
        which = ", ".join(
            f"of class {kind} {abs(one):.0f} s {'ahead' if one > 0 else 'behind'}"
            for kind, one in wrong.items()
        )
        raise Doubt(
            f"devices' clocks are off, at worst {which}; their times are repaired",
            "set those clocks, or let the devices keep them by NTP; the console names the devices",
        )
    return "no device's clock is off by more than a minute"


def _clocks_off(metrics: str) -> dict[str, float]:
    """Class of device -> by how many seconds the worst clock of it is ahead."""
    found = re.finditer(
        rf'^storeside_{CLOCK_OFF}{{class="([a-z-]+)"}} (\S+)$', metrics, re.MULTILINE
    )
    return {kind: float(value) for kind, value in (one.groups() for one in found)}


def _get(settings: Settings, path: str) -> tuple[int, int, bytes]:
    """Port, status and body of what the running service answers."""
    facts = json.loads((settings.data_dir / "run.json").read_bytes())
    host, port = str(facts["host"]), int(facts["http"])
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_WITHIN_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return port, answer.status, answer.read()
    finally:
        connection.close()


def _unheard(_message: Inbound) -> None:
    """Nothing is subscribed, so nothing comes."""


def _row(one: DoctorFinding) -> dict[str, object]:
    return {"check": one.check, "grade": one.grade, "says": one.says, "mend": one.mend}
