"""An issuer's keys, fetched in a thread and kept while the issuer cannot be reached."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from waypost.errors import KeysUnavailable
from waypost.settings import TokenSettings
from waypost_chat.identity.issuer import IssuerError, fetch_keys

if TYPE_CHECKING:
    from waypost_chat.identity.signatures import PublicKey

logger = logging.getLogger(__name__)
_FRESH = 3_600.0
_MAX_AGE = 86_400.0
"""Keys that could not be fetched again for so long are forgotten."""
_MIN_INTERVAL = 30.0
"""Between two fetches, also where tokens name keys that are not there."""
_RETRY_AFTER = 5.0
"""After a fetch that failed while there are no keys."""
_MAX_WAIT = 8.0
"""Seconds that a request waits for a fetch."""


class IssuerKeys:
    """A process's copy of the keys. Any number of requests wait for the same fetch."""

    def __init__(self, settings: TokenSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: tuple[PublicKey, ...] = ()
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to fetch them, and to import what reads them."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())

    async def close(self) -> None:
        if self._fetching:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def has(self, kid: str) -> bool:
        """Whether the key is one of the issuer's, as far as is known; begins a fetch when due."""
        age = self._clock() - self._fetched_at
        if age >= _FRESH and self._is_due(_MIN_INTERVAL):
            self.start()
        return age < _MAX_AGE and any(key.kid == kid for key in self._keys)

    async def with_id(self, kid: str) -> tuple["PublicKey", ...]:
        """The keys of that id; none where the issuer has none. Raises KeysUnavailable."""
        if self.has(kid):
            return self._keys
        if self._fetching or self._is_due(_MIN_INTERVAL if self._keys else _RETRY_AFTER):
            self.start()
            await self._wait()
        if self.has(kid):
            return self._keys
        if self._fetched_at < self._tried_at or self._fetching:
            # Nobody knows whether it is the issuer's key: another token would change nothing.
            raise KeysUnavailable(int(_RETRY_AFTER))
        return ()

    def _is_due(self, interval: float) -> bool:
        return self._clock() - self._tried_at >= interval

    async def _wait(self) -> None:
        if self._fetching:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._fetching), _MAX_WAIT)

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            self._keys = await asyncio.to_thread(_read, self._settings)
            self._fetched_at = self._tried_at
        except IssuerError as error:
            logger.warning("the issuer's keys cannot be fetched", extra={"error": str(error)})
        finally:
            self._fetching = None


def _read(settings: TokenSettings) -> tuple["PublicKey", ...]:
    """Blocks: over the network, and to import PyJWT for the first time."""
    from waypost_chat.identity.signatures import public_keys

    if keys := public_keys(fetch_keys(settings)):
        return keys
    raise IssuerError("there is no key that can be used")
