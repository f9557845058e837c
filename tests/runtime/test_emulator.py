"""The runtime under AWS's own runtime interface emulator, which aws-sam-cli carries."""

import asyncio
import importlib.util
import json
import platform
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.runtime.conftest import MODULE, WRAPPER, recorded, variables, write_function

PATH = "/2015-03-31/functions/function/invocations"
Invoke = Callable[..., Awaitable[httpx.Response]]
APP = """
import asyncio

async def handler(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"data: 1\\n\\n", "more_body": True})
    try:
        await asyncio.sleep(60 if b"slow" in scope["query_string"] else 0)
    except asyncio.CancelledError:
        pass
    await send({"type": "http.response.body", "body": b"data: last\\n\\n"})
"""


def emulator() -> Path:
    machine = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    found = importlib.util.find_spec("samcli")
    if found is None or found.origin is None:
        pytest.skip("aws-sam-cli is not installed; it carries the runtime interface emulator")
    binary = Path(found.origin).parent / f"local/rapid/aws-lambda-rie-{machine}"
    if sys.platform != "linux" or not binary.exists():
        pytest.skip(f"aws-sam-cli carries no emulator for {sys.platform} on {platform.machine()}")
    return binary


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def _listening(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)  # the emulator does not say when it listens
            else:
                writer.close()
                return


@pytest.fixture
async def invoke(tmp_path: Path) -> AsyncIterator[Invoke]:
    """`await invoke(source, event, NAME="value")`: one event through a fresh emulator."""
    processes: list[asyncio.subprocess.Process] = []

    async def invoke(source: str, event: Any, **env: str) -> httpx.Response:
        write_function(tmp_path, source)
        port, api = free_port(), free_port()
        process = await asyncio.create_subprocess_exec(
            str(emulator()),
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{port}",
            "--runtime-api-address",
            f"127.0.0.1:{api}",
            str(WRAPPER),
            sys.executable,
            "/var/runtime/bootstrap.py",
            cwd=tmp_path,
            env=variables(tmp_path, {"_HANDLER": f"{MODULE}.handler", **env}),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        processes.append(process)
        await _listening(port)
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return await client.post(f"http://127.0.0.1:{port}{PATH}", json=event)

    yield invoke
    for process in processes:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def split(response: httpx.Response) -> tuple[Any, bytes]:
    prelude, nuls, body = response.content.partition(b"\0" * 8)
    assert nuls
    return json.loads(prelude), body


async def test_a_streamed_response_is_prelude_nuls_and_body(invoke: Invoke) -> None:
    prelude, body = split(await invoke(APP, recorded("function-url-post")))

    assert prelude == {
        "statusCode": 200,
        "headers": {"content-type": "text/event-stream"},
        "cookies": [],
    }
    assert body == b"data: 1\n\ndata: last\n\n"


async def test_a_buffered_response_is_one_object(invoke: Invoke) -> None:
    event = recorded("function-url-post")

    response = await invoke(APP, event, WAYPOST_RESPONSE="buffered")

    assert response.json() == {
        "statusCode": 200,
        "headers": {"content-type": "text/event-stream"},
        "body": "data: 1\n\ndata: last\n\n",
        "isBase64Encoded": False,
    }


async def test_a_stream_ends_before_the_emulators_deadline(invoke: Invoke) -> None:
    event = recorded("function-url-get") | {"rawQueryString": "slow"}

    _, body = split(await invoke(APP, event, AWS_LAMBDA_FUNCTION_TIMEOUT="2"))

    assert body == b"data: 1\n\ndata: last\n\n"


async def test_a_function_that_cannot_start_is_an_init_error(invoke: Invoke) -> None:
    response = await invoke("import nothing_such", {})

    assert response.json()["errorType"] == "Runtime.ImportModuleError"
    assert "nothing_such" in response.json()["errorMessage"]


async def test_an_event_that_is_not_a_request_is_an_error(invoke: Invoke) -> None:
    response = await invoke(APP, {"source": "aws.events"})

    assert response.json()["errorType"] == "Runtime.UnsupportedEvent"
