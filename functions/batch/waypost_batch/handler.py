"""The function's handler: messages of the queue of batches, one after the other.

One event loop lives as long as the process, and so do the clients that are bound to it.
"""

import asyncio
import logging
import os
import time
from typing import Any

from waypost.batches import BatchBackend
from waypost.errors import raised_at
from waypost.runs import Backend
from waypost.settings import Settings
from waypost_batch.messages import take

logging.getLogger("botocore").setLevel(logging.WARNING)
logger = logging.getLogger(__name__)
_runner = asyncio.Runner()
_opened: tuple[Backend, BatchBackend] | None = None
_MARGIN_SECONDS = 60.0
"""Before the deadline: what is not split by then goes on in another invocation."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An SQS event; the messages that failed are delivered again."""
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000
    return _runner.run(_take_all(event["Records"], deadline))


async def _take_all(records: list[dict[str, Any]], deadline: float) -> dict[str, Any]:
    backend, batches = await _open()
    failed: list[str] = []
    for record in records:
        try:
            late = deadline - min(_MARGIN_SECONDS, (deadline - time.time()) / 2)
            await take(backend, batches, record["body"], late)
        except Exception as error:
            logger.error(
                "message not taken",
                extra={"error": type(error).__name__, "where": raised_at(error)},
            )
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


async def _open() -> tuple[Backend, BatchBackend]:
    global _opened
    if _opened is None:
        backend = await Backend.open(Settings.from_env(os.environ))
        _opened = backend, BatchBackend(backend.settings.batches, backend.table)
    return _opened
