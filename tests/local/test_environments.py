"""What becomes of a request when its environment fails, and of the requests after it."""

from tests.local.conftest import Gate, Open, Url

FAILED = {"Message": "Internal Server Error"}


async def test_a_crash_is_a_502_and_the_next_request_finds_a_new_environment(url: Url) -> None:
    answer = await url.get("/crash")
    assert (answer.status_code, answer.json()) == (502, FAILED)
    request = await url.requests.get()
    assert request.error == (
        "Runtime.ExitError: The process ended with exit code 3 before it had answered."
    )

    assert (await url.get("/health")).status_code == 200
    assert (await url.requests.get()).environment == "Tiny#2"


async def test_a_crash_after_the_response_began_cuts_the_connection(url: Url) -> None:
    browser = await url.connect()
    browser.ask("/crash_midway")
    answer = await browser.reader.read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"4\r\nhalf\r\n")

    assert (await url.get("/health")).status_code == 200


async def test_an_error_after_the_response_began_is_only_in_the_trailers(url: Url) -> None:
    browser = await url.connect()
    browser.ask("/raise_midway", "GET", "Connection: close")
    answer = await browser.reader.read()
    assert answer.endswith(b"4\r\nhalf\r\n0\r\n\r\n")
    assert b"secret" not in answer
    assert (await url.requests.get()).error.startswith("App.")


async def test_an_error_that_the_function_reports_is_a_502(serving: Open) -> None:
    async with serving(Handler="tiny.failing") as url:
        answer = await url.get("/any")
        assert (answer.status_code, answer.json()) == (502, FAILED)
        assert (await url.requests.get()).error == "ValueError: secret"
        await url.get("/any")
        assert (await url.requests.get()).environment == "Tiny#1"


async def test_a_function_is_killed_when_its_time_is_over(serving: Open) -> None:
    async with serving(Seconds="1") as url:
        answer = await url.get("/block")
        assert (answer.status_code, answer.json()) == (502, FAILED)
        request = await url.requests.get()
        assert request.error == "Sandbox.Timedout: Task timed out after 1.00 seconds"
        assert f"Tiny#1: {request.request_id} Task timed out after 1.00 seconds" in url.lines[0]

        assert (await url.get("/health")).status_code == 200
        assert (await url.requests.get()).environment == "Tiny#2"


async def test_a_function_that_cannot_start_is_a_502_with_the_reason_in_the_log(
    serving: Open,
) -> None:
    async with serving(Handler="tiny.missing") as url:
        answer = await url.get("/health")
        assert (answer.status_code, answer.json()) == (502, FAILED)
        error = (await url.requests.get()).error
        assert error.startswith("Tiny did not start: Runtime.")
        assert "'missing'" in error


async def test_a_failed_start_does_not_use_up_the_environments(serving: Open) -> None:
    async with serving(most=1, Handler="nowhere.app") as url:
        assert [(await url.get("/")).status_code for _ in range(2)] == [502, 502]


async def test_whoever_holds_the_pool_can_kill_what_works_on_a_request(
    url: Url, gate: Gate
) -> None:
    browser = await url.connect()
    browser.ask(f"/steps?gate={gate.port}")
    function = await gate.arrived.get()
    assert "200" in await browser.head()
    assert int(await function.reader.readline()) in {e.pid for e in url.pool.environments}
    (busy,) = [e for e in url.pool.environments if e.invocation]
    assert b"/steps" in busy.invocation.event

    busy.kill()

    assert await browser.reader.read() == b""
    assert (await url.requests.get()).error.startswith("Runtime.")
    assert not busy.alive
    assert busy.invocation is None
