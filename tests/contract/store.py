"""A store made and run with the command line alone, as its owner would; products are put on its shelves directly."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from edge.domain.placement import PLACEMENTS
from edge.storage.catalogue import products
from edge.storage.connection import open_connection
from tests.patience import patient

ROOT = Path(__file__).parents[2]
NOTICE = "notice-us-1"
PURPOSES = (
    "recognise", "personalise-private", "personalise-public", "associate-assist", "checkout-offer", "measure",
)  # fmt: skip
HABITS = ("100001", "100002", "100003", "100011", "100012")
OFFER = "o-save"
_KINDS = ("coffee", "tea", "bread", "apples", "pasta", "yogurt", "cereal", "crackers")
_STOP_WITHIN_S = 8


def goods() -> list[dict[str, object]]:
    """Eighty things to sell, ten of a kind."""
    return [
        {
            "sku": str(100_001 + 10 * kind + n),
            "name": f"{name} no. {n}",
            "category": name,
            "department": "grocery",
            "price_cents": 100 + 25 * n,
        }
        for kind, name in enumerate(_KINDS)
        for n in range(10)
    ]


def person(number: int, *, purposes: Iterable[str] = PURPOSES) -> dict[str, Any]:
    """One shopper in the form of ``customers import``, who has agreed to ``purposes``."""
    given = datetime.now(UTC) - timedelta(days=30)
    return {
        "token": f"c-plain{chr(97 + number // 26)}{chr(97 + number % 26)}",
        "identifiers": {
            "loyalty": f"LOY-{number:03}-QXZV",
            "email": f"shopper.{number}@qxzv.example",
            "phone": f"+1 202 555 {number:04}",
        },
        "locale": "en-US",
        "segments": [],
        "consents": [
            {
                "purpose": p,
                "market": "US",
                "state": "given",
                "given_at": _wire(given),
                "notice_id": NOTICE,
            }
            for p in purposes
        ],
        "history": [
            {"sku": sku, "trips": 9 - i, "last_at": _wire(given + timedelta(days=i))}
            for i, sku in enumerate(HABITS)
        ],
    }


@dataclass
class Store:
    """One store's folder, and its service while it runs. ``store_lines``, ``tables``: further settings."""

    folder: Path
    broker_port: int
    store_lines: str = ""
    tables: str = ""
    http_port: int = 0
    log: Path = field(init=False)
    _service: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.log = self.folder / "service.log"

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "storeside.toml"

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def write_settings(self) -> None:
        """Settings as an owner would write them; nobody is held out, so that every answer can be foretold."""
        self.config.write_text(
            f'data_dir = "{self.data}"\n'
            '[store]\nid = "s-plain"\nmarket = "US"\ntime_zone = "America/New_York"\n'
            f"{self.store_lines}"
            "[http]\nport = 0\n"
            f"[mqtt]\nport = {self.broker_port}\n"
            "[model]\nfallback = true\n"
            "[decision]\nholdout_pct = 0\n"
            f"{self.tables}",
            encoding="utf-8",
        )

    def command(self, *words: str) -> str:
        """Run one command on this store; its standard output.

        Raises:
            RuntimeError: it did not end well.
        """
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "edge", *words, "--config", str(self.config)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=patient(60),
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{words}: {done.returncode}: {done.stderr}")
        return done.stdout

    def add_device(self, name: str, device_class: str, zone: str) -> dict[str, Any]:
        """Provision a device; what the command prints."""
        words = ("device", "add", name, "--class", device_class, "--zone", zone, "--json")
        return cast("dict[str, Any]", json.loads(self.command(*words)))

    def bring_in(self, people: Iterable[Mapping[str, Any]]) -> None:
        """Import people from a file of the contract's form."""
        file = self.folder / "people.jsonl"
        file.write_text("\n".join(json.dumps(one) for one in people), encoding="utf-8")
        self.command("customers", "import", str(file))
        file.unlink()

    def stock(self) -> None:
        """Put goods on the shelves and one offer on some of them."""
        with closing(open_connection(self.data / "storeside.db")) as conn:
            products.upsert(conn, goods())
        self.propose()

    def propose(self, **told: object) -> None:
        """Publish an offer, by the command; ``told`` is what is otherwise than in the usual one."""
        offer = {
            "id": OFFER,
            "headline": "Save 40 cents",
            "skus": list(HABITS[:3]),
            "category": "coffee",
            "discount_cents": 40,
            "starts_at": _wire(datetime.now(UTC) - timedelta(days=1)),
            "ends_at": _wire(datetime.now(UTC) + timedelta(days=5)),
            "campaign": "spring",
            "segment": "everybody",
            "offer_type": "discount",
            "channels": ["display", "kiosk", "tablet", "pos", "phone"],
            "placements": list(PLACEMENTS)[1:],
            **told,
        }
        file = self.folder / "offers.json"
        file.write_text(json.dumps([offer]), encoding="utf-8")
        self.command("offers", "publish", str(file))

    def start(self, more: Mapping[str, str] | None = None) -> None:
        """Start the service, with ``more`` variables, and wait for its ready line."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("STORESIDE_")}
        environment |= more or {}
        command = [sys.executable, "-m", "edge", "run", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self._service = subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, env=environment
            )
        assert self._service.stdout is not None
        ready = self._service.stdout.readline()
        if not ready:
            self.stop()
            raise RuntimeError(self.log.read_text(encoding="utf-8")[-2000:])
        self.http_port = json.loads(ready)["http"]

    def stop(self) -> int:
        """Tell the service to end; its exit status, -9 if it had to be killed."""
        assert self._service is not None
        with self._service as service:
            service.terminate()
            try:
                return service.wait(patient(_STOP_WITHIN_S))
            except subprocess.TimeoutExpired:
                service.kill()
                return service.wait()

    def kill(self) -> None:
        """End the service as a power cut would."""
        assert self._service is not None
        with self._service as service:
            service.kill()
            service.wait()

    @property
    def alive(self) -> bool:
        """The service's process is there and says that it is well."""
        running = self._service is not None and self._service.poll() is None
        return running and self.get("/healthz")[0] == 200

    @property
    def rss_mb(self) -> float:
        """What the service holds in memory."""
        assert self._service is not None
        status = Path(f"/proc/{self._service.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024

    def get(self, path: str) -> tuple[int, str]:
        """Ask one HTTP door, as the console."""
        key = (self.data / "secrets" / "admin.key").read_text(encoding="ascii").strip()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}",
            headers={"Authorization": f"Bearer {key}"},
        )
        with urllib.request.urlopen(asked, timeout=patient(5)) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()

    def metric(self, name: str, **labels: str) -> float:
        """One figure of the metrics; 0 if it is not there."""
        wanted = {f'{key}="{value}"' for key, value in labels.items()}
        for line in self.get("/metrics")[1].splitlines():
            found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if (
                found
                and found[1] == name
                and set(filter(None, (found[2] or "").split(","))) == wanted
            ):
                return float(found[3])
        return 0.0

    def refused(self, reason: str) -> float:
        """How many messages were refused for this reason since the start."""
        return self.metric("storeside_refused_total", reason=reason)

    def state_of(self, device: str) -> str:
        """How the console sees a device; empty if it does not."""
        rows = json.loads(self.get("/v1/devices")[1])
        rows = rows["devices"] if isinstance(rows, dict) else rows
        return next((str(row["state"]) for row in rows if row["name"] == device), "")

    def traces_of(self, canary: bytes) -> list[str]:
        """Files of the store, logs among them, that hold these bytes."""
        files = [f for f in self.folder.rglob("*") if f.is_file()]
        return [str(f.relative_to(self.folder)) for f in files if canary in f.read_bytes()]


def _wire(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
