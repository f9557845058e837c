"""Events that are not HTTP requests, and invalid events."""

import asyncio
import json
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.runtime.conftest import Start, recorded, url_event
from tests.runtime.lambda_api import LambdaApi, Request


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"served"})


def error(request: Request) -> dict[str, Any]:
    assert request.line.endswith("/error")
    fields: dict[str, Any] = json.loads(request.body)
    assert request.headers["lambda-runtime-function-error-type"] == fields["errorType"]
    return fields


async def test_an_event_goes_to_the_registered_handler(api: LambdaApi, start: Start) -> None:
    def on_event(event: Any, context: Any) -> Any:
        return {"seen": len(event["Records"]), "by": context.aws_request_id, "ü": 1}

    start(app, on_event)

    answer = await api.ask(recorded("sqs"))

    assert answer.line == "POST /2018-06-01/runtime/invocation/request-1/response"
    assert answer.headers["content-type"] == "application/json"
    assert "lambda-runtime-function-response-mode" not in answer.headers
    assert answer.body == '{"seen": 1, "by": "request-1", "ü": 1}'.encode()


class CallableHandler:
    async def __call__(self, event: Any, context: Any) -> Any:
        return event


async def _async(event: Any, context: Any) -> Any:
    return event


def _own_loop(event: Any, context: Any) -> Any:
    assert threading.current_thread() is not threading.main_thread()
    return asyncio.run(_async(event, context))


@pytest.mark.parametrize(
    "handler", [_async, CallableHandler(), _own_loop, lambda e, c: _async(e, c)]
)
async def test_every_kind_of_handler_is_called(
    api: LambdaApi, start: Start, handler: Callable[..., Any]
) -> None:
    start(handler)

    assert (await api.ask([1, "two", None])).body == b'[1, "two", null]'


async def test_a_handler_without_an_app_gets_http_events_as_well(
    api: LambdaApi, start: Start
) -> None:
    start(lambda event, context: {"statusCode": 200, "path": event["rawPath"]})

    answer = await api.ask(url_event(path="/x"))

    assert json.loads(answer.body) == {"statusCode": 200, "path": "/x"}


async def test_a_handlers_exception_is_reported_to_lambda(
    api: LambdaApi, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def on_event(event: Any, context: Any) -> Any:
        raise KeyError("Records")

    start(app, on_event)

    answer = await api.ask({"not": "sqs"})

    assert error(answer) == {"errorMessage": "'Records'", "errorType": "KeyError", "stackTrace": []}
    assert "KeyError: 'Records'" in caplog.text
    assert (await api.ask(url_event())).body.endswith(b"served")


async def test_an_oserror_of_the_handler_is_reported_to_lambda(
    api: LambdaApi, start: Start
) -> None:
    def on_event(event: Any, context: Any) -> Any:
        raise ConnectionResetError("the queue is away")

    start(app, on_event)

    assert error(await api.ask({}))["errorType"] == "ConnectionResetError"


@pytest.mark.parametrize("result", [object(), {"a": {1, 2}}, {"\ud800": 1}])
async def test_a_result_that_is_not_json_is_a_marshal_error(
    api: LambdaApi, start: Start, result: Any
) -> None:
    start(app, lambda event, context: result)

    assert error(await api.ask({}))["errorType"] == "Runtime.MarshalError"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"source": "aws.events"}, "Runtime.UnsupportedEvent"),
        (recorded("alb"), "Runtime.UnsupportedEvent"),
        (None, "Runtime.UnsupportedEvent"),
        (b"", "Runtime.MalformedEvent"),
        (b"{not json", "Runtime.MalformedEvent"),
        (b"\xff\xfe\xfd", "Runtime.MalformedEvent"),
        (b"[" * 200_000, "Runtime.MalformedEvent"),
        (url_event(rawPath=5), "Runtime.MalformedEvent"),
        (url_event(body="%", isBase64Encoded=True), "Runtime.MalformedEvent"),
        (url_event(body="\ud800"), "Runtime.MalformedEvent"),
        ({"version": "2.0", "requestContext": {"http": 1}}, "Runtime.MalformedEvent"),
    ],
    ids=lambda value: repr(value)[:40],
)
@pytest.mark.parametrize("mode", ["stream", "buffered"])
async def test_a_bad_event_is_refused_and_the_next_is_served(
    api: LambdaApi, start: Start, event: Any, kind: str, mode: str
) -> None:
    start(app, WAYPOST_RESPONSE=mode)

    assert error(await api.ask(event))["errorType"] == kind
    assert b"served" in (await api.ask(recorded("function-url-get"))).body


