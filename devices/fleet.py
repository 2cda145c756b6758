"""Which devices the store has, and the accounts with which the broker knows them.

``storeside device`` changes it while the service runs, which looks at the file and sees who came and who is gone.

One folder holds ``fleet.json`` (who there is; no password in any form but its hash), ``passwd`` and ``acl``
(for the broker). All are replaced whole and synced, under a lock, so that a command and a running service
can both provision. After each change the broker is told to read again; it then disconnects accounts
that are gone.
"""

import fcntl
import os
import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from devices.accounts import (
    Account,
    Device,
    NewDevice,
    Register,
    account_of,
    hashed,
    new_password,
    new_salt,
)
from devices.device_classes import DeviceClass
from devices.errors import FleetError, NameRefused
from devices.topics import (
    DOWN_LEAVES,
    NAME,
    SERVICE,
    UP_LEAVES,
    Leaf,
    build,
    checked_name,
    context_topic,
    service_about_topic,
)

# A device called so could pass for the service, or speak where the store does.
RESERVED: Final = frozenset({SERVICE, "context", "storeside", "anonymous", "admin", "root"})
PID_FILE: Final = "broker.pid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A new account; the password is shown this once and kept nowhere. ``webhook``: the salt of its signing secret."""

    store: str
    device: str
    device_class: DeviceClass | None
    username: str
    password: str = field(repr=False)
    webhook: str | None = None

    @property
    def topics(self) -> dict[str, str]:
        """The device's own topics by their last part, and what the store says to everybody."""
        if self.device_class is None:
            return {}
        own = {
            str(leaf): build(self.store, self.device_class, self.device, leaf)
            for leaf in (*UP_LEAVES, *DOWN_LEAVES)
        }
        return {
            **own,
            str(Leaf.CONTEXT): context_topic(self.store),
            f"{SERVICE}/{Leaf.ABOUT}": service_about_topic(self.store),
        }

    def described(
        self, *, host: str, port: int, tls: bool, ca: str | None
    ) -> dict[str, object]:
        """What ``storeside device add --json`` prints."""
        return {
            "device": self.device,
            "class": self.device_class,
            "host": host,
            "port": port,
            "tls": tls,
            "username": self.username,
            "password": self.password,
            "ca": ca,
            "topics": self.topics,
        }


