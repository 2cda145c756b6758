"""The hub's doors: batches in, changes out and in, figures for people and for checks.

`python -m cloud_sync.hub` runs it; bodies are read by `messages`, and what is kept is `store`'s.

`POST /v1/batch` answers after the events are on disk, with a verdict on each. A store's key
opens its own batch, changes and figures; the central team's key imports changes and sees all.
"""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime

from aiohttp import hdrs, web

from cloud_sync.envelope import BATCH_LIMIT_BYTES
from cloud_sync.errors import BodyRefused, KeyRefused
from cloud_sync.hub.messages import (
    CentralEvent,
    ChangeIn,
    RejectedEvent,
    read_batch,
    read_change,
)
from cloud_sync.hub.page import draw_page
from cloud_sync.hub.requests import (
    is_home,
    problem,
    read_key,
    read_lines,
    read_number,
    read_seconds,
)
from cloud_sync.hub.settings import HubSettings
from cloud_sync.hub.store import CentralStore, ChangePage, SqliteStore

# A batch of the published size plus its own brackets and time.
_BODY_LIMIT_BYTES = BATCH_LIMIT_BYTES + 1_000

# Lines of an import that go to disk together.
_IMPORT_CHUNK = 2_000

# The longest a question for changes may stay open; proxies cut at 30 s or more.
_WAIT_LIMIT_S = 25.0
_PAGE_LIMIT = 2_000
_IDS_LIMIT = 10_000

# Nothing of the page comes from elsewhere, and nothing in it may run.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_CALLER: web.RequestKey[str | None] = web.RequestKey("caller")


