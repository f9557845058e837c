"""From our turns to the messages of a Converse request, by the rules of its wire.

Roles alternate and begin with the user; no text is blank; each `toolUse` is answered by one
`toolResult` in the message behind it, and both are sent only along with tools.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from waypost.models import catalogue
from waypost.models.turns import (
    AssistantTurn,
    SystemPrompt,
    ToolCall,
    ToolSpec,
    ToolTurn,
    Turn,
    UserTurn,
)

Block = dict[str, Any]
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
_MAX_NAME = 64
_NOT_MADE = "This call was not made."
_NOTHING = "(nothing)"
"""In the place of a text that is blank."""


def parameters(
    model: str,
    system: SystemPrompt,
    turns: Sequence[Turn],
    tools: Sequence[ToolSpec],
    max_tokens: int,
) -> dict[str, Any]:
    """The parameters of Converse and ConverseStream."""
    found: dict[str, Any] = {
        "modelId": model,
        "messages": messages(turns, with_tools=bool(tools)),
        "inferenceConfig": {"maxTokens": max_tokens, "temperature": 0.0},
    }
    if blocks := _system(model, system):
        found["system"] = blocks
    if tools:
        found["toolConfig"] = {"tools": [{"toolSpec": _spec(tool)} for tool in tools]}
    return found


def messages(turns: Sequence[Turn], *, with_tools: bool) -> list[dict[str, Any]]:
    """Args: with_tools: Without them calls and results are told as text."""
    found: list[dict[str, Any]] = []
    for role, blocks in _roles(turns, with_tools=with_tools):
        if not blocks:
            continue
        if not found and role == "assistant":
            found.append({"role": "user", "content": [{"text": _NOTHING}]})
        if found and found[-1]["role"] == role:
            found[-1]["content"] += blocks
        else:
            found.append({"role": role, "content": blocks})
    return found


def _roles(turns: Sequence[Turn], *, with_tools: bool) -> Iterator[tuple[str, list[Block]]]:
    open_calls: dict[str, ToolCall] = {}
    for turn in turns:
        if not isinstance(turn, ToolTurn):
            yield "user", _unanswered(open_calls)
            open_calls = {}
        match turn:
            case UserTurn(text):
                yield "user", [{"text": text if text.strip() else _NOTHING}]
            case AssistantTurn() if with_tools:
                open_calls = {call.id: call for call in turn.calls}
                yield "assistant", _native(turn)
            case AssistantTurn(text, calls):
                told = "\n".join([text, *(_call_text(call) for call in calls)])
                yield "assistant", _text(told)
            case ToolTurn(call_id) if open_calls.pop(call_id, None):
                yield "user", [_result(turn)]
            case ToolTurn(_, text):
                yield "user", [{"text": f"<result>\n{text}\n</result>"}]
    yield "user", _unanswered(open_calls)


def _unanswered(calls: dict[str, ToolCall]) -> list[Block]:
    return [_result(ToolTurn(call_id, _NOT_MADE, failed=True)) for call_id in calls]


def _native(turn: AssistantTurn) -> list[Block]:
    """The model's own blocks; of its calls those that are answered, under names of the wire."""
    if turn.native is None:
        return [
            *_text(turn.text),
            *(_use(call.id, call.name, call.arguments) for call in turn.calls),
        ]
    made = {call.id for call in turn.calls}
    blocks = []
    for block in turn.native:
        if use := block.get("toolUse"):
            if use["toolUseId"] in made:
                blocks.append(_use(use["toolUseId"], use["name"], use["input"]))
        else:
            blocks.append(block)
    return blocks


def _use(call_id: str, name: str, arguments: dict[str, Any]) -> Block:
    use = {"toolUseId": _name(call_id), "name": _name(name), "input": arguments}
    return {"toolUse": use}


def _result(turn: ToolTurn) -> Block:
    return {
        "toolResult": {
            "toolUseId": _name(turn.call_id),
            "content": [{"text": turn.text if turn.text.strip() else _NOTHING}],
            "status": "error" if turn.failed else "success",
        }
    }


def _call_text(call: ToolCall) -> str:
    return f"<call tool={json.dumps(call.name)}>{json.dumps(call.arguments)}</call>"


def _name(name: str) -> str:
    """A name as the wire has it: a model may ask for `functions.query`, which it refuses."""
    return _NOT_IN_NAMES.sub("_", name)[:_MAX_NAME] or "_"


def _text(text: str) -> list[Block]:
    return [{"text": text}] if text.strip() else []


def _system(model: str, system: SystemPrompt) -> list[Block]:
    if not system.prefix or not catalogue.caches_prefix(model):
        return _text(system.whole)
    return [*_text(system.prefix), {"cachePoint": {"type": "default"}}, *_text(system.text)]


def _spec(tool: ToolSpec) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}, **tool.parameters}
    spec = {"name": tool.name, "inputSchema": {"json": schema}}
    return {**spec, "description": tool.description} if tool.description.strip() else spec
