"""A streamed response, byte by byte."""

import asyncio
from typing import Any

import pytest

from tests.runtime.conftest import Start, url_event
from tests.runtime.lambda_api import PREFIX, LambdaApi, Request

NULS = b"\0" * 8


def responding(status: int, headers: list[tuple[bytes, bytes]], *pieces: bytes) -> Any:
    """An app that answers with these pieces."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces[:-1]:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": pieces[-1] if pieces else b""})

    return app


async def test_a_response_is_prelude_nuls_chunks_and_terminator(
    api: LambdaApi, start: Start
) -> None:
    start(responding(200, [(b"content-type", b"text/plain")], b"Hello, ", b"world"))

    answer = await api.ask(url_event())

    head = (
        "POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\n"
        f"Host: {api.address}\r\n"
        "Content-Type: application/vnd.awslambda.http-integration-response\r\n"
        "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
        "Transfer-Encoding: chunked\r\n"
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
        "\r\n"
    )
    prelude = (
        b'{"statusCode": 200, "headers": {"content-type": "text/plain"}, "cookies": []}' + NULS
    )
    assert answer.head == head.encode()
    assert answer.raw == (
        b"%x\r\n%b\r\n" % (len(prelude), prelude) + b"7\r\nHello, \r\n5\r\nworld\r\n0\r\n\r\n"
    )


async def test_each_chunk_is_sent_before_the_next_is_made(api: LambdaApi, start: Start) -> None:
    arrived = [asyncio.Event() for _ in range(5)]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200})
        for number, event in enumerate(arrived):
            body = b"chunk %d" % number
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await event.wait()
        await send({"type": "http.response.body"})

    start(app)
    invocation = api.invoke(url_event())
    for number, event in enumerate(arrived):
        assert await invocation.chunk(number + 1) == b"chunk %d" % number
        assert len(invocation.request.chunks) == number + 2  # type: ignore[union-attr]
        event.set()

    assert (await invocation.answer()).raw.endswith(b"7\r\nchunk 4\r\n0\r\n\r\n")


async def test_the_status_of_an_event_stream_is_sent_before_its_body(
    api: LambdaApi, start: Start
) -> None:
    thinking = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        headers = [(b"Content-Type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await thinking.wait()
        await send({"type": "http.response.body", "body": b"data: 1\n\n"})

    start(app)
    invocation = api.invoke(url_event())
    prelude = await invocation.chunk(0)
    thinking.set()

    assert prelude.endswith(b'"text/event-stream; charset=utf-8"}, "cookies": []}' + NULS)
    assert (await invocation.answer()).chunks == [prelude, b"data: 1\n\n"]


@pytest.mark.parametrize(
    ("method", "status", "pieces"),
    [
        ("GET", 200, [b""]),
        ("GET", 302, [b""]),
        ("GET", 204, [b"dropped"]),
        ("GET", 304, [b"dropped"]),
        ("HEAD", 200, [b"dropped", b"as well"]),
        ("HEAD", 404, [b"dropped"]),
    ],
)
async def test_a_response_without_a_body_ends_in_its_first_write(
    api: LambdaApi, start: Start, method: str, status: int, pieces: list[bytes]
) -> None:
    start(responding(status, [(b"location", b"/x")], *pieces))

    answer = await api.ask(url_event(method))

    prelude = (b'{"statusCode": %d, "headers": {"location": "/x"}, "cookies": []}' % status) + NULS
    assert answer.raw == b"%x\r\n%b\r\n0\r\n\r\n" % (len(prelude), prelude)


async def test_cookies_and_repeated_headers_stay_separate(api: LambdaApi, start: Start) -> None:
    headers = [
        (b"Set-Cookie", b"a=1; Path=/"),
        (b"vary", b"origin"),
        (b"Vary", b"accept"),
        (b"set-cookie", b"b=2, still b"),
        (b"x-name", "Zoë".encode("latin-1")),
    ]
    start(responding(200, headers, b""))

    answer = await api.ask(url_event())

    assert answer.body == (
        b'{"statusCode": 200, "headers": {"vary": "origin,accept", "x-name": "Zo\\u00eb"}, '
        b'"cookies": ["a=1; Path=/", "b=2, still b"]}' + NULS
    )


async def test_a_rest_api_gets_repeated_headers_as_lists(api: LambdaApi, start: Start) -> None:
    start(responding(200, [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x", b"y")], b"."))

    answer = await api.ask(
        {"httpMethod": "GET", "path": "/", "requestContext": {"identity": {"sourceIp": "::1"}}}
    )

    assert answer.body == (
        b'{"statusCode": 200, "headers": {"x": "y"}, '
        b'"multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}}' + NULS + b"."
    )


async def test_the_invocation_id_is_echoed(api: LambdaApi, start: Start) -> None:
    start(responding(200, [], b"."), on_event=None)
    named = {"Lambda-Runtime-Invocation-Id": "attempt-7"}

    answered = await api.ask(url_event(), headers=named)
    failed = await api.ask({"no": "request"}, headers=named)

    assert answered.headers["lambda-runtime-invocation-id"] == "attempt-7"
    assert failed.line.endswith("/request-2/error")
    assert failed.headers["lambda-runtime-invocation-id"] == "attempt-7"


async def test_one_connection_carries_everything(api: LambdaApi, start: Start) -> None:
    start(responding(200, [], b"."))

    for _ in range(3):
        await api.ask(url_event())
    await api.wait_for_request(f"GET {PREFIX}/invocation/next", times=4)

    assert api.connections == 1


async def test_a_stale_connection_is_replaced(api: LambdaApi, start: Start) -> None:
    start(responding(200, [], b"."))
    await api.ask(url_event())
    await api.wait_for_request(f"GET {PREFIX}/invocation/next", times=2)

    api.drop_connections()
    await api.wait_for_request(f"GET {PREFIX}/invocation/next", times=3)

    # The waiting event goes to the old connection's /next as well: the second one counts.
    api.invoke(url_event())
    answer = await api.ask(url_event())
    assert answer.body.endswith(NULS + b".")
    assert api.connections == 2


async def test_the_writer_waits_for_a_slow_reader(api: LambdaApi, start: Start) -> None:
    piece, pieces = b"x" * 65536, 512
    sent = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200})
        for _ in range(pieces):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            sent += 1
        await send({"type": "http.response.body"})

    start(app)
    invocation = api.invoke(url_event())
    invocation.reads.clear()
    await api.wait_for_request(f"POST {PREFIX}/invocation/request-1/response")
    idle_turns = 0
    while idle_turns < 100:  # turns of the event loop without a chunk
        before = sent
        await asyncio.sleep(0)
        idle_turns = idle_turns + 1 if sent == before else 0

    assert 0 < sent < pieces / 2
    invocation.reads.set()
    answer = await invocation.answer()
    assert sum(map(len, answer.chunks[1:])) == len(piece) * pieces


async def test_sending_after_a_lost_connection_raises_oserror(api: LambdaApi, start: Start) -> None:
    received: asyncio.Queue[Any] = asyncio.Queue()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        received.put_nowait(await receive())
        try:
            await send({"type": "http.response.body", "body": b"two", "more_body": True})
        except OSError as error:
            received.put_nowait(error)

    start(app)
    api.invoke(url_event(), cut_after=2)

    assert await received.get() == {"type": "http.disconnect"}
    assert isinstance(await received.get(), OSError)
    await _assert_next_is_served(api, app, received)


async def _assert_next_is_served(api: LambdaApi, app: Any, received: asyncio.Queue[Any]) -> None:
    api.invoke(url_event(), cut_after=2)
    assert await received.get() == {"type": "http.disconnect"}
    assert api.connections == 2


async def test_an_oserror_of_the_app_is_an_error_of_the_app(api: LambdaApi, start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ConnectionRefusedError("the database is away")

    start(app)

    answer = await api.ask(url_event())

    assert answer.trailers["lambda-runtime-function-error-type"] == "App.Error"


async def test_an_expired_invocation_does_not_stop_the_loop(
    api: LambdaApi, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(responding(200, [], b"one", b"two"))

    api.invoke(url_event(), status=410)
    answer = await api.ask(url_event())

    assert answer.body.endswith(NULS + b"onetwo")
    assert "Lambda answered 410 to the response." in caplog.messages


async def test_an_app_gets_disconnect_when_its_invocation_expires(
    api: LambdaApi, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    received: asyncio.Queue[Any] = asyncio.Queue()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        received.put_nowait(await receive())
        await send({"type": "http.response.body", "body": b"two"})

    start(app)
    api.invoke(url_event(), status=410, status_after=2)
    assert await received.get() == {"type": "http.disconnect"}
    await api.wait_for_request(f"GET {PREFIX}/invocation/next", times=2)

    assert "Lambda answered 410 to the response." in caplog.messages
    assert api.connections == 2


async def test_background_work_goes_on_after_the_response(api: LambdaApi, start: Start) -> None:
    release = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"all"})
        await release.wait()
        api.log.append("background done")

    start(app)
    answer: Request = await api.ask(url_event())
    assert answer.body.endswith(NULS + b"all")

    release.set()
    await api.wait_for_request(f"GET {PREFIX}/invocation/next", times=2)
    assert api.log == [
        f"GET {PREFIX}/invocation/next",
        f"POST {PREFIX}/invocation/request-1/response",
        "background done",
        f"GET {PREFIX}/invocation/next",
    ]


async def test_an_event_of_many_megabytes_is_read(api: LambdaApi, start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"%d" % len(body)})

    start(app)

    answer = await api.ask(url_event("POST", body="ü" * 2_500_000))

    assert answer.body.endswith(NULS + b"5000000")
