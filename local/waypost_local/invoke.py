"""One event through Lambda's own runtime interface emulator, which aws-sam-cli carries."""

import asyncio
import base64
import importlib.util
import json
import os
import platform
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import httpx

from waypost_local import environment, stack
from waypost_local.failure import CommandError
from waypost_local.stack import Options
from waypost_local.template import Function

_PATH = "/2015-03-31/functions/function/invocations"
_CPUS = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


async def run(body: bytes, options: Options) -> int:
    """Prints the function's answer to an event; 1 where it is an error. Raises CommandError."""
    emulator = binary()
    async with stack.cloud(options) as aws:
        function = next((f for f in aws.stack.functions if f.url), aws.stack.functions[0])
        variables = {**aws.variables, "WAYPOST_RESPONSE": "buffered"}
        answer = await _invoke(emulator, function, variables, options.python, body)
    sys.stdout.write(_readable(answer) + "\n")
    return 1 if _is_error(answer) else 0


def read(event: Path) -> bytes:
    """An event's JSON. Raises CommandError."""
    try:
        body = event.read_bytes()
        json.loads(body)
    except OSError as error:
        raise CommandError(f"EVENT: {event}: {error.strerror}") from None
    except ValueError:
        raise CommandError(f"EVENT: {event} is not JSON") from None
    return body


def binary() -> Path:
    """The emulator for this machine. Raises CommandError where there is none."""
    found = importlib.util.find_spec("samcli")
    cpu = _CPUS.get(platform.machine().lower())
    if found is None or found.origin is None:
        raise CommandError("aws-sam-cli is not installed: run make test once")
    path = Path(found.origin).parent / f"local/rapid/aws-lambda-rie-{cpu}"
    if sys.platform != "linux" or not path.is_file():
        raise CommandError("the runtime interface emulator runs on Linux, x86_64 or arm64")
    return path


async def _invoke(
    emulator: Path, function: Function, variables: dict[str, str], python: str, body: bytes
) -> Any:
    port, api_port = _free_port(), _free_port()
    made = environment.Environment(function, 1, python, lambda *_: None)
    command = [
        str(emulator),
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{api_port}",
        *made.command(),
    ]
    env = {**made.variables(variables), "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout)}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=function.code, env=env, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        return await _post(f"http://127.0.0.1:{port}{_PATH}", body, function.timeout)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _post(url: str, body: bytes, seconds: int) -> Any:
    transport = httpx.AsyncHTTPTransport(retries=8)
    async with httpx.AsyncClient(transport=transport, timeout=seconds + 10) as client:
        response = await client.post(url, content=body)
    try:
        return response.json()
    except ValueError:
        return response.text


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _is_error(answer: Any) -> bool:
    if not isinstance(answer, dict):
        return True
    return "errorType" in answer or answer.get("statusCode", 500) >= 400


def _readable(answer: Any) -> str:
    """The answer with its body as the client would see it, below its status and headers."""
    if not isinstance(answer, dict) or "body" not in answer:
        return json.dumps(answer, indent=2, ensure_ascii=False)
    body = answer.pop("body") or ""
    if answer.pop("isBase64Encoded", False):
        body = base64.b64decode(body).decode(errors="replace")
    return f"{json.dumps(answer, indent=2, ensure_ascii=False)}\n\n{body}"
