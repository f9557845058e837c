"""The function URL, byte by byte, in front of a real function process."""

import asyncio
import base64

import pytest

from tests.local.conftest import Gate, RunningUrl, ServeUrl

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="module")]


async def test_chunks_arrive_one_by_one_as_the_function_sends_them(
    shared_url: RunningUrl, shared_gate: Gate
) -> None:
    browser = await shared_url.connect()
    browser.send_request(f"/steps?gate={shared_gate.port}")
    function = await shared_gate.arrived.get()

    # The head has arrived while the function still waits.
    head = await browser.head()
    assert head.startswith("HTTP/1.1 200 ")
    assert "content-type: text/event-stream\r\n" in head
    assert "Transfer-Encoding: chunked\r\n" in head

    for line in (b"one\n", b"two\n"):
        function.writer.write(line)
        assert await browser.chunk() == line
    function.writer.write_eof()
    assert await browser.reader.readexactly(5) == b"0\r\n\r\n"


async def test_a_connection_takes_one_request_after_the_other(shared_url: RunningUrl) -> None:
    browser = await shared_url.connect()
    for _ in range(2):
        browser.send_request("/health")
        await browser.head()
        assert await browser.chunk() == b'{"status": "healthy"}'
        assert await browser.reader.readexactly(5) == b"0\r\n\r\n"


