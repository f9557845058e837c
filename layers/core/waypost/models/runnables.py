"""LangChain Runnables and LangGraph graphs, followed as they work.

The events are those of `astream_events`, version 2
(https://docs.langchain.com/oss/python/langchain/streaming). This module imports no LangChain by
itself: whoever names a Runnable does.
"""

import importlib
import inspect
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from waypost.errors import Unavailable
from waypost.json_values import capped
from waypost.models.turns import Finished, Piece, Turn, UserTurn

HIDDEN = "nostream"
"""The tag of models whose text is not for the user."""
_MAX_BYTES = 80_000


@dataclass(frozen=True)
class ModelStarted:
    id: str
    name: str
    hidden: bool


@dataclass(frozen=True)
class ModelStreamed:
    id: str
    piece: Piece


@dataclass(frozen=True)
class ModelEnded:
    id: str
    finished: Finished


@dataclass(frozen=True)
class ToolUseStarted:
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolUseEnded:
    """`output` is JSON of what the model is told; `artifact` is whatever the tool has beside it."""

    id: str
    output: Any
    failed: bool
    artifact: Any = None


@dataclass(frozen=True)
class RunnableStreamed:
    """Text that the Runnable itself streams."""

    text: str


@dataclass(frozen=True)
class RunnableEnded:
    """The end of the whole Runnable: `text` is the answer, as far as the last value is one."""

    text: str


RunnableEvent = (
    ModelStarted
    | ModelStreamed
    | ModelEnded
    | ToolUseStarted
    | ToolUseEnded
    | RunnableStreamed
    | RunnableEnded
)


def load(path: str, parts: Callable[[], Mapping[str, Any]]) -> Any:
    """The Runnable that `module:attribute` names, or what it returns when it is called.

    Args:
        parts: What a function of that name may take, by the names of its parameters: it is called
            for each question then. One without parameters is called once.

    Raises:
        Unavailable: There is no such Runnable.
    """
    found = _named(path)
    if not _is_runnable(found):
        given = parts()
        found = found(**{name: given[name] for name in _parameters(found) if name in given})
    return _checked(found)


@cache
def _named(path: str) -> Any:
    """The Runnable, or a function that takes parts."""
    module, _, attribute = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
        if _is_runnable(found) or (callable(found) and _parameters(found)):
            return found
        return _checked(found() if callable(found) else found)
    except (ImportError, AttributeError) as error:
        message = "The agent's runnable cannot be imported."
        raise Unavailable(message, code="no_runnable") from error


def _parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def _checked(runnable: Any) -> Any:
    if not _is_runnable(runnable):
        message = "The agent's runnable is not a LangChain Runnable."
        raise Unavailable(message, code="no_runnable")
    return runnable


async def follow(
    chat: ModuleType, runnable: Any, instructions: str, turns: Sequence[Turn], config: Any
) -> AsyncGenerator[RunnableEvent, None]:
    """Runs it on a conversation that ends with the question.

    A graph is given `{"messages": […]}`, a chat model the messages, anything else
    `{"messages", "question", "history"}`.

    Args:
        chat: `waypost.models.chat`.
        config: A RunnableConfig.
    """
    value = _input(chat, runnable, instructions, turns)
    fold = _Fold(chat)
    async with aclosing(runnable.astream_events(value, config, version="v2")) as events:
        async for event in events:
            if read := _READ.get(event["event"]):
                for streamed in read(fold, event):
                    yield streamed


class _Fold:
    def __init__(self, chat: ModuleType) -> None:
        self._chat = chat
        self._readers: dict[str, Any] = {}
        self._streamed: set[str] = set()

    def model_start(self, event: dict[str, Any]) -> Iterator[RunnableEvent]:
        self._readers[event["run_id"]] = self._chat.ChunkReader()
        name = (event.get("metadata") or {}).get("ls_model_name") or event["name"]
        yield ModelStarted(event["run_id"], name, HIDDEN in (event.get("tags") or ()))

    def model_stream(self, event: dict[str, Any]) -> Iterator[RunnableEvent]:
        self._streamed.add(event["run_id"])
        for piece in self._readers[event["run_id"]].pieces(event["data"]["chunk"]):
            yield ModelStreamed(event["run_id"], piece)

    def model_end(self, event: dict[str, Any]) -> Iterator[RunnableEvent]:
        whole = event["data"]["output"]
        for piece in self._readers[event["run_id"]].end():
            yield ModelStreamed(event["run_id"], piece)
        if event["run_id"] not in self._streamed:
            for piece in self._chat.unstreamed_pieces(whole):
                yield ModelStreamed(event["run_id"], piece)
        yield ModelEnded(event["run_id"], self._chat.finished(whole))

    def tool_start(self, event: dict[str, Any]) -> Iterator[RunnableEvent]:
        given = event["data"].get("input")
        arguments = given if isinstance(given, dict) else {"input": given}
        yield ToolUseStarted(event["run_id"], event["name"], capped_json(arguments))

    def tool_end(self, event: dict[str, Any]) -> Iterator[RunnableEvent]:
        output = event["data"].get("output")
        failed = getattr(output, "status", None) == "error"
        artifact = getattr(output, "artifact", None)
        content = capped_json(getattr(output, "content", output))
        yield ToolUseEnded(event["run_id"], content, failed, artifact)

    def tool_error(self, event: dict[str, Any]) -> Iterator[RunnableEvent]:
        # The error's own text may hold internal details.
        yield ToolUseEnded(event["run_id"], "The tool failed.", failed=True)

    def chain_stream(self, event: dict[str, Any]) -> Iterator[RunnableEvent]:
        chunk = event["data"].get("chunk")
        if not event["parent_ids"] and isinstance(chunk, str) and chunk:
            yield RunnableStreamed(chunk)

    def chain_end(self, event: dict[str, Any]) -> Iterator[RunnableEvent]:
        if not event["parent_ids"]:
            yield RunnableEnded(_text(event["data"].get("output")))


_READ: dict[str, Callable[[_Fold, dict[str, Any]], Iterator[RunnableEvent]]] = {
    "on_chat_model_start": _Fold.model_start,
    "on_chat_model_stream": _Fold.model_stream,
    "on_chat_model_end": _Fold.model_end,
    "on_tool_start": _Fold.tool_start,
    "on_tool_end": _Fold.tool_end,
    "on_tool_error": _Fold.tool_error,
    "on_chain_stream": _Fold.chain_stream,
    "on_chain_end": _Fold.chain_end,
}


def _is_runnable(found: Any) -> bool:
    return hasattr(found, "astream_events")


def _input(chat: ModuleType, runnable: Any, instructions: str, turns: Sequence[Turn]) -> Any:
    messages = [chat.system_message(instructions), *map(chat.message, turns)]
    if hasattr(runnable, "bind_tools"):
        return messages
    if hasattr(runnable, "channels") and hasattr(runnable, "nodes"):
        return {"messages": messages}
    question = next(turn.text for turn in reversed(turns) if isinstance(turn, UserTurn))
    return {"messages": messages, "question": question, "history": messages[1:-1]}


def _text(output: Any) -> str:
    if isinstance(output, dict):
        messages = output.get("messages") or [output.get("answer") or output.get("output")]
        return _text(messages[-1])
    if getattr(output, "type", "").lower() in ("ai", "aimessagechunk"):
        return str(output.text)
    return output if isinstance(output, str) else ""


def capped_json(value: Any) -> Any:
    """`value` as JSON; too long, an object that says so and holds its beginning."""
    return capped(value, _MAX_BYTES)
