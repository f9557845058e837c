"""Bearer tokens: checked once, and then remembered until they expire."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from waypost.identity import Identity
from waypost.settings import TokenSettings
from waypost_chat.identity.claims import check_claims, identity_of
from waypost_chat.identity.keys import IssuerKeys

_MAX_REMEMBERED = 1_000


@dataclass(frozen=True)
class _Verified:
    who: Identity
    kid: str
    expires_at: float


class TokenVerifier:
    """Checks the tokens of one issuer, for the life of a process."""

    def __init__(self, settings: TokenSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._keys = IssuerKeys(settings, clock)
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    def start(self) -> None:
        """Begins what the first token waits for, so that it is there before the token."""
        self._keys.start()

    async def close(self) -> None:
        await self._keys.close()

    async def identity(self, token: str) -> Identity:
        """The user of a token.

        Raises:
            TokenRefused: It is not a valid one.
            Forbidden: It does not say whose it is.
            KeysUnavailable: It cannot be checked now.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        # The issuer may have withdrawn the key.
        if known and self._clock() < known.expires_at and self._keys.has(known.kid):
            self._verified.move_to_end(digest)
            return known.who
        found = await self._verify(token)
        self._verified[digest] = found
        if len(self._verified) > _MAX_REMEMBERED:
            self._verified.popitem(last=False)
        return found.who

    async def _verify(self, token: str) -> _Verified:
        signatures = await asyncio.to_thread(_signatures)
        header = signatures.read_header(token)
        keys = await self._keys.with_id(header.kid)
        claims = signatures.verified_claims(token, header, keys)
        expires_at = check_claims(claims, header.type, self._settings, self._clock())
        return _Verified(identity_of(claims, self._settings), header.kid, expires_at)


def _signatures() -> ModuleType:
    """Imported with the first token at the latest, as no other mode needs it."""
    from waypost_chat.identity import signatures

    return signatures
