"""The frames of every dialect as JSON schemas with examples, for `/openapi.json` alone.

The modules here are imported when the description is first requested, and not before: answers do
not wait for them.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

from pydantic import TypeAdapter

from waypost.events import any_event
from waypost_chat.dialects import DIALECTS, Dialect, HasHeartbeat
from waypost_chat.dialects.agents import AgentsDialect

_WHOLE: dict[str, Callable[[], Dialect]] = {"agents": partial(AgentsDialect, all_steps=True)}
"""Dialects that tell more where a client asks for it."""
_REF = "#/components/schemas/"
_OWN = ("waypost", "agentcore")
"""Dialects whose frames are the events themselves."""
DONE = "[DONE]"
SENTINELS = ("serving", "ai-sdk", "openai-chat")
"""Dialects whose last frame is `[DONE]`, which is not JSON."""


def event_name(dialect: str) -> str:
    """The name of the schema of a dialect's frames."""
    return "Event" if dialect in _OWN else f"{_camel(dialect)}Event"


def all_schemas() -> dict[str, Any]:
    """By name: a schema for the frames of each dialect, and one for each kind of frame."""
    found: dict[str, Any] = {}
    for dialect in DIALECTS:
        if event_name(dialect) not in found:
            found |= _schemas_of(dialect)
    return found


def frames_of(dialect: str) -> TypeAdapter[Any]:
    """What a dialect's `data:` lines may hold, but for `[DONE]`."""
    if dialect in _OWN:
        return any_event
    module = import_module(f"waypost_chat.dialects.schemas.{dialect.replace('-', '_')}")
    return TypeAdapter(module.FRAMES)


def _schemas_of(dialect: str) -> dict[str, Any]:
    frames = frames_of(dialect)
    schema = frames.json_schema(ref_template=f"{_REF}{{model}}")
    kinds = schema.pop("$defs")
    for kind, example in _examples(dialect, frames):
        kinds[kind].setdefault("examples", [example])
    schema["oneOf"] = schema.pop("anyOf", None) or schema["oneOf"]
    title = event_name(dialect)
    about = f"One event in the dialect `{dialect}`, as the JSON of its `data:` line."
    return {**kinds, title: {"title": title, "description": about, **schema}}


def _examples(dialect: str, frames: TypeAdapter[Any]) -> Iterator[tuple[str, Any]]:
    """What the dialect makes of the example runs: the kind of each frame, and the frame."""
    from waypost_chat.dialects.schemas.example_runs import RUNS

    for run in RUNS:
        make = _WHOLE.get(dialect, DIALECTS[dialect])
        encoder = make()
        wire = b"".join(map(encoder.encode, run))
        if isinstance(encoder, HasHeartbeat):
            wire += encoder.heartbeat(run[-1].at)
        for line in wire.decode().split("\n"):
            if line.startswith("data: {"):
                data = json.loads(line.removeprefix("data: "))
                yield type(frames.validate_python(data)).__name__, data


def _camel(dialect: str) -> str:
    return "".join(part.capitalize() for part in dialect.split("-"))
