"""Buffered responses, in mangum's shape."""

import asyncio
import json
from typing import Any

from tests.runtime.conftest import Start, recorded, url_event
from tests.runtime.lambda_api import LambdaApi


def responding(kind: bytes, *pieces: bytes, fails: bool = False) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = [(b"content-type", kind), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if fails:
            raise ValueError("half way")
        await send({"type": "http.response.body"})

    return app


async def ask(api: LambdaApi, event: Any, **options: Any) -> Any:
    answer = await api.ask(event, **options)
    assert answer.line.endswith("/response")
    assert "lambda-runtime-function-response-mode" not in answer.headers
    return json.loads(answer.body)


async def test_a_function_url_gets_one_object(api: LambdaApi, start: Start) -> None:
    start(responding(b"text/plain", b"Gr", "üße".encode()), WAYPOST_RESPONSE="buffered")

    assert await ask(api, recorded("function-url-get")) == {
        "statusCode": 201,
        "headers": {"content-type": "text/plain"},
        "cookies": ["a=1", "b=2"],
        "body": "Grüße",
        "isBase64Encoded": False,
    }


async def test_bytes_are_base64(api: LambdaApi, start: Start) -> None:
    start(responding(b"image/png", b"\x89PNG"), WAYPOST_RESPONSE="buffered")

    answer = await ask(api, recorded("function-url-get"))

    assert (answer["body"], answer["isBase64Encoded"]) == ("iVBORw==", True)


async def test_a_rest_api_gets_repeated_headers_as_lists(api: LambdaApi, start: Start) -> None:
    start(responding(b"application/json", b"{}"), WAYPOST_RESPONSE="buffered")

    assert await ask(api, recorded("rest-v1")) == {
        "statusCode": 201,
        "headers": {"content-type": "application/json"},
        "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]},
        "body": "{}",
        "isBase64Encoded": False,
    }


async def test_a_failure_within_the_body_is_a_500(api: LambdaApi, start: Start) -> None:
    start(responding(b"text/plain", b"half", fails=True), WAYPOST_RESPONSE="buffered")

    answer = await ask(api, recorded("function-url-get"))

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["error"]["code"] == "internal"
    assert "cookies" not in answer


async def test_a_deadline_within_the_body_is_a_504(api: LambdaApi, start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            await asyncio.Event().wait()

    start(app, WAYPOST_RESPONSE="buffered")

    answer = await ask(api, recorded("function-url-get"), seconds=0.4)

    assert answer["statusCode"] == 504
    assert json.loads(answer["body"])["error"]["code"] == "deadline"


async def test_an_event_that_mangum_does_not_know_is_refused(api: LambdaApi, start: Start) -> None:
    start(responding(b"text/plain", b"."), WAYPOST_RESPONSE="buffered")

    answer = await api.ask({"httpMethod": "GET", "path": "/", "requestContext": {}})

    assert answer.line.endswith("/error")
    assert json.loads(answer.body)["errorType"] == "Runtime.MalformedEvent"
    assert (await ask(api, url_event()))["body"] == "."
