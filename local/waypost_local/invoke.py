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

from waypost_local.errors import CommandError
from waypost_local.lambda_ import environment, processes
from waypost_local.lambda_.function import LambdaFunction
from waypost_local.stack.console import ConsoleLog
from waypost_local.stack.event_sources import mappings
from waypost_local.stack.local_aws import LocalAws, StackSettings, local_aws

_PATH = "/2015-03-31/functions/function/invocations"
_EMULATOR_CPUS = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_CONNECT_RETRIES = 8
"""While the emulator starts; httpx doubles the delay after each."""


@dataclass(frozen=True)
class InvokeResult:
    """The function's response as readable text; `failed` where it is an error."""

    text: str
    failed: bool


async def invoke(settings: StackSettings, event: Path, log: ConsoleLog) -> InvokeResult:
    """Runs one event, with AWS served as in `run`. Raises CommandError."""
    body, emulator = _read_event(event), emulator_path()
    async with local_aws(settings, "http://127.0.0.1") as aws:
        function = _function_for(json.loads(body), aws)
        variables = {
            **environment.variables(function),
            **function.environment,
            **aws.variables,
            "WAYPOST_RESPONSE": "buffered",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        }
        await aws.create_resources()
        runtime = environment.start_command(function, settings.python)
        async with _running_emulator(emulator, runtime, function, variables, log) as url:
            response = await _post(url, body, function.timeout)
    return InvokeResult(readable(response), is_error(response))


def _function_for(event: Any, aws: LocalAws) -> LambdaFunction:
    """The function behind the queue that an SQS event names; the one with a URL for any other.

    Raises:
        CommandError: No function reads from that queue.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    if not records:
        return aws.stack.url_function()
    queue = str(records[0].get("eventSourceARN", ""))
    functions = {function.name: function for function in aws.stack.functions}
    for mapping in mappings(aws.stack, aws.endpoint):
        if mapping.queue_arn == queue:
            return functions[mapping.function]
    raise CommandError(f"the event's queue {queue or '(none)'} belongs to no function")


def emulator_path() -> Path:
    """The emulator for this machine's CPU. Raises CommandError where there is none."""
    found = importlib.util.find_spec("samcli")
    if found is None or found.origin is None:
        raise CommandError("the runtime interface emulator comes with aws-sam-cli: pip install it")
    cpu = platform.machine()
    path = (
        Path(found.origin).parent / f"local/rapid/aws-lambda-rie-{_EMULATOR_CPUS.get(cpu.lower())}"
    )
    if sys.platform != "linux" or not path.is_file():
        text = "the runtime interface emulator runs on Linux on x86_64 and arm64"
        raise CommandError(f"{text}; this is {sys.platform} on {cpu}")
    return path


def readable(response: Any) -> str:
    """Status and headers as JSON, and below them the decoded body."""
    if not isinstance(response, dict) or "body" not in response:
        return json.dumps(response, indent=2, ensure_ascii=False)
    head = {n: v for n, v in response.items() if n not in ("body", "isBase64Encoded")}
    body = response["body"] or ""
    if response.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    with contextlib.suppress(ValueError):
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    return f"{json.dumps(head, indent=2, ensure_ascii=False)}\n\n{body}"


def is_error(response: Any) -> bool:
    """Whether the function failed, or responded with a status from 400 on."""
    if not isinstance(response, dict):
        return False
    return "errorType" in response or int(response.get("statusCode", 200)) >= 400


def _read_event(event: Path) -> bytes:
    try:
        body = event.read_bytes()
        json.loads(body)
    except OSError as error:
        raise CommandError(f"{event}: {error.strerror}") from None
    except ValueError as error:
        raise CommandError(f"{event}: it is not JSON: {error}") from None
    return body


@contextlib.asynccontextmanager
async def _running_emulator(
    emulator: Path,
    runtime: list[str],
    function: LambdaFunction,
    variables: Mapping[str, str],
    log: ConsoleLog,
) -> AsyncIterator[str]:
    """Starts the emulator with the runtime; yields the URL that takes events."""
    port, runtime_port = _free_port(), _free_port()
    command = [
        str(emulator),
        f"--runtime-interface-emulator-address=127.0.0.1:{port}",
        f"--runtime-api-address=127.0.0.1:{runtime_port}",
        *runtime,
    ]
    process = await processes.spawn(command, variables, function.code)
    printing = asyncio.create_task(_log_output(process, log))
    try:
        yield f"http://127.0.0.1:{port}{_PATH}"
    finally:
        # The runtime logs an error when the emulator ends before it.
        printing.cancel()
        await processes.kill(process)


async def _log_output(process: Process, log: ConsoleLog) -> None:
    """Logs the function's lines, which are JSON, and where verbose the emulator's own."""
    async for line in processes.lines(process):
        if log.verbose or line.startswith("{"):
            log.function_output("emulator", line)


async def _post(url: str, body: bytes, max_seconds: int) -> Any:
    transport = httpx.AsyncHTTPTransport(retries=_CONNECT_RETRIES)
    async with httpx.AsyncClient(
        transport=transport, timeout=max_seconds + 10, trust_env=False
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
