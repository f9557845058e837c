"""The API's description: event streams with their events, and one body for every error."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from waypost_chat import described
from waypost_chat.bodies import Failed
from waypost_chat.dialects import DIALECTS

_ERRORS = {
    401: "Nobody says who asks, or nobody is believed.",
    404: "It is not there, or not yours.",
    409: "Something is in the way; `error.run_id` names the run where there is one.",
    410: "It is no longer kept.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is not valid.",
    500: "It failed, and would again.",
    503: "What it needs cannot be reached.",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Failed, "description": text} for status, text in _ERRORS.items()
}
_HEADERS = {name: {"schema": {"type": "string"}} for name in ("X-Run-Id", "X-Thread-Id")}


def streams(
    description: str, json_model: type[BaseModel] | None = None, *, dialect: str | None = "waypost"
) -> dict[str, Any]:
    """What a route that streams says of itself, as keyword arguments for its decorator.

    Args:
        json_model: The body of those who would rather wait, also where the run failed.
        dialect: Whose events the stream is made of; None for any.
    """
    answer: dict[str, Any] = {
        "description": description,
        "content": {"text/event-stream": {"schema": _events(dialect)}},
        "headers": _HEADERS,
    }
    if json_model:
        answer["model"] = json_model
    return {"response_model": None, "responses": {200: answer, **_late(json_model)}}


def _events(dialect: str | None) -> dict[str, Any]:
    """One event of a stream, as OpenAPI 3.2 has it: its lines, and what `data` holds.

    https://spec.openapis.org/oas/v3.2.0.html#special-considerations-for-server-sent-events
    """
    dialects = list(DIALECTS) if dialect is None else [dialect]
    names = dict.fromkeys(map(described.event_name, dialects))
    data: list[dict[str, Any]] = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    content = data[0] if len(data) == 1 else {"anyOf": data}
    text: dict[str, Any] = {"contentMediaType": "application/json", "contentSchema": content}
    if any(name in described.SENTINELS for name in dialects):
        text = {"anyOf": [{"const": described.DONE}, text]}
    properties = {"id": {"type": "string"}, "data": {"type": "string", **text}}
    return {"type": "object", "required": ["data"], "properties": properties}


def whole(model: type[BaseModel]) -> dict[str, Any]:
    """What a route says that waits for a run's end."""
    answer = {"model": model, "description": "The finished run.", "headers": _HEADERS}
    return {"response_model": None, "responses": {200: answer, **_late(model)}}


def _late(model: type[BaseModel] | None) -> dict[int | str, dict[str, Any]]:
    """Answers of those who wait, where the run was not over in time or failed."""
    if model is None:
        return {}
    return {202: {"model": model, "description": "The run is not over yet.", "headers": _HEADERS}}


def describe(app: FastAPI) -> dict[str, Any]:
    """`/openapi.json`, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components.update(described.schemas())
        app.openapi_schema = schema
    return app.openapi_schema
