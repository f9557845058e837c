"""One event through Lambda's own runtime interface emulator, which aws-sam-cli carries."""

import asyncio
import base64
import contextlib
import importlib.util
import json
import platform
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from waypost_local import environment, processes, stack
from waypost_local.failure import CommandError
from waypost_local.logs import Log
from waypost_local.stack import Setup
from waypost_local.template import Function

_PATH = "/2015-03-31/functions/function/invocations"
_CPUS = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_TRIES = 8
"""Of connecting while the emulator starts; httpx waits twice as long after each."""


@dataclass(frozen=True)
class Result:
    """What the function answered, fit to read; `failed` where that is an error."""

    text: str
    failed: bool


async def invoke(setup: Setup, event: Path, log: Log) -> Result:
    """Runs one event with AWS's side around it. Raises CommandError."""
    body, emulator = _read(event), binary()
    async with stack.aws_side(setup, "http://127.0.0.1") as side:
        function = side.stack.with_url()
        variables = {
            **environment.variables(function),
            **function.environment,
            **side.variables,
            "WAYPOST_RESPONSE": "buffered",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        }
        await side.create()
        runtime = environment.start_command(function, setup.python)
        async with _emulating(emulator, runtime, function, variables, log) as url:
            answer = await _post(url, body, function.timeout)
    return Result(readable(answer), is_error(answer))


def binary() -> Path:
    """The emulator for this machine's CPU. Raises CommandError where there is none."""
    found = importlib.util.find_spec("samcli")
    if found is None or found.origin is None:
        raise CommandError("the runtime interface emulator comes with aws-sam-cli: pip install it")
    cpu = platform.machine()
    path = Path(found.origin).parent / f"local/rapid/aws-lambda-rie-{_CPUS.get(cpu.lower())}"
    if sys.platform != "linux" or not path.is_file():
        text = "the runtime interface emulator runs on Linux on x86_64 and arm64"
        raise CommandError(f"{text}; this is {sys.platform} on {cpu}")
    return path


def readable(answer: Any) -> str:
    """Status and headers as JSON, and below them the body as a client would see it."""
    if not isinstance(answer, dict) or "body" not in answer:
        return json.dumps(answer, indent=2, ensure_ascii=False)
    head = {n: v for n, v in answer.items() if n not in ("body", "isBase64Encoded")}
    body = answer["body"] or ""
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    with contextlib.suppress(ValueError):
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    return f"{json.dumps(head, indent=2, ensure_ascii=False)}\n\n{body}"


def is_error(answer: Any) -> bool:
    """Whether the function failed, or answered a status from 400 on."""
    if not isinstance(answer, dict):
        return False
    return "errorType" in answer or int(answer.get("statusCode", 200)) >= 400


def _read(event: Path) -> bytes:
    try:
        body = event.read_bytes()
        json.loads(body)
    except OSError as error:
        raise CommandError(f"{event}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(f"{event}: it is not JSON: {error}") from None
    return body


@contextlib.asynccontextmanager
async def _emulating(
    emulator: Path, runtime: list[str], function: Function, variables: Mapping[str, str], log: Log
) -> AsyncIterator[str]:
    """The emulator with a runtime, and the address that takes events."""
    port, runtime_port = _free_port(), _free_port()
    command = [
        str(emulator),
        f"--runtime-interface-emulator-address=127.0.0.1:{port}",
        f"--runtime-api-address=127.0.0.1:{runtime_port}",
        *runtime,
    ]
    process = await processes.spawn(command, variables, function.code)
    printing = asyncio.create_task(_print(process, log))
    try:
        yield f"http://127.0.0.1:{port}{_PATH}"
    finally:
        # The runtime complains when its emulator ends before it.
        printing.cancel()
        await processes.kill(process)


async def _print(process: Process, log: Log) -> None:
    """The emulator's own lines are not JSON; they are for those who want to see everything."""
    async for line in processes.lines(process):
        if log.verbose or line.startswith("{"):
            log.printed("emulator", line)


async def _post(url: str, body: bytes, seconds: int) -> Any:
    transport = httpx.AsyncHTTPTransport(retries=_TRIES)
    async with httpx.AsyncClient(
        transport=transport, timeout=seconds + 10, trust_env=False
    ) as client:
        try:
            response = await client.post(url, content=body)
        except httpx.HTTPError as error:
            raise CommandError(f"the emulator: {type(error).__name__} {error}") from None
    try:
        return response.json()
    except ValueError:
        return response.text


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
