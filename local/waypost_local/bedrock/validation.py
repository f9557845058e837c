"""The checks that Bedrock makes of a Converse request before it asks a model."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

from waypost_local.bedrock.model import ConverseRequest, invalid

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TOOLS_IN_ONE_PIECE = ("meta.", "mistral.", "writer.")
_FIXED_TEMPERATURE = ("anthropic.claude-opus-4-7", "anthropic.claude-opus-5")
_SYSTEM_BLOCKS = {"text", "cachePoint", "guardContent"}


def check(request: ConverseRequest, *, streamed: bool = False) -> None:
    """Raises BedrockError: ValidationException, with the path of the first error."""
    body = request.body
    _check_model(request, streamed=streamed)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("The messages field must be a list with at least one message.")
    for index, message in enumerate(messages):
        _check_message(f"messages.{index}", message)
    _check_roles(messages)
    _check_tools(body, messages)
    _check_limits(body.get("inferenceConfig") or {})
    for index, block in enumerate(body.get("system") or []):
        if not isinstance(block, dict) or not _SYSTEM_BLOCKS & set(block):
            raise invalid(f"system.{index} must be a text, a cachePoint or a guardContent.")
        if block.get("text", "-") == "":
            raise invalid(f"The text field in the SystemContentBlock at system.{index} is blank.")


def _check_model(request: ConverseRequest, *, streamed: bool) -> None:
    """What single models do not take."""
    model = re.sub(r"^(us|eu|apac|jp|au|global)\.", "", request.model_id.rpartition("/")[2])
    if streamed and request.tools and model.startswith(_TOOLS_IN_ONE_PIECE):
        raise invalid("This model doesn't support tool use in streaming mode.")
    if request.temperature is not None and model.startswith(_FIXED_TEMPERATURE):
        raise invalid("The model returned the following errors: `temperature` is deprecated.")


def _check_message(path: str, message: Any) -> None:
    if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
        raise invalid(f"{path}.role must be one of user, assistant.")
    content = message.get("content")
    if not isinstance(content, list) or not content:
        raise invalid(f"The content field in the Message object at {path} is empty.")
    for index, block in enumerate(content):
        block_path = f"{path}.content.{index}"
        if not isinstance(block, dict) or not block:
            raise invalid(
                f"The ContentBlock object at {block_path} must have one of its fields set."
            )
        text = block.get("text", "-")
        if not isinstance(text, str) or not text.strip():
            raise invalid(f"The text field in the ContentBlock object at {block_path} is blank.")
        if name := block.get("toolUse", {}).get("name"):
            _check_name(f"{block_path}.toolUse.name", name)
        for part in block.get("toolResult", {}).get("content", ()):
            if not str(part.get("text", "-")).strip():
                raise invalid(f"The text field in the toolResult at {block_path} is blank.")


def _check_name(path: str, name: Any) -> None:
    if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
        raise invalid(
            f"Value {name!r} at '{path}' failed to satisfy constraint: Member must satisfy "
            f"regular expression pattern: {_TOOL_NAME.pattern}"
        )


def _check_roles(messages: list[dict[str, Any]]) -> None:
    if messages[0]["role"] != "user":
        raise invalid("A conversation must start with a user message.")
    if messages[-1]["role"] != "user":
        raise invalid("The conversation must end with a user message.")
    for index, (message, following) in enumerate(itertools.pairwise(messages), 1):
        if message["role"] == following["role"]:
            raise invalid(f"Roles must alternate: messages.{index} repeats {following['role']}.")


def _check_tools(body: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    names = [tool.get("toolSpec", {}).get("name", "-") for tool in _tools(body)]
    for name in names:
        _check_name("toolConfig.tools.member.toolSpec.name", name)
    if len(set(names)) < len(names):
        raise invalid("The tools of toolConfig must have different names.")
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        answered = {block["toolUseId"] for block in _blocks(message, "toolResult")}
        if answered != open_calls:
            raise invalid(
                f"messages.{index}: each toolUse must be answered by one toolResult with its "
                "toolUseId in the next message, and nothing else may be."
            )
        open_calls = {block["toolUseId"] for block in _blocks(message, "toolUse")}
    used = any(_blocks(m, "toolUse") or _blocks(m, "toolResult") for m in messages)
    if used and not body.get("toolConfig"):
        raise invalid(
            "The toolConfig field must be defined when using toolUse and toolResult content blocks."
        )


def _tools(body: dict[str, Any]) -> list[dict[str, Any]]:
    return (body.get("toolConfig") or {}).get("tools") or []


def _blocks(message: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return list(_found(message["content"], kind))


def _found(content: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    for block in content:
        if isinstance(found := block.get(kind), dict):
            if not isinstance(found.get("toolUseId"), str):
                raise invalid(f"A {kind} block must have a toolUseId.")
            yield found


def _check_limits(limits: dict[str, Any]) -> None:
    max_tokens = limits.get("maxTokens", 1)
    if not isinstance(max_tokens, int) or isinstance(max_tokens, bool) or max_tokens < 1:
        raise invalid("inferenceConfig.maxTokens must be greater than or equal to 1.")
    for name in ("temperature", "topP"):
        value = limits.get(name, 0)
        if not isinstance(value, int | float) or not 0 <= value <= 1:
            raise invalid(f"inferenceConfig.{name} must be between 0 and 1.")
    if not all(isinstance(s, str) and s for s in limits.get("stopSequences") or []):
        raise invalid("inferenceConfig.stopSequences must be non-empty strings.")
