"""The broker beside the store: its configuration, and mosquitto as a child process for the demo and tests.

The demo, the bench and the tests start it as a child; a shop runs mosquitto itself with the file that is shipped.

``deploy/mosquitto/mosquitto.conf`` is made from the same template, with the values of production.
"""

import asyncio
import os
import pwd
import re
import shutil
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Final, Self

from devices.accounts import access_list
from devices.device_classes import DeviceClass
from devices.errors import BrokerFailed, BrokerMissing
from devices.fleet import PID_FILE
from devices.topics import SERVICE

LOOPBACK: Final = "127.0.0.1"
# Debian keeps it in sbin, which an ordinary user's PATH leaves out.
_PLACES: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
_READY_WITHIN_S: Final = 10.0
_STOPPED_WITHIN_S: Final = 3.0
_TRIES: Final = 8

TEMPLATE: Final = Template("""\
# mosquitto for one store, made by storeside; change devices/broker.py, not this file.

# The broker carries messages and keeps no facts: whatever counts has a receipt, which means that it is in
# the store's database. So nothing is written here.
persistence false

# Nobody is anonymous; every account has its own lines in the access list, all else is forbidden.
per_listener_settings false
allow_anonymous false
password_file $folder/passwd
acl_file $folder/acl

# A QoS 1 answer would otherwise wait for the other side's delayed acknowledgement (40 ms).
set_tcp_nodelay true

# The largest message is a basket of 64 KiB; the rest is room for topic and properties.
max_packet_size 69632
# The default of 1000 loses acknowledged messages in a burst; a client that does not read costs 8 MiB at most.
max_queued_messages 20000
max_queued_bytes 8388608
max_inflight_messages 256
max_keepalive 120
sys_interval 10

# Warnings, and who comes and goes; never what is said.
log_type error
log_type warning
log_type notice
log_type information
log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S

pid_file $pid_file
user $user

$listeners""")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerListener:
    """One place where the broker listens; with ``certificates``, a folder, it speaks TLS 1.2 or newer.

    The folder holds ``ca.crt``, ``server.crt`` and ``server.key``.
    """

    port: int
    # None listens on every address; the loopback alone needs no encryption.
    address: str | None = LOOPBACK
    certificates: Path | None = None

    def lines(self) -> str:
        """The listener in the broker's words."""
        head = f"listener {self.port}" + (f" {self.address}" if self.address else "")
        if self.certificates is None:
            return head + "\n"
        files = {"cafile": "ca.crt", "certfile": "server.crt", "keyfile": "server.key"}
        rows = [f"{key} {self.certificates / name}" for key, name in files.items()]
        return "\n".join([head, *rows, "tls_version tlsv1.2", ""])


def configuration(
    *, folder: Path, pid_file: Path, user: str, listeners: Iterable[BrokerListener]
) -> str:
    """The whole of ``mosquitto.conf``; ``folder`` is the fleet's."""
    return TEMPLATE.substitute(
        folder=folder,
        pid_file=pid_file,
        user=user,
        listeners="\n".join(listener.lines() for listener in listeners),
    )


def production() -> str:
    """The configuration that ``deploy/mosquitto/mosquitto.conf`` ships."""
    return configuration(
        folder=Path("/var/lib/storeside/fleet"),
        pid_file=Path("/run/storeside/broker.pid"),
        user="storeside",
        listeners=(
            BrokerListener(port=1883),
            BrokerListener(port=8883, address=None, certificates=Path("/etc/storeside/tls")),
        ),
    )


def example_acl() -> str:
    """One account of each class, as ``deploy/mosquitto/acl.example`` ships it for other brokers' owners."""
    # No owner of another broker has a demo's player.
    devices = {f"{one}-1": str(one) for one in DeviceClass if one.facts.added_by != "demo"}
    head = "# An example; the real list is written by storeside whenever a device is added or revoked.\n\n"
    return head + access_list("store-1", {SERVICE: SERVICE, **devices})


