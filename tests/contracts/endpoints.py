"""Every streaming endpoint of every contract: a request, and the events of its stream."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

QUESTION = "How many technicians are active?"
_TURN = [{"role": "user", "content": QUESTION}]
_UI = [{"id": "m1", "role": "user", "parts": [{"type": "text", "text": QUESTION}]}]


def by_type(data: Any) -> str:
    return str(data["type"])


def by_event(data: Any) -> str:
    return str(data["event"])


def by_object(data: Any) -> str:
    return str(data.get("object", "error"))


@dataclass(frozen=True)
class Stream:
    """One endpoint. `name_of` gives the event name in a frame's data; `end` is the last one's."""

    contract: str
    path: str
    body: dict[str, Any]
    dialect: str
    name_of: Callable[[Any], str]
    names: tuple[str, ...]
    """Names that the stream of an answer from the database must have."""
    end: str
    broken: str
    """The name of the event with which an answer breaks off; empty where none can."""
    sentinel: bool = False

    def names_in(self, data: list[str]) -> list[str]:
        """The event name of each data line."""
        return [text if text == "[DONE]" else self.name_of(json.loads(text)) for text in data]


STREAMS = (
    Stream(
        "§0",
        "/v1/runs",
        {"input": QUESTION},
        "waypost",
        by_type,
        (
            "run.started",
            "step.started",
            "step.completed",
            "route.decided",
            "tool.started",
            "tool.input",
            "tool.output",
            "data",
            "text.started",
            "text.delta",
            "text.completed",
            "usage",
        ),
        "run.completed",
        "run.failed",
    ),
    Stream(
        "§1",
        "/internal/chat/stream",
        {
            "input": {"message": QUESTION},
            "conversation": {"id": "contracts", "user_id": "developer", "company_id": "demo"},
        },
        "internal",
        by_event,
        ("tool_start", "route_decision", "token"),
        "complete",
        "error",
    ),
    Stream(
        "§2",
        "/chat",
        {"message": "What does the Enterprise plan cost?"},
        "support",
        by_type,
        ("start", "agent", "token"),
        "complete",
        "error",
    ),
    Stream(
        "§3",
        "/api/agent/stream",
        {"input": QUESTION},
        "execution",
        by_event,
        ("thinking", "tool_use", "tool_result", "partial_output", "final_output"),
        "complete",
        "error",
    ),
    Stream(
        "§3",
        "/api/agent/stream/simulate",
        {"input": QUESTION},
        "execution",
        by_event,
        ("thinking", "tool_use", "tool_result", "partial_output", "final_output"),
        "complete",
        "",
    ),
    Stream(
        "§4",
        "/api/agents/sql/chat",
        {"message": QUESTION},
        "agents",
        by_type,
        ("token", "trace_start", "trace_end"),
        "done",
        "error",
    ),
    Stream(
        "§5",
        "/api/chat/stream",
        {"messages": _TURN},
        "serving",
        by_type,
        ("text.delta", "tool.call", "tool.output"),
        "[DONE]",
        "error",
        sentinel=True,
    ),
    Stream(
        "§6",
        "/api/ai-sdk/chat",
        {"id": "contracts-ai-sdk", "messages": _UI, "trigger": "submit-message"},
        "ai-sdk",
        by_type,
        (
            "start",
            "start-step",
            "tool-input-start",
            "tool-input-available",
            "tool-output-available",
            "text-start",
            "text-delta",
            "text-end",
            "finish-step",
            "finish",
        ),
        "[DONE]",
        "error",
        sentinel=True,
    ),
    Stream(
        "§7",
        "/api/ag-ui",
        {
            "threadId": "contracts-ag-ui",
            "runId": "r1",
            "tools": [],
            "context": [],
            "messages": [{"id": "m1", **_TURN[0]}],
            "state": {},
            "forwardedProps": {},
        },
        "ag-ui",
        by_type,
        (
            "RUN_STARTED",
            "STEP_STARTED",
            "STEP_FINISHED",
            "TOOL_CALL_START",
            "TOOL_CALL_ARGS",
            "TOOL_CALL_END",
            "TOOL_CALL_RESULT",
            "TEXT_MESSAGE_START",
            "TEXT_MESSAGE_CONTENT",
            "TEXT_MESSAGE_END",
        ),
        "RUN_FINISHED",
        "RUN_ERROR",
    ),
    Stream(
        "§8",
        "/openai/v1/chat/completions",
        {"model": "sql", "messages": _TURN, "stream": True},
        "openai-chat",
        by_object,
        ("chat.completion.chunk",),
        "[DONE]",
        "error",
        sentinel=True,
    ),
    Stream(
        "§8",
        "/openai/v1/responses",
        {"model": "sql", "input": QUESTION, "stream": True},
        "openai-responses",
        by_type,
        (
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.mcp_call.completed",
        ),
        "response.completed",
        "response.failed",
    ),
    Stream(
        "§9",
        "/invocations",
        {"prompt": QUESTION},
        "agentcore",
        by_type,
        ("run.started", "text.delta"),
        "run.completed",
        "run.failed",
    ),
)
