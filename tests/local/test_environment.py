"""Requests whose execution environment fails, and the requests after them."""

import pytest

from tests.local.conftest import Gate, RunningUrl, ServeUrl

pytestmark = pytest.mark.server

FAILED = {"Message": "Internal Server Error"}


async def test_a_crash_is_a_502_and_the_next_request_finds_a_new_environment(
    url: RunningUrl,
) -> None:
    response = await url.get("/crash")
    assert (response.status_code, response.json()) == (502, FAILED)
    request = await url.requests.get()
    assert request.error == (
        "Runtime.ExitError: The process ended with exit code 3 before it had answered."
    )

    assert (await url.get("/health")).status_code == 200
    assert (await url.requests.get()).environment == "Tiny#2"


async def test_a_crash_after_the_response_started_cuts_the_connection(url: RunningUrl) -> None:
    browser = await url.connect()
    browser.send_request("/crash_midway")
    response = await browser.reader.read()
    assert response.startswith(b"HTTP/1.1 200 ")
    assert response.endswith(b"4\r\nhalf\r\n")

    assert (await url.get("/health")).status_code == 200


async def test_an_error_after_the_response_started_is_only_in_the_trailers(url: RunningUrl) -> None:
    browser = await url.connect()
    browser.send_request("/raise_midway", "GET", "Connection: close")
    response = await browser.reader.read()
    assert response.endswith(b"4\r\nhalf\r\n0\r\n\r\n")
    assert b"secret" not in response
    assert (await url.requests.get()).error.startswith("App.")


async def test_an_error_that_the_function_reports_is_a_502(serve_url: ServeUrl) -> None:
    async with serve_url(Handler="tiny.failing") as url:
        response = await url.get("/any")
        assert (response.status_code, response.json()) == (502, FAILED)
        assert (await url.requests.get()).error == "ValueError: secret"
        await url.get("/any")
        assert (await url.requests.get()).environment == "Tiny#1"


async def test_a_function_is_killed_at_its_timeout(serve_url: ServeUrl) -> None:
    async with serve_url(Seconds="1") as url:
        response = await url.get("/block")
        assert (response.status_code, response.json()) == (502, FAILED)
        request = await url.requests.get()
        assert request.error == "Sandbox.Timedout: Task timed out after 1.00 seconds"
        assert f"Tiny#1: {request.request_id} Task timed out after 1.00 seconds" in url.lines[0]

        assert (await url.get("/health")).status_code == 200
        assert (await url.requests.get()).environment == "Tiny#2"


async def test_a_function_that_cannot_start_is_a_502_with_the_reason_in_the_log(
    serve_url: ServeUrl,
) -> None:
    async with serve_url(Handler="tiny.missing") as url:
        response = await url.get("/health")
        assert (response.status_code, response.json()) == (502, FAILED)
        error = (await url.requests.get()).error
        assert error.startswith("Tiny did not start: Runtime.")
        assert "'missing'" in error


async def test_a_failed_start_does_not_use_up_the_environments(serve_url: ServeUrl) -> None:
    async with serve_url(max_environments=1, Handler="nowhere.app") as url:
        assert [(await url.get("/")).status_code for _ in range(2)] == [502, 502]


async def test_the_environment_of_a_request_can_be_found_and_killed(
    url: RunningUrl, gate: Gate
) -> None:
    browser = await url.connect()
    browser.send_request(f"/steps?gate={gate.port}")
    function = await gate.arrived.get()
    assert "200" in await browser.head()
    assert int(await function.reader.readline()) in {e.pid for e in url.pool.environments}
    (busy,) = [e for e in url.pool.environments if e.invocations]
    (invocation,) = busy.invocations
    assert b"/steps" in invocation.event

    busy.kill()

    assert await browser.reader.read() == b""
    assert (await url.requests.get()).error.startswith("Runtime.")
    assert not busy.alive
    assert not busy.invocations


async def test_one_environment_takes_many_requests_at_once(serve_url: ServeUrl, gate: Gate) -> None:
    async with serve_url(max_environments=2, concurrency=3) as url:
        browsers = [await url.connect() for _ in range(3)]
        functions = []
        for browser in browsers:
            browser.send_request(f"/steps?gate={gate.port}")
            functions.append(await gate.arrived.get())
        processes = {int(await function.reader.readline()) for function in functions}
        assert len(processes) == len(url.pool.environments) == 1
        assert (await url.get("/health")).status_code == 200
        assert len(url.pool.environments) == 2

        for number, function in reversed([*enumerate(functions)]):
            function.writer.write(b"line %d\n" % number)
            function.writer.write_eof()
        for number, browser in enumerate(browsers):
            assert "200" in await browser.head()
            await browser.reader.readuntil(b"line %d\n" % number)
            await url.requests.get()
        assert (await url.requests.get()).error == ""