async def test_a_request_reaches_the_function_as_a_function_url_event(
    shared_url: RunningUrl,
) -> None:
    answer = await shared_url.request(
        "POST",
        "/event?q=a%20b&tag=1&tag=2",
        content='{"message": "Grüße"}',
        headers=[
            ("Content-Type", "application/json"),
            ("X-Two", "1"),
            ("X-Two", "2"),
            ("Cookie", "a=1; b=2"),
            ("User-Agent", "tests"),
        ],
    )

    event = answer.json()
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/event"
    assert event["rawQueryString"] == "q=a%20b&tag=1&tag=2"
    assert event["queryStringParameters"] == {"q": "a b", "tag": "1,2"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["x-two"] == "1,2"
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["requestContext"]["http"]["userAgent"] == "tests"
    assert (event["body"], event["isBase64Encoded"]) == ('{"message": "Grüße"}', False)


async def test_a_body_that_is_not_text_arrives_as_base64(shared_url: RunningUrl) -> None:
    answer = await shared_url.request(
        "POST", "/event", content=b"\xff\x00", headers={"Content-Type": "a/b"}
    )
    assert answer.json()["isBase64Encoded"] is True
    assert base64.b64decode(answer.json()["body"]) == b"\xff\x00"


async def test_cookies_and_repeated_headers_come_back(shared_url: RunningUrl) -> None:
    answer = await shared_url.get("/headers")
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert answer.headers["x-twice"] == "one,two"
    assert answer.text == "seen"


async def test_a_head_request_gets_headers_only(shared_url: RunningUrl) -> None:
    browser = await shared_url.connect()
    browser.send_request("/headers", "HEAD", "Connection: close")
    head, body = (await browser.reader.read()).split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"x-twice: one,two" in head
    assert body == b""


async def test_an_empty_answer_ends_with_its_headers(shared_url: RunningUrl) -> None:
    browser = await shared_url.connect()
    browser.send_request("/empty", "GET", "Connection: close")
    answer = await browser.reader.read()
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert answer.endswith(b"\r\n\r\n")
    assert b"chunked" not in answer


async def test_a_body_that_is_too_large_is_refused_before_the_function(
    shared_url: RunningUrl,
) -> None:
    answer = await shared_url.request("POST", "/event", content=b"x" * (6 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json() == {"Message": "Request Entity Too Large"}
    assert shared_url.requests.get_nowait().environment == ""


async def test_base64_counts_towards_the_limit(shared_url: RunningUrl) -> None:
    answer = await shared_url.request("POST", "/event", content=b"\xff" * (5 * 1024 * 1024))
    assert answer.status_code == 413


async def test_bytes_that_are_not_http_are_refused(shared_url: RunningUrl) -> None:
    browser = await shared_url.connect()
    browser.writer.write(b"no such thing\r\n\r\n")
    assert (await browser.reader.read()).startswith(b"HTTP/1.1 400 ")


async def test_a_client_that_disconnects_does_not_stop_the_function(
    shared_url: RunningUrl, shared_gate: Gate
) -> None:
    browser = await shared_url.connect()
    browser.send_request(f"/steps?gate={shared_gate.port}")
    function = await shared_gate.arrived.get()
    await function.reader.readline()
    await browser.head()

    browser.writer.close()
    await browser.writer.wait_closed()
    for _ in range(50):
        function.writer.write(b"x" * 50_000 + b"\n")
        assert await function.reader.readline() == b"sent\n"
    function.writer.write_eof()

    assert await function.reader.readline() == b"ended\n"
    assert (await shared_url.requests.get()).error == ""


async def test_a_paced_response_is_complete(serve_url: ServeUrl) -> None:
    async with serve_url(paced=True) as url:
        answer = await url.get("/large")
    assert answer.text == "".join(str(number) * 100_000 for number in range(8))


async def test_a_plain_handler_responds_in_lambdas_own_shape(serve_url: ServeUrl) -> None:
    async with serve_url(Handler="tiny.buffered") as url:
        answer = await url.get("/any")
    assert answer.status_code == 201
    assert answer.content == base64.b64decode("iVBORw==")
    assert answer.headers["content-length"] == "4"
    assert answer.headers["set-cookie"] == "a=1"


async def test_any_other_json_is_a_body(serve_url: ServeUrl) -> None:
    async with serve_url(Handler="tiny.plain") as url:
        answer = await url.get("/here")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"path": "/here"}


async def test_a_request_is_logged_with_its_environment_and_agent(
    shared_url: RunningUrl, shared_gate: Gate
) -> None:
    browser = await shared_url.connect()
    browser.send_request(f"/steps?gate={shared_gate.port}")
    (await shared_gate.arrived.get()).writer.write_eof()
    request = await shared_url.requests.get()
    assert (request.method, request.path, request.status) == ("GET", "/steps", 200)
    assert (request.environment, request.agent) == ("Tiny#1", "sql")
    assert "GET /steps  200  first " in shared_url.lines[-1]
    assert shared_url.lines[-1].endswith("Tiny#1  sql")


async def test_the_agent_may_come_from_what_the_function_logs(shared_url: RunningUrl) -> None:
    await shared_url.get("/log")
    await shared_url.requests.get()
    assert shared_url.lines[-1].endswith("Tiny#1  rag")
    assert [line.split("  ", 1)[1] for line in shared_url.lines[:-1]] == [
        "Tiny#1: WARNING  warned  count=2"
    ]


async def test_concurrent_requests_get_environments_of_their_own(
    serve_url: ServeUrl, shared_gate: Gate
) -> None:
    async with serve_url(max_environments=2) as url:
        first, second = await url.connect(), await url.connect()
        first.send_request(f"/steps?gate={shared_gate.port}")
        one = await shared_gate.arrived.get()
        second.send_request(f"/steps?gate={shared_gate.port}")
        two = await shared_gate.arrived.get()
        assert await one.reader.readline() != await two.reader.readline()

        refused = await url.get("/health")
        assert (refused.status_code, refused.json()) == (429, {"Message": "Rate Exceeded."})

        for function in (one, two):
            function.writer.write_eof()
        await asyncio.gather(first.head(), second.head())
        served = {(await url.requests.get()).environment for _ in range(3)}
        assert served == {"Tiny#1", "Tiny#2", ""}

        assert (await url.get("/health")).status_code == 200
        assert (await url.requests.get()).environment in ("Tiny#1", "Tiny#2")


async def test_an_idle_environment_is_reused(shared_url: RunningUrl) -> None:
    first = (await shared_url.get("/about")).json()["pid"]
    await shared_url.requests.get()
    assert (await shared_url.get("/about")).json()["pid"] == first


async def test_the_process_has_the_variables_of_lambda(shared_url: RunningUrl) -> None:
    about = (await shared_url.get("/about")).json()
    variables = about["variables"]
    assert about["cwd"].endswith("/stack/function")
    assert variables["TABLE"] == "Things"
    assert variables["_HANDLER"] == "tiny.app"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "Tiny"
    assert variables["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert variables["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert variables["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert variables["AWS_EC2_METADATA_DISABLED"] == "true"
    assert variables["AWS_REGION"] == "us-east-1"
    assert variables["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert variables["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")
