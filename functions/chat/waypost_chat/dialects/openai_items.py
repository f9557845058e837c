"""The output of an OpenAI response: its items, as a run's texts and tool calls make them.

Each text is an item of its own, and so is each tool call: an `mcp_call`, the kind that is made by
the server.
"""

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
from waypost_chat.dialects.openai import ROUTED
from waypost_chat.sse import dumps

Words = TextStarted | TextDelta | TextCompleted
Call = ToolStarted | ToolInputDelta | ToolInput | ToolOutput | ToolFailed
_TEXTS = {"final": "output_text", "reasoning": "reasoning_text"}


class Output:
    """`items` are as they are after what was told so far."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self._places: dict[str, int] = {}
        self._writing = ""
        self._cited: list[dict[str, Any]] = []

    def parts(self, event: Event) -> Iterator[Part]:
        match event:
            case TextStarted() if event.channel in _TEXTS:
                yield from self._begin(event)
            case TextDelta() | TextCompleted() if event.text_id in self._places:
                yield from self._words(event)
            case SourceCited():
                yield from self._cite(event)
            case ToolStarted():
                self._place(event.call_id, _mcp_call(event))
                yield self._item(event.call_id, "added")
                yield {"type": "response.mcp_call.in_progress", **self._at(event.call_id)}
            case ToolInputDelta() | ToolInput():
                yield self._arguments(event)
            case ToolOutput() | ToolFailed():
                yield from self._result(event)

    def _begin(self, event: TextStarted) -> Iterator[Part]:
        part: dict[str, Any] = {"type": _TEXTS[event.channel], "text": ""}
        if event.channel == "final":
            part |= {"annotations": [], "logprobs": []}
        self._place(event.text_id, _text_item(event))
        yield self._item(event.text_id, "added")
        self.items[-1]["content"] = [part]
        where = {**self._at(event.text_id), "content_index": 0}
        yield {"type": "response.content_part.added", **where, "part": part}
        if event.channel == "final":
            self._writing = event.text_id
            cited, self._cited = self._cited, []
            yield from map(self._annotated, cited)

    def _words(self, event: TextDelta | TextCompleted) -> Iterator[Part]:
        item = self.items[self._places[event.text_id]]
        part = item["content"][0]
        where = {**self._at(event.text_id), "content_index": 0}
        if part["type"] == "output_text":
            where["logprobs"] = []
        kind = f"response.{part['type']}"
        if isinstance(event, TextDelta):
            part["text"] += event.delta
            yield {"type": f"{kind}.delta", **where, "delta": event.delta}
            return
        self._writing = ""
        item["status"] = "completed"
        yield {"type": f"{kind}.done", **where, "text": part["text"]}
        where.pop("logprobs", None)
        yield {"type": "response.content_part.done", **where, "part": part}
        yield self._item(event.text_id, "done")

    def _cite(self, event: SourceCited) -> Iterator[Part]:
        """Belongs to the text that is being written, or to the next where there is none."""
        about = {"file_id": event.chunk_id, "filename": event.document, "index": event.index}
        citation = {"type": "file_citation", **about}
        if self._writing:
            yield self._annotated(citation)
        else:
            self._cited.append(citation)

    def _annotated(self, citation: dict[str, Any]) -> Part:
        where = {**self._at(self._writing), "content_index": 0}
        annotations = self.items[where["output_index"]]["content"][0]["annotations"]
        annotations.append(citation)
        number = len(annotations) - 1
        kind = "response.output_text.annotation.added"
        return {"type": kind, **where, "annotation_index": number, "annotation": citation}

    def _arguments(self, event: ToolInputDelta | ToolInput) -> Part:
        item, where = self.items[self._places[event.call_id]], self._at(event.call_id)
        kind = "response.mcp_call_arguments"
        if isinstance(event, ToolInputDelta):
            item["arguments"] += event.delta
            return {"type": f"{kind}.delta", **where, "delta": event.delta}
        item["arguments"] = item["arguments"] or dumps(event.arguments)
        return {"type": f"{kind}.done", **where, "arguments": item["arguments"]}

    def _result(self, event: ToolOutput | ToolFailed) -> Iterator[Part]:
        result: dict[str, Any]
        if isinstance(event, ToolOutput):
            result = {"status": "completed", "output": text(event.output)}
        else:
            content = [{"type": "text", "text": event.message}]
            error = {"type": "mcp_tool_execution_error", "content": content}
            result = {"status": "failed", "error": error}
        self.items[self._places[event.call_id]] |= result
        yield {"type": f"response.mcp_call.{result['status']}", **self._at(event.call_id)}
        yield self._item(event.call_id, "done")

    def _place(self, name: str, item: dict[str, Any]) -> None:
        self._places[name] = len(self.items)
        self.items.append(item)

    def _at(self, name: str) -> dict[str, Any]:
        place = self._places[name]
        return {"output_index": place, "item_id": self.items[place]["id"]}

    def _item(self, name: str, what: str) -> Part:
        place = self._places[name]
        kind = f"response.output_item.{what}"
        return {"type": kind, "output_index": place, "item": self.items[place]}


def _text_item(event: TextStarted) -> dict[str, Any]:
    ulid = event.text_id.removeprefix("text_")
    state: dict[str, Any] = {"status": "in_progress", "content": []}
    if event.channel == "final":
        return {"id": f"msg_{ulid}", "type": "message", "role": "assistant", **state}
    return {"id": f"rs_{ulid}", "type": "reasoning", "summary": [], **state}


def _mcp_call(event: ToolStarted) -> dict[str, Any]:
    about = {"id": f"mcp_{event.step_id.removeprefix('step_')}", "type": "mcp_call"}
    what = {"server_label": ROUTED, "name": event.name, "arguments": "", "output": None}
    return {**about, **what, "error": None, "approval_request_id": None, "status": "in_progress"}
