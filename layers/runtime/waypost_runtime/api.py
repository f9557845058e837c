"""What a runtime asks of Lambda and tells it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json

from waypost_runtime.channel import Channel
from waypost_runtime.context import LambdaContext
from waypost_runtime.http1 import HttpResponse

PREFIX = "/2018-06-01/runtime"


async def next_invocation(channel: Channel) -> HttpResponse:
    """Waits for an invocation: its event in the body, what it is about in the headers."""
    return _accepted(await channel.call("GET", f"{PREFIX}/invocation/next"), "next")


async def respond(channel: Channel, context: LambdaContext, body: bytes) -> HttpResponse:
    """Answers with the whole result, as JSON."""
    headers = {"Content-Type": "application/json", **invocation_of(context)}
    path = f"{PREFIX}/invocation/{context.aws_request_id}/response"
    return await channel.call("POST", path, headers, body)


async def fail(channel: Channel, context: LambdaContext, kind: str, message: str) -> HttpResponse:
    """Reports that the invocation failed; legal only before its response has begun."""
    path = f"{PREFIX}/invocation/{context.aws_request_id}/error"
    return await _post_error(channel, path, kind, message, context)


async def fail_init(channel: Channel, kind: str, message: str) -> HttpResponse:
    """Reports that the environment could not start."""
    return await _post_error(channel, f"{PREFIX}/init/error", kind, message)


async def fail_restore(channel: Channel, kind: str, message: str) -> HttpResponse:
    """Reports that the environment could not go on after its snapshot."""
    return await _post_error(channel, f"{PREFIX}/restore/error", kind, message)


async def wait_for_restore(channel: Channel) -> None:
    """Blocks until the snapshot was taken and restored, then lets go of the connection."""
    _accepted(await channel.call("GET", f"{PREFIX}/restore/next"), "restore/next")
    channel.close()


def invocation_of(context: LambdaContext) -> dict[str, str]:
    """The header that says which attempt is answered, where Lambda has named one."""
    if context.invocation_id is None:
        return {}
    return {"Lambda-Runtime-Invocation-Id": context.invocation_id}


async def _post_error(
    channel: Channel, path: str, kind: str, message: str, context: LambdaContext | None = None
) -> HttpResponse:
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Function-Error-Type": kind,
        **(invocation_of(context) if context else {}),
    }
    fields = {"errorMessage": message, "errorType": kind, "stackTrace": []}
    return await channel.call("POST", path, headers, json.dumps(fields).encode())


def _accepted(answer: HttpResponse, what: str) -> HttpResponse:
    if answer.status != 200:
        raise ConnectionError(f"it answered {answer.status} to {what}")
    return answer
