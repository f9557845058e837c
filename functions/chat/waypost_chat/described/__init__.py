"""The frames of every dialect as JSON schemas with examples, for `/openapi.json` alone.

Nothing here is imported before somebody asks for the description: answers do not wait for it.
"""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from pydantic import TypeAdapter

from waypost.events import any_event
from waypost_chat.dialects import DIALECTS, Beating

_REF = "#/components/schemas/"
_OWN = ("waypost", "agentcore")
"""Dialects whose frames are the events themselves."""
DONE = "[DONE]"
SENTINELS = ("serving", "ai-sdk", "openai-chat")
"""Dialects whose last frame is `[DONE]`, which is no JSON."""


def event_name(dialect: str) -> str:
    """What the schema of a dialect's frames is called."""
    return "Event" if dialect in _OWN else f"{_camel(dialect)}Event"


def schemas() -> dict[str, Any]:
    """By name: a schema for the frames of each dialect, and one for each kind of frame."""
    found: dict[str, Any] = {}
    for dialect in DIALECTS:
        if event_name(dialect) not in found:
            found |= _described(dialect)
    return found


def frames_of(dialect: str) -> TypeAdapter[Any]:
    """Whatever a dialect's `data:` lines may hold, but for `[DONE]`."""
    if dialect in _OWN:
        return any_event
    module = import_module(f"waypost_chat.described.{dialect.replace('-', '_')}")
    return TypeAdapter(module.FRAMES)


def _described(dialect: str) -> dict[str, Any]:
    prefix = "" if dialect in _OWN else _camel(dialect)
    frames = frames_of(dialect)
    schema = frames.json_schema(ref_template=f"{_REF}{prefix}{{model}}")
    kinds = {f"{prefix}{name}": kind for name, kind in schema.pop("$defs").items()}
    for kind, example in _examples(dialect, frames):
        kinds[f"{prefix}{kind}"].setdefault("examples", [example])
    schema["oneOf"] = schema.pop("anyOf", None) or schema["oneOf"]
    title = event_name(dialect)
    about = f"One event in the dialect `{dialect}`, as the JSON of its `data:` line."
    return {**kinds, title: {"title": title, "description": about, **schema}}


def _examples(dialect: str, frames: TypeAdapter[Any]) -> Iterator[tuple[str, Any]]:
    """What the dialect makes of the example runs: the kind of each frame, and the frame."""
    from waypost_chat.described.example import RUNS

    for run in RUNS:
        encoder = DIALECTS[dialect]()
        wire = b"".join(map(encoder.encode, run))
        if isinstance(encoder, Beating):
            wire += encoder.heartbeat(run[-1].at)
        for line in wire.decode().split("\n"):
            if line.startswith("data: {"):
                data = json.loads(line.removeprefix("data: "))
                yield type(frames.validate_python(data)).__name__, data


def _camel(dialect: str) -> str:
    return "".join(part.capitalize() for part in dialect.split("-"))
