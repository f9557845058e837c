"""What models do not take: left out of a call to them.

Some of it is known of a family, the rest is learned in this process: Bedrock says what a model has
refused, and the call is made once more without it.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from waypost.models import catalogue

Parameters = dict[str, Any]
_learned: dict[str, set[str]] = {}


def adapted(asked: Parameters) -> tuple[Parameters, bool]:
    """The parameters as the model takes them, and whether its answer can be streamed."""
    model = asked["modelId"]
    refused = _learned.get(model, set())
    params = dict(asked)
    for name in refused:
        params = _LEFT_OUT[name](params)
    tools_in_one_piece = "toolConfig" in params and not catalogue.streams_tools(model)
    return params, not ({"tool_streaming", "streaming"} & refused or tools_in_one_piece)


def learn(model: str, error: ClientError) -> bool:
    """Whether the model may take the call without what it has refused."""
    found = error.response.get("Error", {})
    if found.get("Code") != "ValidationException":
        return False
    name = _refused(str(found.get("Message", "")).lower())
    refused = _learned.setdefault(model, set())
    if name is None or name in refused:
        return False
    refused.add(name)
    return True


def _refused(message: str) -> str | None:
    """What a message of Bedrock's says that the model does not take."""
    denies = ("support", "deprecat", "not allowed", "not permitted", "not available")
    if not any(word in message for word in denies):
        return None
    if "stream" in message:
        return "tool_streaming" if "tool" in message else "streaming"
    if "system" in message:
        return "system"
    if "cachepoint" in message or "caching" in message:
        return "cache_points"
    return "temperature" if "temperature" in message else None


def _same(params: Parameters) -> Parameters:
    return params


def _without_temperature(params: Parameters) -> Parameters:
    config = {n: v for n, v in params["inferenceConfig"].items() if n != "temperature"}
    return {**params, "inferenceConfig": config}


def _without_cache_points(params: Parameters) -> Parameters:
    blocks = [block for block in params.get("system", ()) if "cachePoint" not in block]
    return {**params, "system": blocks} if blocks else params


def _without_system(params: Parameters) -> Parameters:
    """The instructions stand before the first message instead."""
    texts = [block for block in params.get("system", ()) if "text" in block]
    first, *others = params["messages"]
    told = {**first, "content": [*texts, *first["content"]]}
    rest = {name: value for name, value in params.items() if name != "system"}
    return {**rest, "messages": [told, *others]}


_LEFT_OUT: dict[str, Callable[[Parameters], Parameters]] = {
    "temperature": _without_temperature,
    "cache_points": _without_cache_points,
    "system": _without_system,
    "tool_streaming": _same,
    "streaming": _same,
}
