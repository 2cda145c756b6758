"""The running service's door for tills, as a command uses it: under an account that lives as long as the command.

``sales`` sends each sale of a file through it; the service takes it like any till's word.
"""

from __future__ import annotations

import base64
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, Final, Self, cast

from devices.accounts import NewDevice
from devices.device_classes import DeviceClass
from devices.errors import DeviceUnknown
from devices.fleet import Credential, Fleet
from devices.tills.sale import TillSale
from edge.domain.errors import NotProvisioned

ACCOUNT: Final = "sales-import"
"""The till in whose name imported sales are told."""
_COMPLETE: Final = "complete"
# What a first answer bears that is given once more.
_REPLAYED: Final = "Idempotent-Replayed"
_ANSWER_WITHIN_S: Final = 15.0
# A broker reads its accounts anew within a moment; a service that is starting takes some.
_WAITS_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0)
_LATER: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleAnswer:
    """What the service said of one sale: taken now, known before, or refused for a reason; and of its lines."""

    reason: str | None = None
    is_known: bool = False
    refused_lines: tuple[str, ...] = ()


class TillDoor:
    """Sends sales to the service at ``host`` and ``port``. A context manager: its account ends with it."""

    def __init__(self, fleet: Fleet, host: str, port: int) -> None:
        self._fleet = fleet
        # Whoever listens everywhere listens here.
        self._host = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
        self._port = port
        self._line = HTTPConnection(self._host, port, timeout=_ANSWER_WITHIN_S)
        self._account: Credential | None = None

    def __enter__(self) -> Self:
        # Left by an import that was cut short.
        with suppress(DeviceUnknown):
            self._fleet.revoke(ACCOUNT)
        (self._account,) = self._fleet.enrol(
            [NewDevice(name=ACCOUNT, device_class=DeviceClass.POS)]
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()
        with suppress(DeviceUnknown):
            self._fleet.revoke(ACCOUNT)

    def send(self, sale: TillSale) -> SaleAnswer:
        """Send one sale, again and again under the same key until the service has said what it is.

        Raises:
            NotProvisioned: no service answers.
        """
        if sale.body["action"] == _COMPLETE:
            body = {key: value for key, value in sale.body.items() if key != "action"}
            return self._ask("/v1/pos/transactions", body, {"Idempotency-Key": sale.key})
        # Not a sale but the end of one: an event, whose id is its key.
        return self._ask("/v1/events", self._event(sale), {})

    def _event(self, sale: TillSale) -> Json:
        account = cast("Credential", self._account)
        return {
            "specversion": "1.0",
            "id": f"{sale.key}:{sale.body['action']}",
            "source": account.topics["event"].rsplit("/", 1)[0],
            "type": "storeside.basket.v1",
            "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "data": sale.body,
        }

    def _ask(self, path: str, body: Json, headers: dict[str, str]) -> SaleAnswer:
        account = cast("Credential", self._account)
        pair = base64.b64encode(f"{account.username}:{account.password}".encode()).decode()
        told = {**headers, "Content-Type": "application/json", "Authorization": f"Basic {pair}"}
        text = json.dumps(body)
        status, answer = self._post(path, text, told)
        for wait_s in _WAITS_S:
            if status not in _LATER:
                break
            time.sleep(wait_s)
            status, answer = self._post(path, text, told)
        if status in _LATER:
            raise NotProvisioned(
                f"the service at {self._host}:{self._port} does not take sales now ({status})",
                hint="storeside doctor; then import again: what was taken counts once",
            )
        return _answer(status, answer)

    def _post(self, path: str, body: str, headers: dict[str, str]) -> tuple[int, Json]:
        try:
            self._line.request("POST", path, body, headers)
            response = self._line.getresponse()
            answer = json.loads(response.read() or b"{}")
        except ConnectionRefusedError as error:
            raise NotProvisioned(
                f"no service answers at {self._host}:{self._port}",
                hint="start it (storeside run --config FILE) and import again",
            ) from error
        except (OSError, HTTPException, ValueError):
            # Cut in the middle: nobody knows whether it was taken, so it is said again.
            self._line.close()
            return HTTPStatus.GATEWAY_TIMEOUT, {}
        else:
            return response.status, {**answer, "again": _REPLAYED in response.headers}


def _answer(status: int, answer: Json) -> SaleAnswer:
    if status != HTTPStatus.ACCEPTED:
        # The last part of a problem's type is its word: bad-body, other-body, too-large.
        return SaleAnswer(reason=str(answer.get("type", status)).rpartition(":")[2])
    receipts = cast("list[Json]", answer["results"])
    wrong = [str(one.get("reason")) for one in receipts if not one["accepted"]]
    lines = [str(line["reason"]) for one in receipts for line in one.get("lines") or ()]
    # A step may be refused at no cost: a payment card taken for a loyalty card leaves the sale nobody's.
    taken = answer.get("accepted", not wrong)
    return SaleAnswer(
        reason=None if taken else wrong[0],
        is_known=answer["again"] or all(one.get("duplicate") for one in receipts),
        refused_lines=tuple(lines),
    )