async def find_broker() -> Path:
    """The mosquitto on this machine, of version 2 or newer; BrokerMissing otherwise."""
    found = shutil.which("mosquitto") or shutil.which(
        "mosquitto", path=os.pathsep.join(_PLACES)
    )
    if found is None:
        raise BrokerMissing("mosquitto was not found")
    process = await asyncio.create_subprocess_exec(
        found, "-h", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    words, _ = await process.communicate()
    version = re.search(rb"version (\d+)\.(\S+)", words)
    if version is None or int(version[1]) < 2:  # noqa: PLR2004 - the first that speaks MQTT 5 as we need it
        raise BrokerMissing(f"{found} is no mosquitto 2")
    return Path(found)


# Asks the kernel to end the broker with its parent, then becomes the broker. Without it a killed service
# would leave a broker behind that holds the port.
_BOUND_TO_PARENT: Final = (
    "import ctypes, os, signal, sys\n"
    # A device may be added while the broker starts; its call to read again must not end it.
    "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    "getattr(ctypes.CDLL(None), 'prctl', lambda *_: 0)(1, 15)\n"
    "os.getppid() == int(sys.argv[1]) or sys.exit('the parent is gone')\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)


class BrokerChild:
    """mosquitto as our child, with the accounts of the fleet in ``folder``, on the loopback only.

    ``port`` 0 takes a free one. The child ends with us, however we end.
    """

    def __init__(
        self, folder: Path, port: int = 0, *, tls: BrokerListener | None = None
    ) -> None:
        """``tls`` is a second, encrypted listener."""
        self._folder = folder
        self._wanted = port
        self._tls = tls
        self._process: asyncio.subprocess.Process | None = None
        self.port = port

    async def __aenter__(self) -> Self:
        binary = await find_broker()
        last = ""
        # A port that was asked for is the only one that will do.
        for _ in range(_TRIES if self._wanted == 0 else 1):
            self.port = self._wanted or _free_port()
            last = await self._start(binary)
            if not last:
                return self
            # Someone else took the free port between our look and the broker's: take another.
            if "in use" not in last:
                break
        raise BrokerFailed(f"mosquitto did not start on port {self.port}: {last}")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ask it to stop, and insist after three seconds."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(_STOPPED_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process and running else None

    async def ended(self) -> None:
        """Wait until the broker stops by itself, and say so with BrokerFailed."""
        if self._process is not None:
            code = await self._process.wait()
            raise BrokerFailed(f"mosquitto ended with code {code}: {self._last_words()}")

    async def _start(self, binary: Path) -> str:
        """Start once; empty if the broker is ready, else its last words."""
        await asyncio.to_thread(self._prepare)
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                # Isolated and without site: it only becomes the broker, so nothing of ours need be loaded.
                *(sys.executable, "-I", "-S", "-c", _BOUND_TO_PARENT, str(os.getpid())),
                *(str(binary), "-c", str(self._folder / "mosquitto.conf")),
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
            )
        # Its last words tell more than a timeout would.
        with suppress(TimeoutError):
            async with asyncio.timeout(_READY_WITHIN_S):
                while self._process.returncode is None:
                    # Only this line says that the port is open; the process is there earlier.
                    if re.search(r"mosquitto version \S+ running", self._log.read_text()):
                        return ""
                    await asyncio.sleep(0.01)
        # Started by half, it would keep the port from the next try.
        await self.__aexit__(None, None, None)
        return self._last_words()

    def _prepare(self) -> None:
        listeners = [BrokerListener(port=self.port)] + ([self._tls] if self._tls else [])
        text = configuration(
            folder=self._folder,
            pid_file=self._folder / PID_FILE,
            # Started by root it would change to an account of its own, which cannot read the folder.
            user=pwd.getpwuid(os.geteuid()).pw_name,
            listeners=listeners,
        )
        (self._folder / "mosquitto.conf").write_text(text)

    @property
    def _log(self) -> Path:
        return self._folder / "broker.log"

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return " | ".join(lines[-3:]) or "it said nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        # Free again at once; somebody else may take it before the broker does, hence the tries.
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
