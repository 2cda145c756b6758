"""What is missing or wrong on this machine for one store, each with its mend; looking changes nothing.

The command ``storeside doctor`` asks, before a first start and whenever something does not work.
"""

from __future__ import annotations

import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial

from devices.errors import DevicesError, MappingRefused
from devices.fleet import Fleet
from devices.tills.mapping import read_mapping
from edge.app.provisioning import check_address, read_keys, read_policy_of
from edge.app.settings import Settings
from edge.campaigns.authoring import picture_library
from edge.domain.errors import NotProvisioned, StoresideError
from edge.storage.catalogue import assets, products
from edge.storage.connection import open_reader
from edge.storage.disk_space import FreeSpace, disk
from edge.storage.measurement import till_history
from edge.storage.operations.night_note import last_night
from edge.storage.people import consents
from edge.storage.timestamps import from_us
from models.bundle.manifest import Manifest
from models.errors import ModelsError
from models.serving.coverage import known_share
from models.serving.registry import BundleRegistry

_PYTHON = (3, 11)
# A clock before the day this was written has lost its battery.
_NOT_BEFORE = datetime(2026, 11, 21, tzinfo=UTC)
# Two devices' clocks may differ by this without anybody's fault.
_TOLERANCE = timedelta(minutes=5)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Time to fetch or train the next bundle.
_EXPIRY_NOTICE_DAYS = 14
# A night that was missed once is no fault yet.
_NIGHTS = timedelta(days=3)
_WEEK_S = 7 * 86_400
_LATEST = "SELECT max(at_us) FROM decisions"


class Grade(StrEnum):
    """How bad it is. ``WARN``: the store works, with less; ``BLOCKS``: the service does not start or is of no use."""

    OK = "ok"
    WARN = "warn"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorFinding:
    """One thing that was looked at. ``mend`` is what to do, where there is something to do."""

    check: str
    grade: Grade
    says: str
    mend: str | None = None


class Doubt(Exception):
    """Something is not as it should be, and the store works all the same."""

    def __init__(self, says: str, mend: str | None = None) -> None:
        super().__init__(says)
        self.hint = mend


def examine(settings: Settings) -> tuple[DoctorFinding, ...]:
    """Everything that can be seen without asking another process, in the order in which it is mended."""
    return tuple(judged(name, partial(check, settings)) for name, check in _checks().items())


def judged(check: str, look: Callable[[], str]) -> DoctorFinding:
    """The finding of one check: ``look`` says what is well, or raises what is not."""
    try:
        return DoctorFinding(check=check, grade=Grade.OK, says=look())
    except Doubt as doubt:
        return DoctorFinding(check=check, grade=Grade.WARN, says=str(doubt), mend=doubt.hint)
    except (StoresideError, DevicesError, ModelsError, OSError, sqlite3.Error) as error:
        # Only our own errors know a mend.
        mend = getattr(error, "hint", None)
        return DoctorFinding(check=check, grade=Grade.BLOCKS, says=str(error), mend=mend)


def _checks() -> dict[str, Callable[[Settings], str]]:
    return {
        "python": _python,
        "addresses": _addresses,
        "folder": _folder,
        "secrets": _secrets,
        "policy": _policy,
        "database": _database,
        "ledger": _ledger,
        "space": _space,
        "model": _model,
        "coverage": _coverage,
        "night": _night,
        "pictures": _pictures,
        "devices": _devices,
        "mappings": _mappings,
        "clock": _clock,
    }


def _python(_settings: Settings) -> str:
    if sys.version_info < _PYTHON:
        raise NotProvisioned("Python is older than 3.11", hint="install Python 3.11 or newer")
    return f"Python {sys.version.split()[0]}"


def _addresses(settings: Settings) -> str:
    check_address(settings)
    return (
        f"HTTP on {settings.http.host}, the broker at {settings.mqtt.host}:{settings.mqtt.port}"
    )