class Hub:
    """The doors over a store. ``caller`` None is the central team, else a store's id."""

    def __init__(self, store: CentralStore, settings: HubSettings) -> None:
        self._store = store
        self._keys: list[tuple[str | None, bytes]] = [
            (name, key.get_secret_value().encode()) for name, key in settings.store_keys.items()
        ]
        self._keys.append((None, settings.central_key.get_secret_value().encode()))
        self._news = asyncio.Event()
        self._closing = False

    def build_app(self) -> web.Application:
        """Lay out the routes."""
        app = web.Application(client_max_size=_BODY_LIMIT_BYTES, middlewares=[self._guard])
        app.router.add_get("/", self.show_page)
        app.router.add_get("/healthz", self.tell_health)
        app.router.add_post("/v1/batch", self.take_batch)
        app.router.add_get("/v1/changes", self.give_changes)
        app.router.add_post("/v1/changes", self.import_changes)
        app.router.add_get("/v1/stats", self.tell_stats)
        app.router.add_get("/v1/events/ids", self.list_ids)
        app.on_shutdown.append(self._close)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let nobody in without a key, and turn refusals into problem documents."""
        try:
            if request.path.startswith("/v1/"):
                request[_CALLER] = self._recognise(request.headers.get(hdrs.AUTHORIZATION))
            return await handler(request)
        except KeyRefused as error:
            return problem(401, str(error), {"WWW-Authenticate": "Bearer"})
        except BodyRefused as error:
            return problem(error.status, str(error))
        except web.HTTPException as error:
            return problem(error.status, error.reason)

    def _recognise(self, authorization: str | None) -> str | None:
        """Find whose key this is, in the same time for every wrong one."""
        offered = read_key(authorization)
        found = [name for name, key in self._keys if hmac.compare_digest(key, offered)]
        if not found:
            raise KeyRefused("a valid key is needed")
        return found[0]

    async def take_batch(self, request: web.Request) -> web.Response:
        """`POST /v1/batch`: every event gets a verdict; on disk before the answer."""
        store = _need_store(request)
        read = read_batch(await request.read())
        events = [event for event in read if isinstance(event, CentralEvent)]
        misfits = [misfit for misfit in read if isinstance(misfit, RejectedEvent)]
        fates = iter(await self._store.take(store, events, len(misfits)))
        results = [
            {"id": event.id, "status": "refused", "reason": event.reason}
            if isinstance(event, RejectedEvent)
            else {"id": event.id, "status": next(fates)}
            for event in read
        ]
        return web.json_response({"success": True, "results": results})

    async def give_changes(self, request: web.Request) -> web.Response:
        """`GET /v1/changes?streams=a,b&cursor=n[&limit=n][&wait=s]`: what is newer."""
        store = _need_store(request)
        streams = [name for name in request.query.get("streams", "").split(",") if name]
        # Up to here numbers are exact in every reader of JSON.
        cursor = read_number(request, "cursor", 0, 2**53)
        limit = max(1, read_number(request, "limit", 500, _PAGE_LIMIT))
        wait_s = read_seconds(request, "wait", _WAIT_LIMIT_S)
        page = await self._await_changes(store, streams, cursor, limit, wait_s)
        return web.Response(body=page.to_json(), content_type="application/json")

    async def _await_changes(
        self, store: str, streams: list[str], cursor: int, limit: int, wait_s: float
    ) -> ChangePage:
        """Read the page; if it is empty, hold on until there is news or time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while not self._closing:
                    # Taken before reading: news that comes in between sets this very event.
                    news = self._news
                    # A read on the store's thread cannot be stopped, only the waiting for it.
                    page = await asyncio.shield(
                        self._store.changes(store, streams, cursor, limit)
                    )
                    if page.changes:
                        return page
                    await news.wait()
        # Time is up, or the hub stops: that is an answer and no error.
        return await self._store.changes(store, streams, cursor, limit)

    async def import_changes(self, request: web.Request) -> web.Response:
        """`POST /v1/changes`: JSON lines from the central team, in chunks to the disk.

        A line that is no change ends the import with its number; what stood before it in
        finished chunks is applied, and sending all again is harmless.
        """
        if request[_CALLER] is not None:
            raise BodyRefused("only the central team's key may import", status=403)
        chunk: list[ChangeIn] = []
        applied = version = 0
        async for number, line in read_lines(request):
            try:
                chunk.append(read_change(line))
            except BodyRefused as error:
                raise BodyRefused(f"line {number}: {error}") from error
            if len(chunk) == _IMPORT_CHUNK:
                version = await self._publish(chunk)
                applied += len(chunk)
                chunk = []
        version = await self._publish(chunk)
        return web.json_response({"applied": applied + len(chunk), "version": version})

    async def _publish(self, chunk: list[ChangeIn]) -> int:
        version = await self._store.publish(chunk)
        self._tell_news()
        return version

    def _tell_news(self) -> None:
        """Wake every open question; later ones wait on a fresh event."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def tell_stats(self, request: web.Request) -> web.Response:
        """`GET /v1/stats`: totals of the caller's store, or of all for the central team."""
        stats = await self._store.stats(request[_CALLER])
        return web.json_response(asdict(stats))

    async def list_ids(self, request: web.Request) -> web.Response:
        """`GET /v1/events/ids?after=n[&limit=n]`: ids by arrival; `next` null at the end."""
        after = read_number(request, "after", 0, 2**53)
        limit = max(1, read_number(request, "limit", _IDS_LIMIT, _IDS_LIMIT))
        rows = await self._store.ids(request[_CALLER], after, limit)
        last = rows[-1][0] if len(rows) == limit else None
        return web.json_response({"ids": [id_ for _, id_ in rows], "next": last})

    async def tell_health(self, request: web.Request) -> web.Response:
        """`GET /healthz`: answers if the store on disk does."""
        del request
        await self._store.stats(None)
        return web.json_response({"status": "ok"})

    async def show_page(self, request: web.Request) -> web.Response:
        """`GET /`: the totals for a person, on this machine only (or through its proxy)."""
        # The page asks for no key, so nobody else's machine gets it.
        if not is_home(request.remote):
            raise BodyRefused("this page is shown on the hub's own machine only", status=403)
        stats = await self._store.stats(None)
        return web.Response(
            text=draw_page(stats), content_type="text/html", headers=_PAGE_HEADERS
        )

    async def _close(self, app: web.Application) -> None:
        """Answer the open questions now, so that the hub can stop at once."""
        del app
        self._closing = True
        self._tell_news()


@contextlib.asynccontextmanager
async def open_hub(settings: HubSettings) -> AsyncGenerator[int]:
    """Run a hub inside this program; gives its port and closes it in the end."""
    file = settings.data_dir / "hub.db"
    async with SqliteStore(file, clock=lambda: datetime.now(UTC)) as store:
        # One second to stop: `_close` has answered the open questions by then.
        runner = web.AppRunner(
            Hub(store, settings).build_app(), access_log=None, shutdown_timeout=1.0
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.host, settings.port, ssl_context=settings.tls())
            await site.start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


async def serve(settings: HubSettings, *, ready: Callable[[int], None]) -> None:
    """Run the hub until cancelled; ``ready`` gets the port once it takes requests."""
    async with open_hub(settings) as port:
        ready(port)
        await asyncio.Event().wait()


def _need_store(request: web.Request) -> str:
    store = request[_CALLER]
    if store is None:
        raise BodyRefused("this needs a store's own key", status=403)
    return store
