"""Every error as `{"error": {"code", "message", "request_id"}}`, without internal details.

Below `/openai/v1` it is as OpenAI's clients read it.
"""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waypost.errors import Invalid, KeysUnavailable, TokenRefused, WaypostError, raised_at

logger = logging.getLogger(__name__)
_OPENAI = "/openai/v1"
"""Where errors are OpenAI's."""
_AGENTS = "/api/agents"
"""Where clients read the text of an error in `detail`."""
_CODES = {404: "not_found", 405: "method_not_allowed"}
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_MESSAGES = {404: "Not found.", 405: "Method not allowed."}


def error_response(error: WaypostError, scope: Scope) -> Response:
    return _response(
        scope, error.status, error.code, error.message, error_headers(error), error.details
    )


def error_headers(error: WaypostError) -> dict[str, str] | None:
    match error:
        case TokenRefused():
            # https://datatracker.ietf.org/doc/html/rfc6750#section-3
            return {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        case KeysUnavailable():
            return {"Retry-After": str(error.retry_after)}
    return None


def request_id(scope: Scope) -> str:
    """Lambda's id of the invocation, or one of our own; the same for the whole request."""
    context: Any = scope.get("aws.context")
    if context is not None:
        return str(context.aws_request_id)
    own: str = scope.setdefault("waypost.request_id", str(uuid.uuid4()))
    return own


def install_handlers(app: FastAPI) -> None:
    @app.exception_handler(WaypostError)
    async def expected(request: Request, error: WaypostError) -> Response:
        return error_response(error, request.scope)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        found = [_without_input(one) for one in error.errors()]
        first = found[0]
        if first["type"] == "json_invalid":
            code, message = "invalid_json", "The body is not valid JSON."
        else:
            field = ".".join(map(str, first["loc"]))
            code, message = "invalid_request", f"{field}: {first['msg']}"
        return _response(request.scope, 422, code, message, detail=found)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 400:
            # FastAPI's, where the body is not even text.
            invalid = Invalid("The body is not valid JSON.", code="invalid_json")
            return error_response(invalid, request.scope)
        code = _CODES.get(error.status_code, "http_error")
        message = _MESSAGES.get(error.status_code, str(error.detail))
        headers = (
            {"Allow": _allowed_methods(request)} if error.status_code == 405 else error.headers
        )
        return _response(request.scope, error.status_code, code, message, headers)


class UnexpectedErrors:
    """ASGI middleware, the outermost: gives each request its id, and unexpected errors a 500.

    The log says which error and where, never its text: that may hold what a user wrote.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [*message["headers"], (b"x-request-id", request_id(scope).encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            logger.error(
                "request failed unexpectedly",
                extra={
                    "error": type(error).__name__,
                    "where": raised_at(error),
                    "request_id": request_id(scope),
                },
            )
            if started:
                raise ConnectionError("The response broke off.") from None
            await error_response(WaypostError(), scope)(scope, receive, watched)


def _allowed_methods(request: Request) -> str:
    """The methods of a path: Starlette names those of its first route alone."""
    scope = {key: request.scope[key] for key in ("type", "path", "headers", "app")}
    return ", ".join(
        method
        for method in _METHODS
        if any(
            route.matches({**scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    )


def _without_input(error: Mapping[str, Any]) -> dict[str, Any]:
    """A validation error without the value that is not valid."""
    return {"type": error["type"], "loc": list(error["loc"]), "msg": error["msg"]}


def _response(
    scope: Scope,
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
    **body: Any,
) -> Response:
    if scope["path"].startswith(_OPENAI):
        from waypost_chat.openai_errors import error_body

        return JSONResponse(error_body(status, code, message, details or {}), status, headers)
    error = {"code": code, "message": message, "request_id": request_id(scope), **(details or {})}
    if scope["path"].startswith(_AGENTS):
        body = {"detail": message, **body}
    return JSONResponse({"error": error, **body}, status, headers)
