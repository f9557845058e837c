"""What a bench could not measure: it goes on with the rest, and says so at the end."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CONTESTANT_FAILURES = (TimeoutError, OSError, EOFError, RuntimeError)
"""Too slow, out of reach, broken off, or ended."""


class Failures:
    def __init__(self) -> None:
        self.messages: list[str] = []

    @asynccontextmanager
    async def contained(self, name: str, seconds: float) -> AsyncIterator[None]:
        """Ends what is measured after so many seconds, and notes where it failed."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            self.messages.append(f"{name}: not done within {seconds:g} s")
        except CONTESTANT_FAILURES as error:
            self.messages.append(f"{name}: {type(error).__name__}: {error}")

    def exit(self) -> None:
        """Prints the failures; where there are any, the exit status is 1."""
        for message in self.messages:
            sys.stdout.write(f"failed: {message}\n")
        sys.stdout.flush()
        if self.messages:
            raise SystemExit(1)
