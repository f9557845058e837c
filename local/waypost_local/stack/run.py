"""Runs the whole stack in one event loop: AWS, the functions, and the URL in front of them."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from waypost_local import sockets
from waypost_local.aws import table_archive
from waypost_local.errors import CommandError
from waypost_local.lambda_.environment import InitFailed
from waypost_local.lambda_.function_url import FunctionUrl
from waypost_local.lambda_.pool import Pool
from waypost_local.stack import reload
from waypost_local.stack.console import ConsoleLog
from waypost_local.stack.event_sources import EventSources
from waypost_local.stack.local_aws import LocalAws, StackSettings, local_aws
from waypost_local.stack.model_backend import describe_model

_STOP_TIMEOUT = 5
"""Seconds that running invocations have to finish when the stack stops."""


async def run(
    settings: StackSettings,
    listening: socket.socket,
    log: ConsoleLog,
    on_ready: Callable[[str], None],
    *,
    max_environments: int,
    concurrency: int = 1,
    paced: bool = False,
    reload_on_change: bool = False,
) -> None:
    """Runs until it is cancelled.

    Args:
        listening: The socket of the function URL.
        on_ready: Called once the function answers, with lines that say where everything is.
        max_environments: How many execution environments may run at once.
        concurrency: How many requests each of them takes at once.
        paced: Limit responses to Lambda's bandwidth.
        reload_on_change: Restart the function when its code changes.

    Raises:
        CommandError: It cannot run; one line says why.
    """
    url = url_of(listening)
    async with local_aws(settings, url) as aws:
        function = aws.stack.url_function()
        pool = Pool(
            function,
            settings.python,
            aws.variables,
            max_environments,
            log.function_output,
            concurrency,
        )
        function_url = FunctionUrl(pool, log.request, paced=paced)
        sources = EventSources(aws, settings.python, log)
        async with _stopping(pool, sources, function_url, log):
            model = asyncio.create_task(describe_model(settings.model))
            await _run_all(aws.create_resources(), _start_first_environment(pool))
            sources.start()
            await function_url.start(listening)
            await _check_health(listening)
            on_ready(_summary(url, aws, await model, settings.data))
            if reload_on_change:
                await reload.watch(_watched_folders(settings, pool), pool, log)
            await asyncio.Event().wait()


def _summary(url: str, aws: LocalAws, model: str, data: Path | None) -> str:
    threads = "in memory; DATA=<folder> keeps them over a restart"
    if data:
        threads = f"kept in {data} ({table_archive.size(data):,} bytes)"
    return (
        f"Waypost is ready at {url}\n"
        f"  API docs  {url}/docs\n"
        f"  Model     {model}\n"
        f"  Bedrock   {aws.bedrock_url}, played on this machine\n"
        f"  AWS       {aws.endpoint}, played on this machine\n"
        f"  Threads   {threads}"
    )


def listen(host: str, port: int) -> socket.socket:
    """Raises CommandError where the port is taken or not permitted."""
    try:
        return sockets.listening(host, port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        text = f"port {port} on {host}: {reason}; name another with --port (make run PORT=…)"
        raise CommandError(text) from None
    except OverflowError:
        raise CommandError(f"there is no port {port}") from None


def url_of(listening: socket.socket) -> str:
    """The URL of a socket for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104


@contextlib.asynccontextmanager
async def _stopping(
    pool: Pool, sources: EventSources, function_url: FunctionUrl, log: ConsoleLog
) -> AsyncIterator[None]:
    pools = (pool, *sources.pools)
    try:
        yield
    finally:
        function_url.close()
        await sources.stop()
        if busy := sum(pool.busy for pool in pools):
            log.message(f"Stopping; {busy} still running, {_STOP_TIMEOUT} seconds to finish.")
        await asyncio.gather(*(pool.finish(_STOP_TIMEOUT) for pool in pools))
        await asyncio.gather(*(pool.stop() for pool in pools))
        await function_url.stop()


async def _run_all(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Runs all of them at once. The first failure cancels the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)
    except* CommandError as failed:
        raise failed.exceptions[0] from None


async def _start_first_environment(pool: Pool) -> None:
    try:
        await pool.warm()
    except InitFailed as error:
        raise CommandError(str(error)) from None


async def _check_health(listening: socket.socket) -> None:
    """Sends the function GET /health through its URL. Raises CommandError."""
    host, port = listening.getsockname()[:2]
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    response = await reader.read()
    writer.close()
    status = response.partition(b" ")[2][:3].decode()
    if not status.isdigit() or int(status) >= 500:
        body = response.partition(b"\r\n\r\n")[2].decode(errors="replace")
        raise CommandError(f"the function is not healthy: GET /health gives {status} {body}")


def _watched_folders(settings: StackSettings, pool: Pool) -> list[Path]:
    function = pool.function
    agents = settings.template.parent / "agents"
    return [folder for folder in (function.code, *function.layers, agents) if folder.is_dir()]
