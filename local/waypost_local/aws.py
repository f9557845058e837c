"""AWS on this machine: moto in a process of its own, and the template's resources in it."""

import asyncio
import contextlib
import copy
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

from waypost_local.breaking import Breaking
from waypost_local.resources import CREDENTIALS


@contextlib.asynccontextmanager
async def moto() -> AsyncIterator[str]:
    """An endpoint for every AWS service but Bedrock.

    It accepts connections at once, and answers them when moto has been imported. `/_faults` there
    makes DynamoDB fail: see `breaking`.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __name__,
            str(listening.fileno()),
            # moto's own calls of AWS must not meet the credentials of whoever runs this.
            env={**os.environ, **CREDENTIALS},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        yield endpoint
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def serve(descriptor: int) -> None:
    """Serves moto on a listening socket, for as long as somebody holds our standard input."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server("127.0.0.1", 0, descriptor).serve_forever()


def server(host: str, port: int, descriptor: int | None = None) -> Any:
    """moto on a port, or on a socket that listens already."""
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    class Silent(MotoRequestHandler):
        def log_request(self, *_: object) -> None:
            """Nobody reads it."""

    _mend_transactions()
    app = Breaking(_one_at_a_time(DomainDispatcherApplication(create_backend_app)))
    return make_server(host, port, app, threaded=True, request_handler=Silent, fd=descriptor)


def _one_at_a_time(app: Any) -> Any:
    """moto's tables are plain dictionaries: two requests at once break each other's iterations."""
    turn = threading.Lock()

    def call(environ: Any, start_response: Any) -> Any:
        with turn:
            return app(environ, start_response)

    return call


def _copied(one: Any, memo: dict[int, Any]) -> Any:
    made = copy.copy(one)
    made.items = copy.deepcopy(one.items, memo)
    return made


def _mend_transactions() -> None:
    """Lets a transaction set a table aside without copying every value that it has ever held.

    moto copies the whole table for each transaction, to put it back where a condition fails. An
    update replaces the values of an item, so a copy of each item's dictionary is enough for that.
    """
    from moto.dynamodb.models.dynamo_type import Item, LimitedSizeDict
    from moto.dynamodb.models.table import Table

    def item(one: Any) -> Any:
        made: Any = object.__new__(Item)
        made.hash_key, made.range_key = one.hash_key, one.range_key
        # Not filled one by one: it would measure all of itself for each.
        made.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
        dict.update(made.attrs, one.attrs)
        return made

    def table(one: Table) -> Table:
        made = copy.copy(one)
        made.items = type(one.items)(one.items.default_factory)
        for key, held in one.items.items():
            made.items[key] = {k: item(i) for k, i in held.items()}
        return made

    # A table without a sort key holds its items otherwise; it is copied as moto does it.
    patched: Any = Table
    patched.__deepcopy__ = lambda one, memo: table(one) if one.has_range_key else _copied(one, memo)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
