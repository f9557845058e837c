"""LangChain Runnables and LangGraph graphs, followed as they work.

What is told follows `astream_events`, version 2
(https://docs.langchain.com/oss/python/langchain/streaming). This module imports no LangChain by
itself: whoever names a Runnable does.
"""

import importlib
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from waypost.errors import Unavailable
from waypost.models.turns import Finished, Piece, Turn, UserTurn

HIDDEN = "nostream"
"""The tag of models whose words are not for the user."""
_LONGEST = 80_000


@dataclass(frozen=True)
class ModelStarted:
    id: str
    name: str
    hidden: bool


@dataclass(frozen=True)
class ModelSaid:
    id: str
    piece: Piece


@dataclass(frozen=True)
class ModelEnded:
    id: str
    finished: Finished


@dataclass(frozen=True)
class ToolBegan:
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolEnded:
    """`output` is JSON; where the tool failed, it is the message."""

    id: str
    output: Any
    failed: bool


@dataclass(frozen=True)
class Said:
    """Text that the Runnable itself streams."""

    text: str


@dataclass(frozen=True)
class Ended:
    """The end of it all: `text` is the answer, as far as the last value is one."""

    text: str


Fact = ModelStarted | ModelSaid | ModelEnded | ToolBegan | ToolEnded | Said | Ended


@cache
def load(path: str) -> Any:
    """The Runnable that `module:attribute` names, or what it gives when it is called.

    Raises:
        Unavailable: There is no such Runnable.
    """
    module, _, attribute = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
        runnable = found() if callable(found) and not _runs(found) else found
    except (ImportError, AttributeError) as error:
        raise Unavailable("What this agent runs is not there.", code="no_runnable") from error
    if not _runs(runnable):
        raise Unavailable("What this agent runs is no Runnable.", code="no_runnable")
    return runnable


async def follow(
    chat: ModuleType, runnable: Any, instructions: str, turns: Sequence[Turn], config: Any
) -> AsyncGenerator[Fact, None]:
    """Runs it on a conversation that ends with the question.

    A graph is given `{"messages": […]}`, a chat model the messages, anything else
    `{"messages", "question", "history"}`.

    Args:
        chat: `waypost.models.chat`.
        config: A RunnableConfig.
    """
    given = _given(chat, runnable, instructions, turns)
    folded = _Fold(chat)
    async with aclosing(runnable.astream_events(given, config, version="v2")) as events:
        async for event in events:
            if read := _READ.get(event["event"]):
                for fact in read(folded, event):
                    yield fact


class _Fold:
    def __init__(self, chat: ModuleType) -> None:
        self._chat = chat
        self._calls: dict[str, dict[Any, str]] = {}
        self._streamed: set[str] = set()

    def model_start(self, event: dict[str, Any]) -> Iterator[Fact]:
        self._calls[event["run_id"]] = {}
        name = (event.get("metadata") or {}).get("ls_model_name") or event["name"]
        yield ModelStarted(event["run_id"], name, HIDDEN in (event.get("tags") or ()))

    def model_stream(self, event: dict[str, Any]) -> Iterator[Fact]:
        self._streamed.add(event["run_id"])
        for piece in self._chat.pieces(event["data"]["chunk"], self._calls[event["run_id"]]):
            yield ModelSaid(event["run_id"], piece)

    def model_end(self, event: dict[str, Any]) -> Iterator[Fact]:
        whole = event["data"]["output"]
        if event["run_id"] not in self._streamed:
            for piece in self._chat.said_at_once(whole):
                yield ModelSaid(event["run_id"], piece)
        yield ModelEnded(event["run_id"], self._chat.finished(whole))

    def tool_start(self, event: dict[str, Any]) -> Iterator[Fact]:
        given = event["data"].get("input")
        arguments = given if isinstance(given, dict) else {"input": given}
        yield ToolBegan(event["run_id"], event["name"], _json(arguments))

    def tool_end(self, event: dict[str, Any]) -> Iterator[Fact]:
        output = event["data"].get("output")
        failed = getattr(output, "status", None) == "error"
        yield ToolEnded(event["run_id"], _json(getattr(output, "content", output)), failed)

    def tool_error(self, event: dict[str, Any]) -> Iterator[Fact]:
        # Its own text may name what is internal.
        yield ToolEnded(event["run_id"], "The tool failed.", failed=True)

    def chain_stream(self, event: dict[str, Any]) -> Iterator[Fact]:
        chunk = event["data"].get("chunk")
        if not event["parent_ids"] and isinstance(chunk, str) and chunk:
            yield Said(chunk)

    def chain_end(self, event: dict[str, Any]) -> Iterator[Fact]:
        if not event["parent_ids"]:
            yield Ended(_text(event["data"].get("output")))


_READ: dict[str, Callable[[_Fold, dict[str, Any]], Iterator[Fact]]] = {
    "on_chat_model_start": _Fold.model_start,
    "on_chat_model_stream": _Fold.model_stream,
    "on_chat_model_end": _Fold.model_end,
    "on_tool_start": _Fold.tool_start,
    "on_tool_end": _Fold.tool_end,
    "on_tool_error": _Fold.tool_error,
    "on_chain_stream": _Fold.chain_stream,
    "on_chain_end": _Fold.chain_end,
}


def _runs(found: Any) -> bool:
    return hasattr(found, "astream_events")


def _given(chat: ModuleType, runnable: Any, instructions: str, turns: Sequence[Turn]) -> Any:
    messages = [chat.instructed(instructions), *map(chat.message, turns)]
    if hasattr(runnable, "bind_tools"):
        return messages
    if hasattr(runnable, "channels") and hasattr(runnable, "nodes"):
        return {"messages": messages}
    asked = next(turn.text for turn in reversed(turns) if isinstance(turn, UserTurn))
    return {"messages": messages, "question": asked, "history": messages[1:-1]}


def _text(output: Any) -> str:
    if isinstance(output, dict):
        messages = output.get("messages") or [output.get("answer") or output.get("output")]
        return _text(messages[-1])
    if getattr(output, "type", "").lower() in ("ai", "aimessagechunk"):
        return str(output.text)
    return output if isinstance(output, str) else ""


def _json(value: Any) -> Any:
    """`value` as JSON, cut where it is too long to be kept."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        value = text = str(value)
    return value if len(text) <= _LONGEST else text[:_LONGEST]
