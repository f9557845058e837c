"""How fast Lambda lets a response stream out: 6 MB at full speed, then 2 MB a second.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

from collections.abc import Iterator

_MB = 1024 * 1024
_SLICE = 64 * 1024


class ResponsePacing:
    """The schedule of one response. It reads no clock: `now` is given, in seconds."""

    def __init__(self, burst: int = 6 * _MB, rate: int = 2 * _MB) -> None:
        self._burst = burst
        self._rate = rate
        self._next = 0.0

    def wait(self, size: int, now: float) -> float:
        """Seconds to wait before the next `size` bytes are sent."""
        unlimited = min(size, self._burst)
        self._burst -= unlimited
        start = max(self._next, now)
        self._next = start + (size - unlimited) / self._rate
        return start - now


def slices(chunk: bytes) -> Iterator[bytes]:
    """A chunk in pieces that are small compared to the rate."""
    return (chunk[at : at + _SLICE] for at in range(0, len(chunk), _SLICE))
