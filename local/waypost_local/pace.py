"""How fast a function URL lets a response through: 6 MB at once, then 2 MB a second."""

from dataclasses import dataclass

BURST = 6_000_000
RATE = 2_000_000


@dataclass
class Pace:
    """`began` and the answers are seconds of one clock."""

    began: float
    sent: int = 0

    def due(self, size: int) -> float:
        """When the next `size` bytes may have left."""
        self.sent += size
        return self.began + max(0, self.sent - BURST) / RATE
