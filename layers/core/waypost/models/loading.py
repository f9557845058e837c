"""langchain-aws, imported in the background while the question is being routed."""

import asyncio
import importlib
import threading
from concurrent.futures import Future
from types import ModuleType

_lock = threading.Lock()
_module: Future[ModuleType] | None = None


def preload() -> Future[ModuleType]:
    """Begins to import `waypost.models.chat`, once, in a thread of its own."""
    global _module
    with _lock:
        if _module is None:
            _module = Future()
            threading.Thread(target=_load, args=(_module,), name="preload", daemon=True).start()
        return _module


async def chat() -> ModuleType:
    """`waypost.models.chat`, as soon as it is imported."""
    return await asyncio.wrap_future(preload())


def _load(module: Future[ModuleType]) -> None:
    try:
        module.set_result(importlib.import_module("waypost.models.chat"))
    except BaseException as error:
        module.set_exception(error)
