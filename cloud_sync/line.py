"""The line to the centre over HTTP, and the only door to aiohttp on the store's side.

One is opened with the store; the sink posts batches and the source asks for changes on it.
"""

import base64
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

import aiohttp

from cloud_sync.errors import AddressRefused, CentralAway
from cloud_sync.retry_delay import parse_retry_after

# Ten seconds are long for a batch of 500 KB, and short for a store that waits behind it.
TIMEOUT_S = 10.0

# A page of changes is at most about 1 MB; anything much larger is not our centre.
_REPLY_LIMIT_BYTES = 8_000_000

# Not one batch's fault: no key, nobody there, too busy, or not the right address.
_AWAY = frozenset({401, 402, 403, 404, 405, 407, 408, 410, 421, 425, 429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralReply:
    """What came back: 2xx, a 4xx that blames the request, or a 5xx of the receiver's own."""

    status: int
    body: bytes


class CentralLine:
    """A pool of connections to one centre, with the store's key on every request.

    ``key`` goes out as a bearer key, or with ``auth="basic"`` as the user name that Segment's
    kind of receiver calls write key. It is sent over TLS only, except to this machine.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        clock: Callable[[], datetime],
        auth: Literal["bearer", "basic"] = "bearer",
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        _check_address(base_url)
        self._base_url = base_url.rstrip("/")
        self._authorization = (
            f"Bearer {key}"
            if auth == "bearer"
            else f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"
        )
        self._clock = clock
        self._tls = tls
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # True is aiohttp's own strict default: the centre's certificate is checked.
        connector = aiohttp.TCPConnector(limit=4, ssl=self._tls or True)
        self._session = aiohttp.ClientSession(
            connector=connector, headers={"Authorization": self._authorization}
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> CentralReply:
        """Send a body.

        Raises:
            CentralAway: no answer in time, or one that says that nobody is served.
        """
        return await self._request("POST", path, data=body, headers=headers)

    async def get(
        self, path: str, params: Mapping[str, str], *, patience_s: float = 0.0
    ) -> CentralReply:
        """Ask; the answer may take ``patience_s`` longer than usual (a long poll).

        Raises:
            CentralAway: no answer in time, or one that says that nobody is served.
        """
        return await self._request("GET", path, params=params, patience_s=patience_s)

    async def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience_s: float = 0.0,
    ) -> CentralReply:
        if self._session is None:
            raise CentralAway("the line is not open")
        try:
            async with self._session.request(
                method,
                self._base_url + path,
                params=params,
                data=data,
                headers=headers,
                # A redirect would carry the key to an address that nobody has checked.
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._timeout_s + patience_s),
            ) as response:
                self._check_status(response)
                return CentralReply(status=response.status, body=await _read(response))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CentralAway(f"{type(error).__name__} on {method} {path}") from error

    def _check_status(self, response: aiohttp.ClientResponse) -> None:
        status = response.status
        asked = response.headers.get("Retry-After")
        # A 5xx that wishes for silence is an overload, and no fault of the one request.
        if status in _AWAY or 300 <= status < 400 or (asked and status >= 500):  # noqa: PLR2004 - classes of HTTP answers
            raise CentralAway(
                f"{status} {response.reason}",
                retry_after_s=parse_retry_after(asked, self._clock()),
            )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        # Counted while it comes: what the header says of the length proves nothing.
        if len(body) > _REPLY_LIMIT_BYTES:
            raise CentralAway(f"an answer of more than {_REPLY_LIMIT_BYTES} bytes")
    return bytes(body)


def _check_address(base_url: str) -> None:
    parts = urlsplit(base_url)
    home = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if not (parts.scheme == "https" or (parts.scheme == "http" and home)):
        raise AddressRefused(base_url)
