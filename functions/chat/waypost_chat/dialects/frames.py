"""Several frames for one event: only the last carries its number.

A reader who was cut off between them has not seen the event whole, and is sent all of them again.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from waypost_chat.sse import dumps, frame

Part = Mapping[str, Any]


def frames(parts: Iterable[Part | str], seq: int, *, named: bool = False) -> bytes:
    """Objects as JSON, strings as they are. Where `named`, an object's type is its `event:`."""
    ready = [
        (part, None) if isinstance(part, str) else (dumps(part), part["type"] if named else None)
        for part in parts
    ]
    last = len(ready) - 1
    return b"".join(
        frame(data, seq if number == last else None, kind)
        for number, (data, kind) in enumerate(ready)
    )


def text(value: Any) -> str:
    """A tool's output, for protocols in which that is a string."""
    return value if isinstance(value, str) else dumps(value)