async def test_an_async_handler_is_cancelled_before_the_deadline(
    api: LambdaApi, start: Start
) -> None:
    async def on_event(event: Any, context: Any) -> Any:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if event["give up"]:
                raise
            return {"batchItemFailures": [{"itemIdentifier": "1"}]}

    start(app, on_event)

    gave_up = await api.ask({"give up": True}, seconds=0.3)
    answered = await api.ask({"give up": False}, seconds=0.3)

    assert error(gave_up)["errorType"] == "App.Deadline"
    assert json.loads(answered.body) == {"batchItemFailures": [{"itemIdentifier": "1"}]}


async def test_the_context_has_the_fields_of_the_managed_runtimes(
    api: LambdaApi, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts: list[Any] = []
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "chat")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
    start(lambda event, context: contexts.append(context))
    client = {"custom": {"a": 1}, "env": {"b": 2}, "client": {"app_title": "t", "other": 1}}
    await api.ask(
        {},
        headers={
            "Lambda-Runtime-Client-Context": json.dumps(client),
            "Lambda-Runtime-Cognito-Identity": json.dumps({"cognitoIdentityId": "id"}),
            "Lambda-Runtime-Aws-Tenant-Id": "acme",
        },
    )
    await api.ask({}, headers={"Lambda-Runtime-Client-Context": "{broken"})

    first, second = contexts
    theirs = pytest.importorskip("awslambdaric.lambda_context").LambdaContext(
        "request-1",
        client,
        {"cognitoIdentityId": "id"},
        first.deadline_ms,
        "arn:aws:lambda:us-east-1:1:function:f",
        "acme",
    )
    for name in (
        "aws_request_id",
        "function_name",
        "memory_limit_in_mb",
        "invoked_function_arn",
        "tenant_id",
    ):
        assert getattr(first, name) == getattr(theirs, name)
    assert first.client_context.custom == theirs.client_context.custom
    assert first.client_context.client.app_title == theirs.client_context.client.app_title
    assert first.identity.cognito_identity_id == theirs.identity.cognito_identity_id
    assert second.client_context is None


async def test_the_trace_id_is_that_of_the_invocation(api: LambdaApi, start: Start) -> None:
    start(lambda event, context: os.environ.get("_X_AMZN_TRACE_ID"))

    traced = await api.ask({}, headers={"Lambda-Runtime-Trace-Id": "Root=1-2-3"})
    untraced = await api.ask({})

    assert (traced.body, untraced.body) == (b'"Root=1-2-3"', b"null")


async def test_the_apps_lifespan_starts_once_and_its_state_reaches_every_request(
    api: LambdaApi, start: Start
) -> None:
    async def stateful(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            assert await receive() == {"type": "lifespan.startup"}
            api.log.append("started")
            scope["state"]["pool"] = "shared"
            await send({"type": "lifespan.startup.complete"})
            await receive()
        else:
            body = json.dumps(scope["state"]).encode()
            scope["state"]["mine"] = "alone"
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": body})

    start(stateful)
    first, second = await api.ask(url_event()), await api.ask(url_event())

    assert first.body.endswith(b'\0{"pool": "shared"}')
    assert second.body.endswith(b'\0{"pool": "shared"}')
    assert api.log.count("started") == 1
    assert api.log[0] == "started"


async def test_a_fastapi_app_streams_through_its_own_stack(api: LambdaApi, start: Start) -> None:
    from fastapi import FastAPI, Request
    from fastapi.responses import StreamingResponse

    fast = FastAPI()
    released = asyncio.Event()

    async def events() -> Any:
        yield b"data: 1\n\n"
        await released.wait()
        yield b"data: 2\n\n"

    @fast.post("/stream")
    async def stream(request: Request) -> StreamingResponse:
        assert await request.json() == {"q": "ü"}
        assert request.scope["aws.context"].aws_request_id == "request-1"
        return StreamingResponse(events(), media_type="text/event-stream")

    start(fast)
    invocation = api.invoke(url_event("POST", "/stream", body='{"q": "ü"}'))
    assert await invocation.chunk(1) == b"data: 1\n\n"
    released.set()

    assert (await invocation.answer()).chunks[2:] == [b"data: 2\n\n"]