def _folder(settings: Settings) -> str:
    folder = settings.data_dir
    if not folder.is_dir():
        raise NotProvisioned(
            f"there is no folder {folder}", hint="storeside init --config FILE"
        )
    if folder.stat().st_mode & _OTHERS:
        raise Doubt(f"others on this machine can look into {folder}", f"chmod 700 {folder}")
    return f"{folder}, ours alone"


def _secrets(settings: Settings) -> str:
    read_keys(settings.secrets)
    loose = [
        file for file in sorted(settings.secrets.iterdir()) if file.stat().st_mode & _OTHERS
    ]
    # Blocks, unlike an open folder: whoever reads the key can try identifiers against the stored codes.
    if loose:
        raise NotProvisioned(
            f"others can read {loose[0].name}", hint=f"chmod 600 {settings.secrets}/*"
        )
    return "the store's secrets are there, ours alone"


def _policy(settings: Settings) -> str:
    policy = read_policy_of(settings)
    return f"the policy of {policy.market}, version {policy.version}"


def _database(settings: Settings) -> str:
    with closing(_opened(settings)) as conn:
        # Not `integrity_check`, which holds every index against its table and takes long on a large file.
        said: str = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
        rows: int = conn.execute("SELECT count(*) FROM decisions").fetchone()[0]
    if said != "ok":
        raise NotProvisioned(
            f"the database is damaged: {said}",
            hint=f"stop the service and restore {settings.database} from its backup",
        )
    return f"{settings.database} is whole; it remembers {rows} decisions"


def _ledger(settings: Settings) -> str:
    with closing(_opened(settings)) as conn:
        broken = consents.first_broken(conn)
    if broken is not None:
        raise NotProvisioned(
            f"line {broken} of the consent ledger was changed or taken away",
            hint="keep the file as evidence, and restore the database from its backup",
        )
    return "the consent ledger holds, line by line"


def _space(settings: Settings) -> str:
    shortage = FreeSpace(settings.data_dir).shortage()
    if shortage is not None:
        raise shortage
    free_mb = disk(settings.data_dir)[1] // 2**20
    if free_mb < 2 * settings.limits.outbox_mb:
        raise Doubt(
            f"{free_mb} MiB are free, less than twice what the outbox may hold",
            "free disk space, or lower limits.outbox_mb",
        )
    return f"{free_mb} MiB are free"


def _model(settings: Settings) -> str:
    bundles = BundleRegistry(settings.bundles, settings.model_keys)
    try:
        active = bundles.active()
        if active is not None:
            return _well(bundles.verify(active))
    except ModelsError as refused:
        raise Doubt(
            f"{refused}; the plain fallback answers", "storeside models activate DIR"
        ) from refused
    if settings.model.fallback:
        return "no model is active: the store's own counts answer, and models learn makes one of them"
    raise NotProvisioned(
        "no model is active", hint="storeside models learn, or storeside models activate DIR"
    )


def _coverage(settings: Settings) -> str:
    """What the active model knows of the goods and of a week's sales; too little, and it does not answer."""
    try:
        ranker = BundleRegistry(settings.bundles, settings.model_keys).open_active()
    except ModelsError:
        return "no model answers, so there is none that could know too little"
    with closing(_opened(settings)) as conn:
        today = int(datetime.now(UTC).timestamp()) - _WEEK_S
        goods = known_share(ranker, products.skus(conn))
        try:
            lines = known_share(ranker, till_history.keys_since(conn, today))
        # A table of this version; the service makes it at its start, the doctor changes nothing.
        except sqlite3.OperationalError as older:
            raise Doubt("the database is of an earlier version", "start the service") from older
    if goods is None:
        return f"{ranker.label} has no goods to know yet"
    says = f"{ranker.label} knows {goods:.0%} of the goods"
    if lines is not None:
        says += f" and {lines:.0%} of the lines of the last seven days"
    if goods * 100 < settings.model.least_known_pct:
        raise Doubt(
            f"{says}; the store's own counts answer for it",
            "storeside models learn makes one of the store's own sales",
        )
    return says


