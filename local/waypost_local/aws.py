"""AWS on this machine: moto in a process of its own, and the template's resources in it."""

import asyncio
import contextlib
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator

from waypost_local.resources import CREDENTIALS


@contextlib.asynccontextmanager
async def moto() -> AsyncIterator[str]:
    """An endpoint for every AWS service but Bedrock.

    It accepts connections at once, and answers them when moto has been imported.
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
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    class Silent(MotoRequestHandler):
        def log_request(self, *_: object) -> None:
            """Nobody reads it."""

    app = DomainDispatcherApplication(create_backend_app)
    make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=Silent, fd=descriptor
    ).serve_forever()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
