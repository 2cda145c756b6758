"""``storeside device``: give a device its account, see them all, take one away; the broker follows at once.

``program`` loads it for this command alone. Accounts are kept by ``devices.fleet``, whose files the broker
reads again at once.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from devices.accounts import Device, NewDevice
from devices.device_classes import DeviceClass
from devices.fleet import Credential, Fleet
from devices.tills.webhooks import secret_of
from edge.app.provisioning import read_keys
from edge.app.settings import Settings
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, settings_at

# The classes that a store provisions, as a choice of the command line; a type checker sees the enum they are from.
if TYPE_CHECKING:
    ProvisionedClass = DeviceClass
else:
    ProvisionedClass = StrEnum(
        "ProvisionedClass",
        {one.name: one.value for one in DeviceClass if one.facts.added_by == "command"},
    )

Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 32 of a-z, 0-9 and -.")]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(
        epilog="Example: storeside device add kiosk-1 --class kiosk --zone entrance --json"
    )(add)
    group.command("list", epilog="Example: storeside device list --dir .storeside-demo")(
        show_all
    )
    group.command(epilog="Example: storeside device revoke kiosk-1")(revoke)
    program.add_typer(group, name=name)


def add(  # noqa: PLR0913 - every one is an option of the command
    name: Name,
    device_class: Annotated[
        ProvisionedClass, typer.Option("--class", help="What kind of thing it is.")
    ],
    zone: Annotated[str | None, typer.Option(help="Where it stands.")] = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    webhook: Annotated[
        bool, typer.Option("--webhook", help="A till that sends signed webhooks.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give a device its account. The password is shown this once and kept nowhere."""
    settings = settings_at(config, folder)
    (account,) = fleet_of(settings).enrol(
        [
            NewDevice(
                name=name, device_class=DeviceClass(device_class), zone=zone, webhook=webhook
            )
        ]
    )
    described = described_to_device(account, settings)
    if as_json:
        print_document(described)
        return
    for key in (
        "device",
        "host",
        "port",
        "tls",
        "ca",
        "username",
        "password",
        "page",
        "webhook",
    ):
        if described.get(key) is not None:
            say(f"{key:9} {described[key]}")


def show_all(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """List the devices that have an account."""
    devices = fleet_of(settings_at(config, folder)).list()
    if as_json:
        print_document({"devices": [_row(device) for device in devices]})
        return
    for device in devices:
        say(f"{device.name:32} {device.device_class:10} {device.zone or '-'}")


def revoke(
    name: Name, config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Take a device's account away; its live connection ends too."""
    device = fleet_of(settings_at(config, folder)).revoke(name)
    if as_json:
        print_document({"revoked": device.name})
        return
    say(f"revoked {device.name}")


def fleet_of(settings: Settings) -> Fleet:
    """The store's accounts."""
    return Fleet(settings.fleet, settings.store.id, pid_file=settings.mqtt.pid_file)


def described_to_device(account: Credential, settings: Settings) -> dict[str, object]:
    """What whoever sets the device up must know: broker, account, topics, and its page if it has one."""
    mqtt = settings.mqtt
    described = account.described(
        host=mqtt.public_host or mqtt.host,
        port=mqtt.public_port or mqtt.port,
        tls=mqtt.ca is not None,
        ca=None if mqtt.ca is None else str(mqtt.ca),
    )
    if account.webhook is not None:
        key = read_keys(settings.secrets).store
        described["webhook"] = secret_of(key, account.device, account.webhook)
    # The service's own account has no class, and gateways no page.
    page = None if account.device_class is None else account.device_class.facts.page
    port = port_of(settings)
    if page is not None and port:
        path = page.address.format(device=account.device)
        # Behind the ``#``: a browser sends it to no server, so it stands in no log.
        described["page"] = f"http://{settings.http.host}:{port}{path}#key={account.password}"
    return described


def port_of(settings: Settings) -> int:
    """The service's HTTP port: the one it has now, or else the one it will ask for; 0 if any will do."""
    try:
        # What the running service wrote; with port 0 only it knows.
        facts = json.loads((settings.data_dir / "run.json").read_bytes())
        return int(facts["http"])
    # It does not run, or is just writing.
    except (OSError, ValueError, KeyError):
        return settings.http.port


def _row(device: Device) -> dict[str, object]:
    return {
        "device": device.name,
        "class": device.device_class,
        "zone": device.zone,
        "locale": device.locale,
        "added_at": device.added_at.isoformat().replace("+00:00", "Z"),
    }
