"""The accounts of one store's devices, and the two files that the broker knows them by.

`devices.fleet` keeps them in ``fleet.json`` and writes both files anew after each change; then the broker reads
again.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devices.device_classes import DeviceClass
from devices.errors import DeviceUnknown, FleetError
from devices.messages.fields import Locale, Name, Time
from devices.topics import SERVICE, grants_of

# The passwords are 192 random bits, which no stretching makes stronger; and the broker hashes one for
# every live connection when it reads again, so more rounds would only stall it.
_ROUNDS: Final = 101
_SALT_BYTES: Final = 12
_PASSWORD_BYTES: Final = 24
_WEBHOOK_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device to add; ``webhook``: it signs what it sends, because it is a service elsewhere."""

    name: str
    device_class: DeviceClass
    zone: str | None = None
    locale: str | None = None
    webhook: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device of the store, as provisioned. ``webhook``: the salt of its signing secret, if it has one."""

    name: str
    device_class: DeviceClass
    zone: str | None
    locale: str | None
    added_at: datetime
    webhook: str | None = None


# The form that mosquitto 2 reads: rounds, salt, digest.
Hashed = Annotated[str, Field(pattern=r"^\$7\$[0-9]+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+$")]


class Account(BaseModel):
    """One entry of ``fleet.json``; ``hashed`` is what the broker compares with.

    ``webhook``: a random salt, from which and the store's own key a signing secret follows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    name: Name
    # The file and the wire say ``class``, which Python keeps for itself.
    device_class: DeviceClass = Field(alias="class")
    zone: Name | None = None
    locale: Locale | None = None
    added_at: Time
    hashed: Hashed
    webhook: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")

    @property
    def device(self) -> Device:
        """The entry without its secret part."""
        return Device(
            name=self.name,
            device_class=self.device_class,
            zone=self.zone,
            locale=self.locale,
            added_at=self.added_at,
            webhook=self.webhook,
        )


class Register(BaseModel):
    """The whole of ``fleet.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: Name
    service: Hashed | None = None
    devices: tuple[Account, ...] = ()

    def account(self, name: str) -> Account:
        """The entry of one device, or DeviceUnknown."""
        for account in self.devices:
            if account.name == name:
                return account
        raise DeviceUnknown(name)

    def without(self, name: str) -> "Register":
        """The register after this device has gone."""
        kept = tuple(account for account in self.devices if account.name != name)
        return self.model_copy(update={"devices": kept})

    def with_account(self, account: Account) -> "Register":
        """The register with this entry, in place of an older one of the same name."""
        devices = (*self.without(account.name).devices, account)
        # By name, so that the files say the same in whatever order the devices were added.
        return self.model_copy(update={"devices": tuple(sorted(devices, key=lambda a: a.name))})

    def passwd(self) -> str:
        """The broker's password file."""
        # Before its first start the service has no password, and so no account.
        service = [(SERVICE, self.service)] if self.service else []
        rows = [*service, *((account.name, account.hashed) for account in self.devices)]
        return "".join(f"{name}:{hashed}\n" for name, hashed in rows)

    def acl(self) -> str:
        """The broker's access list: explicit lines for each account."""
        devices = {account.name: account.device_class for account in self.devices}
        return access_list(self.store, {SERVICE: SERVICE, **devices})


def access_list(store: str, roles: Mapping[str, str]) -> str:
    """What each account may do, by its name and role, in mosquitto's words and made from ``GRANTS``."""
    return "\n".join(_rules(store, name, role) for name, role in roles.items())


def _rules(store: str, name: str, role: str) -> str:
    grants = (f"topic {one.access} {one.filled(store, role, name)}" for one in grants_of(role))
    return "\n".join([f"user {name}", *grants, ""])


def hashed(password: str, salt: bytes | None = None) -> str:
    """``password`` as mosquitto keeps it: PBKDF2 over SHA-512."""
    salt = salt or secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return "$".join(("$7", str(_ROUNDS), *parts))


def new_password() -> str:
    """192 random bits, as text."""
    # Its alphabet needs no escaping, for a page gets the password in its address.
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def new_salt() -> str:
    """What makes a device's signing secret differ from all others, also from its own earlier ones."""
    return secrets.token_hex(_WEBHOOK_SALT_BYTES)


def account_of(device: NewDevice, password: str) -> Account:
    """The entry of a new device; FleetError if its zone or locale is malformed."""
    if device.webhook and not device.device_class.sells:
        raise FleetError(f"{device.name}: only a till sends sales by webhook")
    try:
        return Account.model_validate(
            {
                "name": device.name,
                "class": device.device_class,
                "zone": device.zone,
                "locale": device.locale,
                "added_at": datetime.now(UTC),
                "hashed": hashed(password),
                "webhook": new_salt() if device.webhook else None,
            }
        )
    except ValidationError as error:
        raise FleetError(f"{device.name}: zone or locale is malformed") from error
