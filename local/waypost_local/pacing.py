"""How fast Lambda lets a response stream out: 6 MB at full speed, then 2 MB a second.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

from collections.abc import Iterator

_MB = 1024 * 1024
_SLICE = 64 * 1024


class Pacing:
    """The schedule of one response. It reads no clock: it is told the time, in seconds."""

    def __init__(self, free: int = 6 * _MB, rate: int = 2 * _MB) -> None:
        self._free = free
        self._rate = rate
        self._next = 0.0

    def wait(self, size: int, now: float) -> float:
        """Seconds that the next `size` bytes have to wait before they may leave."""
        within = min(size, self._free)
        self._free -= within
        start = max(self._next, now)
        self._next = start + (size - within) / self._rate
        return start - now


def slices(chunk: bytes) -> Iterator[bytes]:
    """A chunk in pieces that are small beside the rate."""
    return (chunk[at : at + _SLICE] for at in range(0, len(chunk), _SLICE))
