"""The Runtime API, called as a runtime calls it."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from waypost_local.lambda_.invocation import InvocationFailed, LambdaInvocation
from waypost_local.lambda_.runtime_api import RuntimeApi

pytestmark = pytest.mark.server

PREFIX = "/2018-06-01/runtime"


class RuntimeClient:
    """Calls the Runtime API as a runtime would, without a process."""

    def __init__(self) -> None:
        self.errors: list[InvocationFailed] = []
        self.api = RuntimeApi(self.errors.append)
        self.http: httpx.AsyncClient

    def begin(self) -> LambdaInvocation:
        self.invocation = LambdaInvocation(b'{"n": 1}', 3, "arn:tiny")
        self.running = asyncio.create_task(self.api.run(self.invocation))
        return self.invocation

    async def next(self) -> httpx.Response:
        return await self.http.get(f"{PREFIX}/invocation/next")

    async def respond(self, which: str, body: bytes = b'"done"') -> httpx.Response:
        return await self.http.post(f"{PREFIX}/invocation/{which}/response", content=body)


@pytest.fixture
async def runtime() -> AsyncIterator[RuntimeClient]:
    client = RuntimeClient()
    address = await client.api.start()
    async with httpx.AsyncClient(
        base_url=f"http://{address}", timeout=None, trust_env=False
    ) as http:
        client.http = http
        yield client
    client.api.close()


async def test_next_returns_the_event_with_its_headers(runtime: RuntimeClient) -> None:
    invocation = runtime.begin()
    response = await runtime.next()
    assert response.json() == {"n": 1}
    assert response.headers["lambda-runtime-aws-request-id"] == invocation.id
    assert response.headers["lambda-runtime-deadline-ms"] == str(int(invocation.deadline * 1000))
    assert response.headers["lambda-runtime-invoked-function-arn"] == "arn:tiny"
    assert response.headers["lambda-runtime-trace-id"] == invocation.trace_id
    assert response.headers["lambda-runtime-invocation-id"]


async def test_a_response_is_accepted_once(runtime: RuntimeClient) -> None:
    invocation = runtime.begin()
    await runtime.next()
    assert (await runtime.respond(invocation.id)).status_code == 202
    assert (await runtime.respond(invocation.id)).status_code == 410
    assert [chunk async for chunk in invocation.body()] == [b'"done"']


async def test_a_response_to_a_finished_invocation_is_gone(runtime: RuntimeClient) -> None:
    runtime.begin()
    await runtime.next()
    runtime.api.fail_all("Sandbox.Timedout", "late")
    assert (await runtime.respond(runtime.invocation.id)).status_code == 410
    assert (await runtime.respond("another")).status_code == 410


async def test_an_error_fails_the_invocation(runtime: RuntimeClient) -> None:
    invocation = runtime.begin()
    await runtime.next()
    body = json.dumps({"errorType": "KeyError", "errorMessage": "'x'", "stackTrace": []})
    taken = await runtime.http.post(f"{PREFIX}/invocation/{invocation.id}/error", content=body)
    assert taken.status_code == 202
    with pytest.raises(InvocationFailed, match="KeyError: 'x'"):
        await invocation.prelude()


async def test_asking_for_the_next_without_a_response_fails_the_invocation(
    runtime: RuntimeClient,
) -> None:
    invocation = runtime.begin()
    await runtime.next()
    asking = asyncio.create_task(runtime.next())
    with pytest.raises(InvocationFailed, match=r"Runtime\.NoResponse"):
        await invocation.prelude()
    asking.cancel()


async def test_an_incomplete_response_fails_the_invocation(runtime: RuntimeClient) -> None:
    invocation = runtime.begin()
    await runtime.next()

    async def half() -> AsyncIterator[bytes]:
        yield b'{"statusCode": 200}' + bytes(8) + b"half"
        await invocation.prelude()
        raise ConnectionError

    streaming = {"Lambda-Runtime-Function-Response-Mode": "streaming"}
    with pytest.raises(ConnectionError):
        await runtime.http.post(
            f"{PREFIX}/invocation/{invocation.id}/response", content=half(), headers=streaming
        )
    assert [chunk async for chunk in invocation.body()] == [b"half"]
    assert invocation.error is not None
    assert invocation.error.kind == "Runtime.BrokenResponse"


async def test_a_response_that_is_too_large_fails_the_invocation(runtime: RuntimeClient) -> None:
    invocation = runtime.begin()
    await runtime.next()
    await runtime.respond(invocation.id, b'"%s"' % (b"x" * (6 * 1024 * 1024 + 100)))
    with pytest.raises(InvocationFailed, match=r"Function\.ResponseSizeTooLarge"):
        await invocation.prelude()


async def test_an_error_at_the_start_is_reported(runtime: RuntimeClient) -> None:
    body = b'{"errorType": "Runtime.ImportModuleError", "errorMessage": "no app"}'
    await runtime.http.post(f"{PREFIX}/init/error", content=body)
    assert [str(error) for error in runtime.errors] == ["Runtime.ImportModuleError: no app"]


async def test_a_restore_returns_at_once(runtime: RuntimeClient) -> None:
    assert (await runtime.http.get(f"{PREFIX}/restore/next")).status_code == 200


async def test_anything_else_is_not_found(runtime: RuntimeClient) -> None:
    assert (await runtime.http.get("/2018-06-01/extension/register")).status_code == 404
