"""The whole stack in one event loop: AWS's side, the functions, and the URL in front of them."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waypost_local import aws, bedrock, parameters, reload, resources, template
from waypost_local.environment import InitFailed
from waypost_local.failure import CommandError
from waypost_local.front import Front
from waypost_local.logs import Log
from waypost_local.physical import Where
from waypost_local.pool import Pool
from waypost_local.template import Stack

_GRACE = 5
"""Seconds that running invocations have to finish when the stack stops."""


@dataclass(frozen=True)
class Setup:
    """What to run, and how."""

    template: Path
    python: str
    model: str = "builtin"
    pace: bedrock.Pace = field(default_factory=bedrock.Pace)
    database: Path | None = None
    documents: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the template."""


@dataclass(frozen=True)
class Aws:
    """The template's resources and Bedrock, and the variables that lead a function to them."""

    stack: Stack
    endpoint: str
    bedrock: str
    variables: Mapping[str, str]

    async def create(self) -> None:
        """Makes the resources. Raises CommandError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            await asyncio.to_thread(resources.create, self.stack, self.endpoint)
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"template: {' '.join(str(error).split())}") from None


@contextlib.asynccontextmanager
async def aws_side(setup: Setup, url: str, models: Any = None) -> AsyncIterator[Aws]:
    """Starts moto and Bedrock, and reads the template against them.

    Args:
        models: An ASGI app that plays Bedrock instead of `setup.model`.

    Raises:
        CommandError: The template, or the model's name, is none.
    """
    models = models or bedrock.app(_model(setup.model), setup.pace)
    source = template.read(setup.template)
    async with aws.moto() as endpoint:
        stack = _load(setup, source, Where(endpoint, url))
        async with bedrock.serving(models) as serving:
            variables = {
                **resources.CREDENTIALS,
                # A function has no home, and must not meet the profiles of whoever runs this.
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": serving.url,
            }
            yield Aws(stack, endpoint, serving.url, variables)


async def run(
    setup: Setup,
    listening: socket.socket,
    log: Log,
    announce: Callable[[str], None],
    *,
    environments: int,
    paced: bool = False,
    watched: bool = False,
) -> None:
    """Runs until it is cancelled.

    Args:
        listening: Where requests come in.
        announce: Called with the address once the function answers there.
        environments: How many may run at once.
        paced: Hold responses to Lambda's bandwidth.
        watched: Start the function anew when its code changes.

    Raises:
        CommandError: It cannot run; one line says why.
    """
    url = address(listening)
    async with aws_side(setup, url) as side:
        pool = Pool(side.stack.with_url(), setup.python, side.variables, environments, log.printed)
        front = Front(pool, log.served, paced=paced)
        async with _stopping(pool, front, log):
            await _together(side.create(), _warm(pool))
            await front.start(listening)
            await _check_health(listening)
            announce(url)
            log.note(f"AWS is played at {side.endpoint}, Bedrock at {side.bedrock}.")
            if watched:
                await reload.watch(_watched(setup, pool), pool, log)
            await asyncio.Event().wait()


def listen(host: str, port: int) -> socket.socket:
    """Raises CommandError where the port is taken or not ours to take."""
    try:
        return socket.create_server((host, port), backlog=256)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        text = f"port {port} on {host}: {reason}; name another with --port (make run PORT=…)"
        raise CommandError(text) from None
    except OverflowError:
        raise CommandError(f"there is no port {port}") from None


def address(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104


@contextlib.asynccontextmanager
async def _stopping(pool: Pool, front: Front, log: Log) -> AsyncIterator[None]:
    try:
        yield
    finally:
        front.close()
        if pool.busy:
            log.note(f"Stopping; {pool.busy} still running, {_GRACE} seconds to finish.")
        await pool.finish(_GRACE)
        await pool.stop()
        await front.stop()


async def _together(*parts: Coroutine[Any, Any, None]) -> None:
    """Runs all of them; the first failure stops the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except* CommandError as failed:
        raise failed.exceptions[0] from None


async def _warm(pool: Pool) -> None:
    try:
        await pool.warm()
    except InitFailed as error:
        raise CommandError(str(error)) from None


async def _check_health(listening: socket.socket) -> None:
    """Asks the function how it is, as a browser would reach it. Raises CommandError."""
    host, port = listening.getsockname()[:2]
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    status = answer.partition(b" ")[2][:3].decode()
    if not status.isdigit() or int(status) >= 500:
        body = answer.partition(b"\r\n\r\n")[2].decode(errors="replace")
        raise CommandError(f"the function is not healthy: GET /health gives {status} {body}")


def _load(setup: Setup, source: dict[str, Any], where: Where) -> Stack:
    root = setup.template.parent
    local = parameters.of_this_machine(
        root,
        source.get("Parameters") or {},
        setup.database,
        setup.documents,
        _origins(where.url),
        bedrock=setup.model.startswith("bedrock"),
    )
    return template.load(source, root, {**local, **setup.given}, where)


def _origins(url: str) -> list[str]:
    return [url, url.replace("127.0.0.1", "localhost")]


def _model(name: str) -> bedrock.Model:
    try:
        return bedrock.backend(name)
    except ValueError as error:
        raise CommandError(str(error)) from None


def _watched(setup: Setup, pool: Pool) -> list[Path]:
    function = pool.function
    agents = setup.template.parent / "agents"
    return [folder for folder in (function.code, *function.layers, agents) if folder.is_dir()]
