"""Apps that reach the deadline, or fail."""

import asyncio
import base64
import json
from typing import Any

import pytest

from tests.runtime.conftest import Start, url_event
from tests.runtime.lambda_api import PREFIX, LambdaApi, Request

NULS = b"\0" * 8
SHORT = {"seconds": 0.4}
"""Seconds of an invocation. The runtime takes half of them as its margin."""


def trailer(request: Request) -> tuple[str, Any]:
    body = base64.b64decode(request.trailers["lambda-runtime-function-error-body"])
    return request.trailers["lambda-runtime-function-error-type"], json.loads(body)


def split(request: Request) -> tuple[Any, bytes]:
    prelude, body = bytes(request.body).split(NULS, 1)
    return json.loads(prelude), body


async def _forever() -> None:
    await asyncio.Event().wait()


async def test_an_app_that_sent_nothing_is_answered_with_504(api: LambdaApi, start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await _forever()

    start(app)

    prelude, body = split(await api.ask(url_event(), **SHORT))

    assert prelude == {
        "statusCode": 504,
        "headers": {"content-type": "application/json"},
        "cookies": [],
    }
    assert json.loads(body) == {
        "error": {
            "code": "deadline",
            "message": "The time for this request is over.",
            "request_id": "request-1",
        }
    }


async def test_a_status_that_was_not_sent_yet_is_replaced_by_504(
    api: LambdaApi, start: Start
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200})
            await _forever()

    start(app)

    prelude, _ = split(await api.ask(url_event(), **SHORT))

    assert prelude["statusCode"] == 504


async def test_an_app_may_send_the_end_of_its_stream_and_the_trailer_has_the_error(
    api: LambdaApi, start: Start
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        try:
            await _forever()
        except asyncio.CancelledError:
            await send({"type": "http.response.body", "body": b"event: error\n\n"})

    start(app)

    answer = await api.ask(url_event(), **SHORT)

    fields = {"errorType": "App.Deadline", "errorMessage": "The deadline was reached."}
    encoded = base64.b64encode(json.dumps(fields).encode())
    assert answer.chunks[1:] == [b"data: 1\n\n", b"event: error\n\n"]
    assert answer.raw.endswith(
        b"e\r\nevent: error\n\n\r\n0\r\n"
        b"Lambda-Runtime-Function-Error-Type: App.Deadline\r\n"
        b"Lambda-Runtime-Function-Error-Body: " + encoded + b"\r\n\r\n"
    )
    assert trailer(answer) == ("App.Deadline", fields)


async def test_a_stream_that_is_cut_short_carries_the_trailer(api: LambdaApi, start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            await _forever()

    start(app)

    answer = await api.ask(url_event(), **SHORT)

    assert answer.body.endswith(NULS + b"half")
    assert trailer(answer)[0] == "App.Deadline"


async def test_the_response_of_an_app_that_ignores_cancellation_ends_and_the_app_is_awaited(
    api: LambdaApi, start: Start
) -> None:
    release = asyncio.Event()
    after: list[BaseException] = []

    async def ignore_cancellation(send: Any) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                api.log.append("cancelled")
        try:
            await send({"type": "http.response.body", "body": b"too late", "more_body": True})
        except OSError as error:
            after.append(error)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            await ignore_cancellation(send)

    start(app)
    answer = await api.ask(url_event(), **SHORT)
    assert answer.body.endswith(NULS + b"half")
    assert trailer(answer)[0] == "App.Deadline"
    assert api.log.count("cancelled") == 1
    assert api.log.count(f"GET {PREFIX}/invocation/next") == 1

    release.set()
    await api.wait_for_request(f"GET {PREFIX}/invocation/next", times=2)
    assert len(after) == 1


async def test_background_work_is_stopped_at_the_deadline(api: LambdaApi, start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"all"})
            await _forever()

    start(app)

    answer = await api.ask(url_event(), **SHORT)

    assert answer.trailers == {}
    await api.wait_for_request(f"GET {PREFIX}/invocation/next", times=2)


async def test_the_deadline_is_in_the_scope(api: LambdaApi, start: Start) -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scopes.append(scope)
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body"})

    start(app)
    invocation = api.invoke(url_event(), headers={"Lambda-Runtime-Deadline-Ms": "4102444800123"})
    await invocation.answer()

    assert scopes[0]["aws.deadline"] == 4102444800.123
    assert scopes[0]["aws.context"].aws_request_id == "request-1"
    assert scopes[0]["aws.context"].get_remaining_time_in_millis() > 1_000_000


async def _raises(send: Any, *messages: Any) -> None:
    for message in messages:
        await send(message)
    raise ValueError("the password is hunter2")


@pytest.mark.parametrize("messages", [[], [{"type": "http.response.start", "status": 200}]])
async def test_an_app_that_fails_before_its_body_is_answered_with_500(
    api: LambdaApi, start: Start, messages: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await _raises(send, *messages)

    start(app)

    answer = await api.ask(url_event())
    prelude, body = split(answer)

    assert prelude["statusCode"] == 500
    assert json.loads(body) == {
        "error": {
            "code": "internal",
            "message": "Something went wrong on our side.",
            "request_id": "request-1",
        }
    }
    assert b"hunter2" not in answer.raw
    assert "ValueError: the password is hunter2" in caplog.text


async def test_the_error_of_an_app_that_fails_within_its_body_is_in_the_trailer(
    api: LambdaApi, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            body = {"type": "http.response.body", "body": b"half", "more_body": True}
            await _raises(send, {"type": "http.response.start", "status": 200}, body)

    start(app)

    answer = await api.ask(url_event())

    assert answer.chunks[1:] == [b"half"]
    kind, fields = trailer(answer)
    assert (kind, fields["errorType"]) == ("App.Error", "App.Error")
    assert "hunter2" not in json.dumps(fields)
    assert "ValueError: the password is hunter2" in caplog.text


@pytest.mark.parametrize("begun", [False, True])
async def test_an_app_that_returns_too_early_has_failed(
    api: LambdaApi, start: Start, begun: bool
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and begun:
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})

    start(app)

    answer = await api.ask(url_event())

    if begun:
        assert trailer(answer)[0] == "App.Error"
    else:
        assert split(answer)[0]["statusCode"] == 500


@pytest.mark.parametrize(
    "messages",
    [
        [{"type": "http.response.body", "body": b"no start"}],
        [{"type": "http.response.start", "status": 200}] * 2,
        [{"type": "websocket.send"}],
    ],
)
async def test_messages_out_of_order_are_an_error_of_the_app(
    api: LambdaApi, start: Start, messages: list[Any]
) -> None:
    mistakes: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        try:
            await _raises(send, *messages)
        except RuntimeError as error:
            mistakes.append(error)

    start(app)

    assert split(await api.ask(url_event()))[0]["statusCode"] == 500
    assert len(mistakes) == 1


async def test_a_message_after_the_last_body_is_refused(api: LambdaApi, start: Start) -> None:
    refused: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"all"})
        try:
            await send({"type": "http.response.body", "body": b"more"})
        except OSError as error:
            refused.append(error)

    start(app)

    assert (await api.ask(url_event())).body.endswith(NULS + b"all")
    assert len(refused) == 1
