"""A store made and run with the command line alone, as its owner would; products are put on its shelves directly."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from edge.storage import products
from edge.storage.connection import open_connection

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
            {"purpose": p, "market": "US", "state": "given", "given_at": _wire(given), "notice_id": NOTICE}
            for p in purposes
        ],
        "history": [
            {"sku": sku, "trips": 9 - i, "last_at": _wire(given + timedelta(days=i))}
            for i, sku in enumerate(HABITS)
        ],
    }


@dataclass
class Store:
    """One store's folder, and its service while it runs."""

    folder: Path
    broker_port: int
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
            "[http]\nport = 0\n"
            f"[mqtt]\nport = {self.broker_port}\n"
            "[model]\nfallback = true\n"
            "[decision]\nholdout_pct = 0\n",
            encoding="utf-8",
        )

    def command(self, *words: str) -> str:
        """Run one command on this store; its standard output.

        Raises:
            RuntimeError: it did not end well.
        """
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "edge", *words, "--config", str(self.config)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
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
        offer = {
            "id": OFFER,
            "headline": "Save 40 cents",
            "skus": list(HABITS[:3]),
            "category": "coffee",
            "discount_cents": 40,
            "starts_at": _wire(datetime.now(UTC) - timedelta(days=1)),
            "ends_at": _wire(datetime.now(UTC) + timedelta(days=5)),
            "campaign": "spring",
        }
        file = self.folder / "offers.json"
        file.write_text(json.dumps([offer]), encoding="utf-8")
        self.command("offers", "publish", str(file))

    @contextmanager
    def running(self) -> Iterator[None]:
        """The service as a child, from its ready line to SIGTERM."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("STORESIDE_")}
        command = [sys.executable, "-m", "edge", "run", "--config", str(self.config)]
        with (
            self.log.open("wb") as log,
            subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, env=environment
            ) as service,
        ):
            self._service = service
            try:
                assert service.stdout is not None
                ready = service.stdout.readline()
                assert ready, self.log.read_text(encoding="utf-8")[-2000:]
                self.http_port = json.loads(ready)["http"]
                yield
            finally:
                service.terminate()
                try:
                    service.wait(_STOP_WITHIN_S)
                except subprocess.TimeoutExpired:
                    service.kill()
        assert service.returncode == 0, self.log.read_text(encoding="utf-8")[-2000:]

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
        """Ask one HTTP door."""
        address = f"http://127.0.0.1:{self.http_port}{path}"
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()

    def refusals(self) -> dict[str, float]:
        """Refused messages by reason, from the metrics."""
        text = self.get("/metrics")[1]
        rows = re.findall(r'^storeside_\w*refus\w*_total\{[^}]*reason="([a-z-]+)"[^}]*\} (\S+)$', text, re.M)
        counts: dict[str, float] = {}
        for reason, value in rows:
            counts[reason] = counts.get(reason, 0.0) + float(value)
        return counts

    def traces_of(self, canary: bytes) -> list[str]:
        """Files of the store, logs among them, that hold these bytes."""
        files = [f for f in self.folder.rglob("*") if f.is_file()]
        return [str(f.relative_to(self.folder)) for f in files if canary in f.read_bytes()]


def _wire(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
