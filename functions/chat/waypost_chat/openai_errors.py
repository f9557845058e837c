"""Errors as OpenAI's clients read them: `{"error": {"message", "type", "param", "code"}}`."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from waypost.errors import Invalid, WaypostError
from waypost.events import RunCancelled, RunFailed
from waypost_chat.bodies.openai import OpenAIErrorBody
from waypost_chat.dialects.openai import error, error_of
from waypost_chat.error_responses import error_headers

_KINDS = {401: "authentication_error", 403: "permission_error", 409: "conflict_error"}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": OpenAIErrorBody, "description": "The request is not valid."},
    401: {
        "model": OpenAIErrorBody,
        "description": "The caller's identity is missing or not trusted.",
    },
    403: {
        "model": OpenAIErrorBody,
        "description": "The caller may not do this, or its token names another user.",
    },
    404: {
        "model": OpenAIErrorBody,
        "description": "There is no such model or response, or it belongs to another user.",
    },
    409: {
        "model": OpenAIErrorBody,
        "description": "The thread's previous question is still being answered.",
    },
    410: {"model": OpenAIErrorBody, "description": "No longer available."},
    500: {"model": OpenAIErrorBody, "description": "The run failed; another try changes nothing."},
    503: {"model": OpenAIErrorBody, "description": "The run failed, or cannot begin: try again."},
    504: {"model": OpenAIErrorBody, "description": "The time for this answer is over."},
}


class OpenAIRoute(APIRoute):
    """A route whose errors are OpenAI's."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as invalid:
                return _invalid(invalid)
            except WaypostError as expected:
                return _expected(expected)
            except HTTPException:
                # FastAPI's, where the body is not even text.
                return _expected(Invalid("The body is not valid JSON.", code="invalid_json"))

        return handled


def run_error_response(event: RunFailed | RunCancelled, headers: dict[str, str]) -> Response:
    """A run without an answer. The header tells OpenAI's clients whether to try again."""
    again = isinstance(event, RunFailed) and event.retryable
    status = 409 if isinstance(event, RunCancelled) else 503 if again else 500
    headers = {**headers, "x-should-retry": "true" if again else "false"}
    return JSONResponse({"error": error_of(event)}, status, headers)


def error_body(status: int, code: str, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
    kind = "server_error" if status >= 500 else _KINDS.get(status, "invalid_request_error")
    return {"error": error(message, kind, code, details.get("param"))}


def _expected(found: WaypostError) -> Response:
    # OpenAI's status for a request that is not valid.
    status = 400 if found.status == 422 else found.status
    body = error_body(status, found.code, found.message, found.details)
    return JSONResponse(body, status, error_headers(found))


def _invalid(found: RequestValidationError) -> Response:
    first = found.errors()[0]
    if first["type"] == "json_invalid":
        body = error("The body is not valid JSON.", "invalid_request_error", "invalid_json")
    else:
        location = [str(part) for part in first["loc"][1:]]
        message = f"{'.'.join(location)}: {first['msg']}"
        param = location[0] if location else None
        body = error(message, "invalid_request_error", first["type"], param)
    return JSONResponse({"error": body}, 400)
