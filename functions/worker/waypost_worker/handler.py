"""The function's handler: messages of the queue of questions, all of an invocation at once.

One event loop lives as long as the process, and so do the clients that are bound to it.
"""

import asyncio
import json
import logging
import os
import random
import time
from typing import Any

from waypost.batches import BatchBackend
from waypost.batches.answering import Answerer, TryLater, question_of
from waypost.errors import NotFound, raised_at
from waypost.identity import Identity
from waypost.runs import Backend
from waypost.settings import Settings

logging.getLogger("botocore").setLevel(logging.WARNING)
logger = logging.getLogger(__name__)
_runner = asyncio.Runner()
_answerer: Answerer | None = None
_MARGIN_SECONDS = 20.0
"""Before the deadline no question is begun."""
_MAX_PAUSE_SECONDS = 900
_SOON_SECONDS = 20


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An SQS event; the messages that failed are delivered again."""
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000
    return _runner.run(_answer_all(event["Records"], deadline))


async def _answer_all(records: list[dict[str, Any]], deadline: float) -> dict[str, Any]:
    answerer = await _open()
    throttled = asyncio.Event()
    begin_until = deadline - min(_MARGIN_SECONDS, (deadline - time.time()) / 2)
    done = await asyncio.gather(
        *(_answer(answerer, record, deadline, begin_until, throttled) for record in records)
    )
    failed = [record["messageId"] for record, ok in zip(records, done, strict=True) if not ok]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


async def _answer(
    answerer: Answerer,
    record: dict[str, Any],
    deadline: float,
    begin_until: float,
    throttled: asyncio.Event,
) -> bool:
    """Whether every question of a message has its result."""
    try:
        message = json.loads(record["body"])
        who = Identity(message["tenant"], message["user"])
        for fields in message["questions"]:
            line, question, recorded = question_of(fields)
            if throttled.is_set():
                raise TryLater("others are throttled")
            if time.time() > begin_until:
                raise TryLater("no time left", soon=True)
            await answerer.answer(who, message["batch"], line, question, deadline, recorded)
    except TryLater as later:
        if later.throttled:
            throttled.set()
        await _give_back(answerer, record, later)
        return False
    except NotFound:
        # The batch was deleted: nobody waits for its answers.
        return True
    except Exception as error:
        logger.error(
            "question not answered",
            extra={"error": type(error).__name__, "where": raised_at(error)},
        )
        return False
    return True


async def _give_back(answerer: Answerer, record: dict[str, Any], later: TryLater) -> None:
    """The message rests for a random time, so that not all of them come again at once."""
    received = int(record["attributes"].get("ApproximateReceiveCount", "1"))
    longest = _SOON_SECONDS if later.soon else min(_MAX_PAUSE_SECONDS, 5 * 2 ** min(received, 12))
    queue = answerer.batches.settings.question_queue
    seconds = round(random.uniform(1, longest))  # noqa: S311 - no secret
    await answerer.batches.give_back(queue, record["receiptHandle"], seconds)


async def _open() -> Answerer:
    global _answerer
    if _answerer is None:
        backend = await Backend.open(Settings.from_env(os.environ))
        batches = BatchBackend(backend.settings.batches, backend.table)
        _answerer = Answerer(backend, batches)
    return _answerer
