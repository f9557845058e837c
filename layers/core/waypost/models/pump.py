"""A blocking iterator, read on the event loop through one thread of its own.

Handing each item over with `asyncio.to_thread` costs a thread hop per token. Here the thread
fills a deque and wakes the loop only when the loop has emptied it.
"""

import asyncio
import contextlib
import contextvars
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")
_BURST = 32
"""Items that are passed on before other tasks get their turn of the event loop."""


class _Pump(Generic[T]):
    def __init__(self, start: Callable[[], Iterator[T]]) -> None:
        self._start = start
        self._loop = asyncio.get_running_loop()
        self._items: deque[T] = deque()
        self._wake = asyncio.Event()
        self._waking = False
        self._left = False
        self._ended = False
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            iterator = self._start()
            for item in iterator:
                if self._left:
                    close = getattr(iterator, "close", None)
                    if close:
                        close()
                    return
                self._items.append(item)
                self._notify()
        except BaseException as error:
            self._error = error
        finally:
            self._ended = True
            self._notify()

    def _notify(self) -> None:
        if self._waking:
            return
        self._waking = True
        # The loop may be gone, or go this moment, where the whole process is going down.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    async def read(self) -> AsyncGenerator[T, None]:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                self._waking = False
                for turn in count(1):
                    if not self._items:
                        break
                    yield self._items.popleft()
                    if turn % _BURST == 0:
                        await asyncio.sleep(0)
                if self._ended and not self._items:
                    break
            if self._error:
                raise self._error
        finally:
            self._left = True


async def pump(start: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
    """The items of `start()`, which is called and iterated in a thread; its errors are raised here.

    Whoever stops early leaves the thread to end at its next item.
    """
    stream: _Pump[T] = _Pump(start)
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(stream.run,), name="pump", daemon=True).start()
    reader = stream.read()
    try:
        async for item in reader:
            yield item
    finally:
        await reader.aclose()
