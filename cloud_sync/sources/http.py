"""The default sender of changes: `GET /v1/changes` on the line to the centre.

The downlink polls it for pages and applies them.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloud_sync.downlink import StreamChange, StreamPage
from cloud_sync.errors import CentralFailed
from cloud_sync.line import CentralLine

_OK = 200


class _Change(BaseModel):
    # Words of a newer centre are passed over; a wrong type is not.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    stream: str
    key: str
    op: Literal["upsert", "delete"]
    version: Annotated[int, Field(ge=1)]
    body: dict[str, object] = Field(default_factory=dict)


class _Page(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    changes: list[_Change]
    cursor: Annotated[int, Field(ge=0)]
    more: bool


class HttpSource:
    """Asks for changes over a line that its owner opened."""

    def __init__(self, line: CentralLine) -> None:
        self._line = line

    async def changes(self, streams: Sequence[str], cursor: int, limit: int) -> StreamPage:
        """Fetch the changes after ``cursor``; see `downlink.Source`."""
        return await self._ask(streams, cursor, limit, wait_s=0.0)

    async def wait(self, streams: Sequence[str], cursor: int, wait_s: float) -> None:
        """Return when there is any change after ``cursor``, or after ``wait_s``."""
        # One change is enough to know that there is news; the pages are fetched by `changes`.
        await self._ask(streams, cursor, 1, wait_s=wait_s)

    async def _ask(
        self, streams: Sequence[str], cursor: int, limit: int, *, wait_s: float
    ) -> StreamPage:
        params = {"streams": ",".join(streams), "cursor": str(cursor), "limit": str(limit)}
        if wait_s:
            params["wait"] = f"{wait_s:.3f}"
        reply = await self._line.get("/v1/changes", params, patience_s=wait_s)
        if reply.status != _OK:
            raise CentralFailed(f"the centre answered {reply.status} for changes")
        try:
            page = _Page.model_validate_json(reply.body)
        except ValidationError as error:
            raise CentralFailed("the centre's page of changes cannot be read") from error
        return StreamPage(
            changes=tuple(_change(change) for change in page.changes),
            cursor=page.cursor,
            more=page.more,
        )


def _change(change: _Change) -> StreamChange:
    return StreamChange(
        stream=change.stream,
        key=change.key,
        op=change.op,
        version=change.version,
        body=change.body,
    )
