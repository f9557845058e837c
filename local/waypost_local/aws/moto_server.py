"""moto's server in a process of its own: DynamoDB, SQS, S3 and EventBridge on one port."""

import contextlib
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from waypost_local import child_server
from waypost_local.aws import moto_patches
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

    moto_patches.apply()
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


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
