"""The output of an OpenAI response: its items, as a run's texts and tool calls make them.

Each text is an item of its own, and so is each tool call: an `mcp_call`, the kind that the server
makes. A server whose tools could not be listed is an `mcp_list_tools` with an error.
"""

import re
from collections.abc import Iterator
from typing import Any

from waypost.events import (
    Event,
    SourceCited,
    TextCompleted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolInputDelta,
    ToolOutput,
    ToolStarted,
)
from waypost_chat.dialects.frames import Part, text
from waypost_chat.dialects.mcp_servers import LostServer, McpServers
from waypost_chat.dialects.openai import ROUTED
from waypost_chat.sse import dumps

_MESSAGE_ID = re.compile(r"msg_(\w+)_\d+")
_TEXTS = {"final": "output_text", "reasoning": "reasoning_text"}


class OutputItems:
    """`items` are the output after the events that were read so far."""

    def __init__(self) -> None:
        self.run_id = ""
        self.items: list[dict[str, Any]] = []
        self._indices: dict[str, int] = {}
        """The item of each text and tool call, by its id."""
        self._servers = McpServers()
        self._open_text = ""
        self._pending: list[dict[str, Any]] = []

    def parts(self, event: Event) -> Iterator[Part]:
        if lost := self._servers.lost(event):
            yield from self._lose(lost)
        match event:
            case TextStarted() if event.channel in _TEXTS:
                yield from self._begin(event)
            case TextDelta() | TextCompleted() if event.text_id in self._indices:
                yield from self._continue(event)
            case SourceCited():
                yield from self._cite(event)
            case ToolStarted():
                self._append(event.call_id, _mcp_call(event))
                yield self._item(event.call_id, "added")
                yield {"type": "response.mcp_call.in_progress", **self._position(event.call_id)}
            case ToolInputDelta() | ToolInput():
                yield self._arguments(event)
            case ToolOutput() | ToolFailed():
                yield from self._result(event)

    def _begin(self, event: TextStarted) -> Iterator[Part]:
        part: dict[str, Any] = {"type": _TEXTS[event.channel], "text": ""}
        if event.channel == "final":
            part |= {"annotations": [], "logprobs": []}
        self._append(event.text_id, _text_item(event, self.run_id, len(self.items)))
        yield self._item(event.text_id, "added")
        self.items[-1]["content"] = [part]
        position = {**self._position(event.text_id), "content_index": 0}
        yield {"type": "response.content_part.added", **position, "part": part}
        if event.channel == "final":
            self._open_text = event.text_id
            pending, self._pending = self._pending, []
            yield from map(self._annotate, pending)

    def _continue(self, event: TextDelta | TextCompleted) -> Iterator[Part]:
        item = self.items[self._indices[event.text_id]]
        part = item["content"][0]
        position = {**self._position(event.text_id), "content_index": 0}
        if part["type"] == "output_text":
            position["logprobs"] = []
        kind = f"response.{part['type']}"
        if isinstance(event, TextDelta):
            part["text"] += event.delta
            yield {"type": f"{kind}.delta", **position, "delta": event.delta}
            return
        self._open_text = ""
        item["status"] = "completed"
        yield {"type": f"{kind}.done", **position, "text": part["text"]}
        position.pop("logprobs", None)
        yield {"type": "response.content_part.done", **position, "part": part}
        yield self._item(event.text_id, "done")

    def _cite(self, event: SourceCited) -> Iterator[Part]:
        """Belongs to the text that is being written, or to the next one where there is none."""
        citation = {
            "type": "file_citation",
            "file_id": event.chunk_id,
            "filename": event.document,
            "index": event.index,
        }
        if self._open_text:
            yield self._annotate(citation)
        else:
            self._pending.append(citation)

    def _annotate(self, citation: dict[str, Any]) -> Part:
        position = {**self._position(self._open_text), "content_index": 0}
        annotations = self.items[position["output_index"]]["content"][0]["annotations"]
        annotations.append(citation)
        return {
            "type": "response.output_text.annotation.added",
            **position,
            "annotation_index": len(annotations) - 1,
            "annotation": citation,
        }

    def _arguments(self, event: ToolInputDelta | ToolInput) -> Part:
        item = self.items[self._indices[event.call_id]]
        position = self._position(event.call_id)
        kind = "response.mcp_call_arguments"
        if isinstance(event, ToolInputDelta):
            item["arguments"] += event.delta
            return {"type": f"{kind}.delta", **position, "delta": event.delta}
        item["arguments"] = item["arguments"] or dumps(event.arguments)
        return {"type": f"{kind}.done", **position, "arguments": item["arguments"]}

    def _result(self, event: ToolOutput | ToolFailed) -> Iterator[Part]:
        result: dict[str, Any]
        if isinstance(event, ToolOutput):
            result = {"status": "completed", "output": text(event.output)}
        else:
            error = {
                "type": "mcp_tool_execution_error",
                "content": [{"type": "text", "text": event.message}],
            }
            result = {"status": "failed", "error": error}
        self.items[self._indices[event.call_id]] |= result
        yield {"type": f"response.mcp_call.{result['status']}", **self._position(event.call_id)}
        yield self._item(event.call_id, "done")

    def _lose(self, server: LostServer) -> Iterator[Part]:
        self._append(server.step_id, _mcp_list_tools(server))
        kind = "response.mcp_list_tools"
        yield self._item(server.step_id, "added")
        yield {"type": f"{kind}.in_progress", **self._position(server.step_id)}
        yield {"type": f"{kind}.failed", **self._position(server.step_id)}
        yield self._item(server.step_id, "done")

    def _append(self, item_key: str, item: dict[str, Any]) -> None:
        self._indices[item_key] = len(self.items)
        self.items.append(item)

    def _position(self, item_key: str) -> dict[str, Any]:
        index = self._indices[item_key]
        return {"output_index": index, "item_id": self.items[index]["id"]}

    def _item(self, item_key: str, change: str) -> Part:
        index = self._indices[item_key]
        return {
            "type": f"response.output_item.{change}",
            "output_index": index,
            "item": self.items[index],
        }


def run_of_item(item_id: str) -> str | None:
    """The run whose answer a message item is, by the id that it has here."""
    found = _MESSAGE_ID.fullmatch(item_id)
    return f"run_{found[1]}" if found else None


def _text_item(event: TextStarted, run_id: str, number: int) -> dict[str, Any]:
    ulid = event.text_id.removeprefix("text_")
    if event.channel == "final":
        return {
            "id": f"msg_{run_id.removeprefix('run_')}_{number}",
            "type": "message",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
    return {
        "id": f"rs_{ulid}",
        "type": "reasoning",
        "summary": [],
        "status": "in_progress",
        "content": [],
    }


def _mcp_list_tools(server: LostServer) -> dict[str, Any]:
    return {
        "id": f"mcpl_{server.step_id.removeprefix('step_')}",
        "type": "mcp_list_tools",
        "server_label": server.name,
        "tools": [],
        "error": server.reason,
    }


def _mcp_call(event: ToolStarted) -> dict[str, Any]:
    return {
        "id": f"mcp_{event.step_id.removeprefix('step_')}",
        "type": "mcp_call",
        "server_label": ROUTED,
        "name": event.name,
        "arguments": "",
        "output": None,
        "error": None,
        "approval_request_id": None,
        "status": "in_progress",
    }
