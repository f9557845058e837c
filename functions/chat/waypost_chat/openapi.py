"""The API's description: event streams with their events, and one body for every error."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from waypost_chat.bodies import ErrorBody
from waypost_chat.dialects import DIALECTS, schemas

_ERRORS = {
    401: "The caller's identity is missing or not trusted.",
    403: "The caller may not do this, or its token names another user.",
    404: "Not found, or it belongs to another user.",
    409: "A conflict; `error.run_id` names the run in the way, where it is one.",
    410: "No longer available.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is not valid.",
    500: "An internal error; another try would fail too.",
    503: "Temporarily unavailable.",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": text} for status, text in _ERRORS.items()
}
_HEADERS = {name: {"schema": {"type": "string"}} for name in ("X-Run-Id", "X-Thread-Id")}


def streams(
    description: str, json_model: type[BaseModel] | None = None, *, dialect: str | None = "waypost"
) -> dict[str, Any]:
    """The description of a route that streams, as keyword arguments for its decorator.

    Args:
        json_model: The body for callers that wait, also where the run failed.
        dialect: The stream's dialect; None for any.
    """
    streamed: dict[str, Any] = {
        "description": description,
        "content": {"text/event-stream": {"schema": _events(dialect)}},
        "headers": _HEADERS,
    }
    if json_model:
        streamed["model"] = json_model
    return {"response_model": None, "responses": {200: streamed, **_not_over(json_model)}}


def _events(dialect: str | None) -> dict[str, Any]:
    """One event of a stream, as OpenAPI 3.2 has it: its lines, and what `data` holds.

    https://spec.openapis.org/oas/v3.2.0.html#special-considerations-for-server-sent-events
    """
    dialects = list(DIALECTS) if dialect is None else [dialect]
    names = dict.fromkeys(map(schemas.event_name, dialects))
    data: list[dict[str, Any]] = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    content = data[0] if len(data) == 1 else {"anyOf": data}
    text: dict[str, Any] = {"contentMediaType": "application/json", "contentSchema": content}
    if any(name in schemas.SENTINELS for name in dialects):
        text = {"anyOf": [{"const": schemas.DONE}, text]}
    properties = {"id": {"type": "string"}, "data": {"type": "string", **text}}
    return {"type": "object", "required": ["data"], "properties": properties}


def waiting(model: type[BaseModel]) -> dict[str, Any]:
    """The description of a route that waits for a run's end."""
    finished = {"model": model, "description": "The finished run.", "headers": _HEADERS}
    return {"response_model": None, "responses": {200: finished, **_not_over(model)}}


def _not_over(model: type[BaseModel] | None) -> dict[int | str, dict[str, Any]]:
    """The response to callers that wait, where the run is not over in time."""
    if model is None:
        return {}
    return {202: {"model": model, "description": "The run is not over yet.", "headers": _HEADERS}}


def openapi_schema(app: FastAPI) -> dict[str, Any]:
    """`/openapi.json`, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components.update(schemas.all_schemas())
        app.openapi_schema = schema
    return app.openapi_schema
