"""moto's server in a process of its own: DynamoDB, SQS, S3 and EventBridge on one port."""

import contextlib
import copy
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from waypost_local import child_server
from waypost_local.aws.account import CREDENTIALS
from waypost_local.aws.fault_middleware import DynamoDBFaultMiddleware
from waypost_local.aws.table_archive import TableArchive

_SAVE_TIMEOUT = 30
"""Seconds that the tables may take to be written when the stack stops."""


@contextlib.asynccontextmanager
async def serving(folder: Path | None = None) -> AsyncIterator[str]:
    """Starts the process; yields the endpoint of every AWS service but Bedrock.

    DynamoDB's tables are read from `folder` when they are made, and written there as they change.

    It accepts connections at once and answers them when moto is imported. `/_faults` there makes
    DynamoDB fail: see `fault_middleware`.
    """
    saved = [str(folder)] if folder else []
    # moto's own calls of AWS must not use the credentials of the user.
    async with child_server.serving(
        __name__, *saved, environment=CREDENTIALS, goodbye=_SAVE_TIMEOUT if folder else 0
    ) as endpoint:
        yield endpoint


def serve(descriptor: int, folder: Path | None = None) -> None:
    """Serves moto on a listening socket until standard input is closed."""
    running = server("127.0.0.1", 0, descriptor, folder)
    child_server.end_with_parent(running.archive.save if running.archive else lambda: None)
    running.serve_forever()


def server(host: str, port: int, descriptor: int | None = None, folder: Path | None = None) -> Any:
    """moto's WSGI server on a port, or on a socket that listens already."""
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    class SilentRequestHandler(MotoRequestHandler):
        def log_request(self, *_: object) -> None:
            """Its output is discarded."""

    _keep_no_instances()
    _copy_less_in_transactions()
    _keep_deep_queues_fast()
    lock = threading.Lock()
    moto = DomainDispatcherApplication(create_backend_app)
    archive = TableArchive(moto, folder, lock) if folder else None
    if archive:
        threading.Thread(target=archive.save_forever, daemon=True).start()
    app = DynamoDBFaultMiddleware(_one_request_at_a_time(archive or moto, lock))
    running = make_server(
        host, port, app, threaded=True, request_handler=SilentRequestHandler, fd=descriptor
    )
    running.archive = archive  # type: ignore[attr-defined]
    return running


def _one_request_at_a_time(app: Any, lock: threading.Lock) -> Any:
    """moto's tables are plain dictionaries: two requests at once break each other's iterations."""

    def call(environ: Any, start_response: Any) -> Any:
        with lock:
            return app(environ, start_response)

    return call


def _keep_no_instances() -> None:
    """Patches moto: it holds every table, item and request it ever made, to reset them between
    tests; a stack that runs for an hour would hold gigabytes."""
    from moto.core.common_models import BaseModel

    patched: Any = BaseModel
    patched.__new__ = lambda cls, *_, **__: object.__new__(cls)


def _copy_less_in_transactions() -> None:
    """Patches moto: a transaction copies a table's items, but not every value in them.

    moto copies the whole table for each transaction, to restore it where a condition fails. An
    update replaces the values of an item, so a copy of each item's dictionary is enough for that.
    """
    from moto.dynamodb.models.dynamo_type import Item, LimitedSizeDict
    from moto.dynamodb.models.table import Table

    def copy_item(original: Any) -> Any:
        item: Any = object.__new__(Item)
        item.hash_key, item.range_key = original.hash_key, original.range_key
        # Adding attributes one by one would measure the whole item for each.
        item.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
        dict.update(item.attrs, original.attrs)
        return item

    def copy_table(original: Any, memo: dict[int, Any]) -> Any:
        table = copy.copy(original)
        if original.has_range_key:
            table.items = type(original.items)(original.items.default_factory)
            for key, items in original.items.items():
                table.items[key] = {name: copy_item(item) for name, item in items.items()}
        else:
            # Without a sort key the items are held in another shape.
            table.items = copy.deepcopy(original.items, memo)
        return table

    patched: Any = Table
    patched.__deepcopy__ = copy_table


def _keep_deep_queues_fast() -> None:
    """Patches moto: for each message that is sent or received it works out all attributes of the
    queue, and reads the clock for every message that lies there; a deep queue takes seconds."""
    from moto.core.utils import unix_time, unix_time_millis
    from moto.sqs.models import Queue, SQSBackend

    def is_valid(self: Any, queue_name: str, message: Any) -> bool:
        seconds: float = self.get_queue(queue_name).message_retention_period
        return bool(seconds + message.sent_timestamp / 1000 > unix_time())

    def messages(queue: Any) -> list[Any]:
        now = unix_time_millis()
        return [m for m in queue._messages if now > m.visible_at and now >= m.delayed_until]

    def in_flight(queue: Any) -> int:
        now = unix_time_millis()
        return sum(now <= m.visible_at for m in queue._messages)

    def delayed(queue: Any) -> int:
        now = unix_time_millis()
        return sum(now < m.delayed_until for m in queue._messages)

    backend: Any = SQSBackend
    backend.is_message_valid_based_on_retention_period = is_valid
    patched: Any = Queue
    patched.messages = property(messages)
    patched.approximate_number_of_messages_not_visible = property(in_flight)
    patched.approximate_number_of_messages_delayed = property(delayed)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
