"""`run`: the stack, until it is stopped."""

import argparse
import asyncio
from contextlib import AsyncExitStack

import httpx

from waypost_local import logs, reload, stack
from waypost_local.failure import CommandError
from waypost_local.stack import Options


async def run(options: Options, arguments: argparse.Namespace) -> int:
    """Says where the page is once a request has gone the whole way. Raises CommandError."""
    async with AsyncExitStack() as up:
        _check_port(arguments.host, arguments.port)
        aws = await up.enter_async_context(stack.cloud(options))
        pool = await up.enter_async_context(stack.pool(options, aws, logs.output))
        port = await up.enter_async_context(
            stack.url(pool, arguments.host, arguments.port, logs.request, paced=arguments.pace)
        )
        url = f"http://{arguments.host}:{port}"
        await _healthy(url)
        logs.say(f"Waypost is ready at {url}")
        if arguments.reload:
            await reload.watch(pool, [options.root / "agents"], logs.say)
        await asyncio.Event().wait()
    return 0


def _check_port(host: str, port: int) -> None:
    """A taken port is told before anything is started for it."""
    import socket

    if port:
        try:
            socket.create_server((host, port)).close()
        except OSError:
            raise CommandError(f"port {port} is taken: choose another with PORT=…") from None


async def _healthy(url: str) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{url}/health")
    if answer.status_code != 200:
        raise CommandError(f"the function answers {answer.status_code} to /health")
