"""Every error as `{"error": {"code", "message", "request_id"}}`, with nothing internal in it."""

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

from waypost.errors import Invalid, WaypostError, where

logger = logging.getLogger(__name__)
_CODES = {404: "not_found", 405: "method_not_allowed"}
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_MESSAGES = {404: "There is nothing here.", 405: "This does not take that method."}


def answer(error: WaypostError, scope: Scope) -> Response:
    made = request_id(scope)
    problem = {"code": error.code, "message": error.message, "request_id": made, **error.details}
    return JSONResponse({"error": problem}, error.status)


def request_id(scope: Scope) -> str:
    """Lambda's id of the invocation, or one of our own; the same for the whole request."""
    context: Any = scope.get("aws.context")
    if context is not None:
        return str(context.aws_request_id)
    made: str = scope.setdefault("waypost.request_id", str(uuid.uuid4()))
    return made


def install(app: FastAPI) -> None:
    @app.exception_handler(WaypostError)
    async def expected(request: Request, error: WaypostError) -> Response:
        return answer(error, request.scope)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        details = [_detail(found) for found in error.errors()]
        first = details[0]
        broken = first["type"] == "json_invalid"
        message = (
            "The body is not valid JSON."
            if broken
            else f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        )
        code = "invalid_json" if broken else "invalid_request"
        return _json(request.scope, 422, code, message, detail=details)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 400:
            # FastAPI's, where the body is not even text.
            return answer(
                Invalid("The body is not valid JSON.", code="invalid_json"), request.scope
            )
        code = _CODES.get(error.status_code, "http_error")
        message = _MESSAGES.get(error.status_code, str(error.detail))
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return _json(request.scope, error.status_code, code, message, headers)


class Unexpected:
    """ASGI middleware, the outermost: names each request, and what nobody foresaw becomes a 500.

    The log says which error and where, never its text: that may hold what a user wrote.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = False

        async def watched(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                headers = [*message["headers"], (b"x-request-id", request_id(scope).encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            about = {"error": type(error).__name__, "where": where(error)}
            logger.error(
                "request failed unexpectedly", extra={**about, "request_id": request_id(scope)}
            )
            if began:
                raise ConnectionError("The response broke off.") from None
            await answer(WaypostError(), scope)(scope, receive, watched)


def _allowed(request: Request) -> str:
    """What the path takes: Starlette names the methods of its first route alone."""
    asked = {key: request.scope[key] for key in ("type", "path", "headers", "app")}
    return ", ".join(
        method
        for method in _METHODS
        if any(
            route.matches({**asked, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    )


def _detail(found: Mapping[str, Any]) -> dict[str, Any]:
    """A validation error without the input it complains about."""
    return {"type": found["type"], "loc": list(found["loc"]), "msg": found["msg"]}


def _json(
    scope: Scope,
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    made = request_id(scope)
    body = {"error": {"code": code, "message": message, "request_id": made}, **more}
    return JSONResponse(body, status, headers)
