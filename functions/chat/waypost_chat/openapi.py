"""The API's description: event streams with their events, and one body for every error."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from waypost.events import any_event
from waypost_chat.bodies import Failed

_ERRORS = {
    401: "Nobody says who asks, or nobody is believed.",
    404: "It is not there, or not yours.",
    409: "Something is in the way; `error.run_id` names the run where there is one.",
    410: "It is no longer kept.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is not valid.",
    503: "What it needs cannot be reached.",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Failed, "description": text} for status, text in _ERRORS.items()
}


def streams(description: str, json_model: type[BaseModel] | None = None) -> dict[str, Any]:
    """What a route that streams says of itself, as keyword arguments for its decorator."""
    answer: dict[str, Any] = {
        "description": description,
        "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}},
        "headers": {name: {"schema": {"type": "string"}} for name in ("X-Run-Id", "X-Thread-Id")},
    }
    if json_model:
        answer["model"] = json_model
    return {"response_model": None, "responses": {200: answer}}


def describe(app: FastAPI) -> dict[str, Any]:
    """`/openapi.json`, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        events = any_event.json_schema(ref_template="#/components/schemas/{model}")
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components.update(events.pop("$defs"))
        components["Event"] = {
            "title": "Event",
            "description": "One event of a stream, as the JSON of its `data:` line.",
            **events,
        }
        app.openapi_schema = schema
    return app.openapi_schema
