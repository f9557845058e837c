"""A Converse request as the body of a chat completion."""

import json
from collections.abc import Iterator
from typing import Any

from waypost_local.bedrock.model import ConverseRequest, invalid, texts


def request_body(model: str, request: ConverseRequest) -> dict[str, Any]:
    """Raises BedrockError where a block has no counterpart: images, documents, video."""
    body: dict[str, Any] = {
        "model": model,
        "messages": list(_messages(request)),
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": request.stop_sequences or None,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        body["tool_choice"] = _choice(request.body["toolConfig"].get("toolChoice"))
    return {name: value for name, value in body.items() if value is not None}


def _messages(request: ConverseRequest) -> Iterator[dict[str, Any]]:
    if request.system_text:
        yield {"role": "system", "content": request.system_text}
    for message in request.messages:
        for block in message["content"]:
            _check_block(block)
        if message["role"] == "assistant":
            yield _assistant(message)
        else:
            yield from _user(message)


def _assistant(message: dict[str, Any]) -> dict[str, Any]:
    calls = [block["toolUse"] for block in message["content"] if "toolUse" in block]
    turn: dict[str, Any] = {"role": "assistant", "content": "".join(texts(message)) or None}
    if calls:
        turn["tool_calls"] = [
            {
                "id": call["toolUseId"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call.get("input", {}))},
            }
            for call in calls
        ]
    return turn


def _user(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for block in message["content"]:
        if result := block.get("toolResult"):
            content = "\n".join(map(_result, result.get("content") or []))
            prefix = "Error: " if result.get("status") == "error" else ""
            yield {
                "role": "tool",
                "tool_call_id": result["toolUseId"],
                "content": prefix + content,
            }
    if text := "\n".join(texts(message)):
        yield {"role": "user", "content": text}


def _result(block: dict[str, Any]) -> str:
    if "json" in block:
        return json.dumps(block["json"], ensure_ascii=False)
    return str(block.get("text", ""))


def _check_block(block: dict[str, Any]) -> None:
    for kind in ("image", "document", "video", "audio"):
        if kind in block:
            raise invalid(f"This model takes no {kind}.")


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = {
        "name": tool["name"],
        "description": tool.get("description", ""),
        "parameters": tool["inputSchema"]["json"],
    }
    return {"type": "function", "function": function}


def _choice(choice: dict[str, Any] | None) -> Any:
    match choice:
        case {"any": _}:
            return "required"
        case {"tool": {"name": name}}:
            return {"type": "function", "function": {"name": name}}
    return None
