"""Wire formats of a run: each a pure fold, event → bytes, with no clock and no randomness."""

from collections.abc import Callable
from typing import Protocol

from waypost.events import Event
from waypost_chat.dialects.internal import Internal
from waypost_chat.dialects.waypost import Waypost


class Dialect(Protocol):
    """Encodes one run. What it must remember between events, it holds itself."""

    def encode(self, event: Event) -> bytes: ...


DIALECTS: dict[str, Callable[[], Dialect]] = {
    "waypost": Waypost,
    "internal": Internal,
}