class Fleet:
    """The devices of one store, in ``folder``. Every method reads the file anew and may wait for the disk."""

    def __init__(self, folder: Path, store: str, *, pid_file: Path | None = None) -> None:
        """``pid_file`` is the broker's, ``broker.pid`` in the folder if not given."""
        self.folder = folder
        self._store = checked_name(store, "store")
        self._pid_file = pid_file or folder / PID_FILE

    def add(
        self,
        name: str,
        device_class: DeviceClass,
        zone: str | None = None,
        locale: str | None = None,
    ) -> Credential:
        """Provision one device; NameRefused if the name is malformed, reserved or taken."""
        device = NewDevice(name=name, device_class=device_class, zone=zone, locale=locale)
        return self.enrol([device])[0]

    def enrol(self, devices: Sequence[NewDevice]) -> tuple[Credential, ...]:
        """Provision several devices at once, all or none."""
        with self._changing() as change:
            register, credentials = change.register, tuple[Credential, ...]()
            for device in devices:
                # Against those added in this very call, too.
                _check_free(device.name, register)
                password = new_password()
                account = account_of(device, password)
                register = register.with_account(account)
                credentials += (self._credential(account, password),)
            change.register = register
        return credentials

    def rotate(self, name: str) -> Credential:
        """A new password for a device; a connection made with the old one ends."""
        with self._changing() as change:
            account = change.register.account(name)
            password = new_password()
            salt = None if account.webhook is None else new_salt()
            renewed = account.model_copy(update={"hashed": hashed(password), "webhook": salt})
            change.register = change.register.with_account(renewed)
        return self._credential(renewed, password)

    def revoke(self, name: str) -> Device:
        """Take a device's account away; its live connection ends too."""
        with self._changing() as change:
            device = change.register.account(name).device
            change.register = change.register.without(name)
        return device

    def service(self) -> Credential:
        """A new password for the service itself; it asks for one at each start and keeps none."""
        password = new_password()
        with self._changing() as change:
            change.register = change.register.model_copy(update={"service": hashed(password)})
        return Credential(
            store=self._store,
            device=SERVICE,
            device_class=None,
            username=SERVICE,
            password=password,
        )

    def export(self) -> None:
        """Write the broker's files once more from ``fleet.json``, and tell the broker."""
        # An empty change writes all three files, for example after an update with other grants.
        with self._changing():
            pass

    def get(self, name: str) -> Device:
        """One device, or DeviceUnknown."""
        return self._read().account(name).device

    def list(self) -> tuple[Device, ...]:
        """All devices, by name."""
        return tuple(account.device for account in self._read().devices)

    def _credential(self, account: Account, password: str) -> Credential:
        return Credential(
            store=self._store,
            device=account.name,
            device_class=account.device_class,
            username=account.name,
            password=password,
            webhook=account.webhook,
        )

    def _read(self) -> Register:
        path = self.folder / "fleet.json"
        try:
            found = Register.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            # A store that has no devices yet is no fault.
            return Register(store=self._store)
        except ValidationError as error:
            raise FleetError(
                f"{path} is damaged; restore it, or provision the devices anew"
            ) from error
        # Another store's accounts would open this store's topics to its devices.
        if found.store != self._store:
            raise FleetError(f"{path} belongs to store {found.store!r}, not to {self._store!r}")
        return found

    @contextmanager
    def _changing(self) -> Generator["_Change"]:
        """One change under the lock: read, let the caller decide, write, tell the broker."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "fleet.lock").open("w") as lock:
            # From reading to writing, or a command and the service would undo each other's change.
            fcntl.flock(lock, fcntl.LOCK_EX)
            change = _Change(self._read())
            # If the caller raises, nothing below is written.
            yield change
            register = change.register
            # First: the other two are made from it, and can be made again.
            _replace(
                self.folder / "fleet.json",
                register.model_dump_json(indent=1),
                0o600,
            )
            # The broker may run under an account of its own; the group of the folder lets it read these.
            _replace(self.folder / "acl", register.acl(), 0o640)
            _replace(self.folder / "passwd", register.passwd(), 0o640)
            # Still under the lock, so that the broker reads a pair that belongs together.
            tell(self._pid_file)


class _Change:
    """The register in the middle of a change."""

    def __init__(self, register: Register) -> None:
        self.register = register


def tell(pid_file: Path) -> bool:
    """Have the broker read its files again; false if none runs. A number that is no broker is left alone."""
    try:
        pid = int(pid_file.read_text())
        # The number may be left of an earlier boot and belong to anything by now.
        if "mosquitto" not in Path(f"/proc/{pid}/comm").read_text():
            return False
        os.kill(pid, signal.SIGHUP)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    except PermissionError as error:
        raise FleetError(
            "the change is written, but the broker belongs to another user and was not told; "
            "reload it: systemctl reload storeside-broker"
        ) from error
    return True


def _check_free(name: str, register: Register) -> None:
    if not NAME.fullmatch(name):
        raise NameRefused("a device's name is 1 to 32 of a-z, 0-9 and -")
    if name in RESERVED:
        raise NameRefused(f"the name {name!r} is reserved")
    if any(account.name == name for account in register.devices):
        raise NameRefused(f"the name {name!r} is taken; revoke it first, or choose another")


def _replace(path: Path, content: str, mode: int) -> None:
    """Put ``content`` in place at once: a reader, or a power cut, sees the old file or the new one."""
    fresh = path.with_name(f".{path.name}.new")
    # Left by a run that was cut short.
    with suppress(FileNotFoundError):
        fresh.unlink()
    # Made anew with its mode: one that lay there could be a link, or readable for others.
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(content)
        file.flush()
        # Before the rename, or a power cut could leave the new name on an empty file.
        os.fsync(file.fileno())
    fresh.rename(path)
    # The new name stands in the folder, which is synced on its own.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
