"""The first answer to an Idempotency-Key, kept on disk: the same body gets it again, another body is refused.

The doors for whole sales and for offers ask it before they begin and tell it what they answered.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Final

from pydantic import StringConstraints, TypeAdapter, ValidationError

from edge.api.http.errors import BadBody, OtherBody
from edge.domain.clock import Clock
from edge.storage.database import Database
from edge.storage.operations import first_answers
from edge.storage.operations.first_answers import FirstAnswer

HEADER: Final = "Idempotency-Key"
# Plain characters, because the ids of events are made of it.
_KEY: Final = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,64}$")])


def checked_key(text: str) -> str:
    """The key of a request. Raises ``BadBody``."""
    try:
        return _KEY.validate_python(text)
    except ValidationError:
        raise BadBody(f"{HEADER}: expected 1 to 64 of A-Z a-z 0-9 . _ ~ -") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """First answers. ``secret``: the store's own; under it no body can be guessed from its digest."""

    database: Database
    clock: Clock
    secret: bytes = field(repr=False)

    async def begin(self, source: str, key: str, body: bytes) -> FirstAnswer:
        """What is known of this key; with an ``answer`` there is nothing left to do. On disk when it returns.

        Raises:
            OtherBody: the key came with another body before.
            StorageFull: the disk does not take it now.
        """
        # A digest and not the body, which may hold a card's number.
        digest = hmac.new(self.secret, body, hashlib.sha256).digest()
        fresh = FirstAnswer(source=source, key=key, digest=digest)
        find = partial(first_answers.find, source=source, key=key)
        found = self.database.read(find)
        if found is None:
            # Before anything is done: another body must be known as such even if we end on the way.
            at = self.clock.now()
            await self.database.write(partial(first_answers.keep, first=fresh, at=at))
            # Of two that came at once, the first is there.
            found = self.database.read(find) or fresh
        if not hmac.compare_digest(found.digest, digest):
            raise OtherBody
        return found

    async def settle(self, first: FirstAnswer, answer: str) -> None:
        """Keep what is answered; on disk when it returns."""
        keep = partial(
            first_answers.keep, first=replace(first, answer=answer), at=self.clock.now()
        )
        await self.database.write(keep)