def _night(settings: Settings) -> str:
    """What the last night came to, and whether the nights go on."""
    with closing(_opened(settings)) as conn:
        note = last_night(conn)
    if note is None:
        return "no night yet: storeside models learn, or its timer"
    told = f"{note.at:%Y-%m-%d %H:%M} UTC: {note.verdict}, {note.baskets} baskets, {note.seconds} s"
    if note.left_out:
        told += f", {note.left_out} odd days left out"
    if note.verdict == "kept-back":
        raise Doubt(
            f"{told}; {', '.join(note.beaten_by)} did better than {note.label}",
            "storeside models learn --dry-run shows by how much",
        )
    if datetime.now(UTC) - note.at > _NIGHTS:
        raise Doubt(
            f"the last night was {told}", "systemctl enable --now storeside-learn.timer"
        )
    return told


def _well(manifest: Manifest) -> str:
    """What is good about the model in use, if that stays so for a while."""
    if manifest.expires is not None:
        left = (manifest.expires - datetime.now(UTC).date()).days
        if left < _EXPIRY_NOTICE_DAYS:
            raise Doubt(
                f"{manifest.label} expires on {manifest.expires}; a service that starts later"
                " answers by the plain fallback",
                "storeside models activate DIR, with a newer one",
            )
    return f"{manifest.label} is signed, and holds all its promises"


def _pictures(settings: Settings) -> str:
    with closing(_opened(settings)) as conn:
        try:
            missing, held = picture_library.missing(conn), len(assets.held(conn))
        # A table of this version is missing; the service makes it at its start, the doctor changes nothing.
        except sqlite3.OperationalError as older:
            raise Doubt("the database is of an earlier version", "start the service") from older
    if missing:
        sha256, ids = next(iter(missing.items()))
        raise Doubt(
            f"{len(missing)} pictures are missing, {sha256[:12]} of offer {ids[0]} among them;"
            " screens draw the product instead",
            "storeside assets add FILE",
        )
    return f"{held} pictures are here, and no creative misses one"


def _devices(settings: Settings) -> str:
    devices = Fleet(settings.fleet, settings.store.id).list()
    if not devices:
        raise Doubt("no device has an account", "storeside device add NAME --class CLASS")
    return f"{len(devices)} devices have an account"


def _mappings(settings: Settings) -> str:
    files = sorted(settings.mappings.glob("*.toml"))
    for file in files:
        try:
            read_mapping(file)
        except MappingRefused as error:
            raise Doubt(
                str(error), "mend the file; the service reads it at the next order"
            ) from error
    return f"{len(files)} of the store's own, for orders of other tills"


def _clock(settings: Settings) -> str:
    now = datetime.now(UTC)
    mend = "set the clock, and let the system keep it: timedatectl set-ntp true"
    if now < _NOT_BEFORE:
        raise NotProvisioned(f"the clock says {now:%Y-%m-%d}, which is past", hint=mend)
    latest = _last_write(settings)
    if latest is not None and latest > now + _TOLERANCE:
        raise NotProvisioned(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but the store wrote at {latest:%Y-%m-%d %H:%M}",
            hint=mend,
        )
    return f"{now:%Y-%m-%d %H:%M} UTC"


def _last_write(settings: Settings) -> datetime | None:
    """When the store last wrote, by the file and by what is in it; a demo's recorded day says nothing here."""
    if not settings.database.is_file():
        return None
    # The file moves with every write, also on a day without a decision.
    written = datetime.fromtimestamp(settings.database.stat().st_mtime, UTC)
    if settings.clock.source == "replay":
        return written
    with closing(_opened(settings)) as conn:
        decided = conn.execute(_LATEST).fetchone()[0]
    return written if decided is None else max(written, from_us(decided))


def _opened(settings: Settings) -> sqlite3.Connection:
    if not settings.database.is_file():
        raise NotProvisioned("there is no database", hint="storeside init --config FILE")
    return open_reader(settings.database)
