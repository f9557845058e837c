"""Tools of an MCP server: called by name, or where a question fits one's name and description."""

import json
import re
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from waypost_local.bedrock.model import Piece, TextPiece, ToolUseInput, ToolUseStart
from waypost_local.demo_model.words import content, stem

_OF_SERVER = re.compile(r"[\w-]+__([\w-]+)")
_USE = re.compile(
    r"^\W*(?:please )?(?:use|call|run)(?: the)?(?: tool)? `?([\w-]+)`?(?: tool)?\b", re.I
)
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])")
_QUOTED = re.compile(r"[\"'\u201c`]([^\"'\u201d`]+)[\"'\u201d`]")
_FITTING = 0.75
"""The share of a question's words that a tool's name and description hold, where it is called."""


def answer(
    tools: Sequence[dict[str, Any]], question: str, results: Sequence[dict[str, Any]]
) -> list[Piece]:
    """A call of the tool that the question is for, or its result in words; nothing for others."""
    offered = [tool for tool in tools if _OF_SERVER.fullmatch(tool["name"])]
    named = _USE.search(question)
    tool = _named(offered, named[1]) if named else _fitting(offered, question)
    if tool is None:
        return _unknown(offered, named[1]) if named and offered else []
    short = _short(tool)
    if results:
        return [TextPiece(f"{short.replace('_', ' ').capitalize()}: {_text(results[-1])}")]
    arguments = _arguments(tool, question[named.end() :] if named else question)
    if missing := [name for name in _required(tool) if name not in arguments]:
        if not named:
            return []
        wanted = ", ".join(f"`{name}`" for name in missing)
        return [TextPiece(f"I cannot call `{short}`: the question does not say {wanted}.")]
    call = f"call_1_{crc32(json.dumps([tool['name'], arguments]).encode()):08x}"
    return [ToolUseStart(call, tool["name"]), ToolUseInput(json.dumps(arguments))]


def _named(offered: Sequence[dict[str, Any]], name: str) -> dict[str, Any] | None:
    wanted = name.lower().replace("-", "_")
    return next(
        (t for t in offered if wanted in {t["name"].lower(), _short(t).lower()}),
        None,
    )


def _unknown(offered: Sequence[dict[str, Any]], name: str) -> list[Piece]:
    if "_" not in name:
        return []
    there = ", ".join(f"`{_short(tool)}`" for tool in offered)
    return [TextPiece(f"I cannot call `{name}`: there is no such tool. There are {there}.")]


def _fitting(offered: Sequence[dict[str, Any]], question: str) -> dict[str, Any] | None:
    """The one whose own words hold the most of the question's, and most of them."""
    plain = _NUMBER.sub(" ", _DATE.sub(" ", _QUOTED.sub(" ", question)))
    asked = content(plain)
    if len(asked) < 2:
        return None
    shares = [(sum(word in _words(tool) for word in asked) / len(asked), tool) for tool in offered]
    best = max(shares, key=lambda one: one[0], default=(0.0, None))
    return best[1] if best[0] >= _FITTING else None


def _words(tool: dict[str, Any]) -> set[str]:
    text = f"{_short(tool)} {tool.get('description', '')} {json.dumps(_properties(tool))}"
    return {stem(word) for word in re.findall(r"[a-z]+", text.replace("_", " ").lower())}


def _short(tool: dict[str, Any]) -> str:
    found = _OF_SERVER.fullmatch(tool["name"])
    return found[1] if found else str(tool["name"])


def _properties(tool: dict[str, Any]) -> dict[str, dict[str, Any]]:
    schema = tool.get("inputSchema", {}).get("json", {})
    found: dict[str, dict[str, Any]] = schema.get("properties", {})
    return found


def _required(tool: dict[str, Any]) -> list[str]:
    return list(tool.get("inputSchema", {}).get("json", {}).get("required", []))


def _arguments(tool: dict[str, Any], text: str) -> dict[str, Any]:
    """Values in the order of the parameters: the next date, number, allowed word or quoted text."""
    dates = _DATE.findall(text)
    numbers = [float(n) for n in _NUMBER.findall(_DATE.sub(" ", text))]
    quoted = _QUOTED.findall(text)
    found: dict[str, Any] = {}
    for name, schema in _properties(tool).items():
        if allowed := schema.get("enum"):
            words = [w for w in re.findall(r"\w+", text.lower()) if w in map(str, allowed)]
            if words:
                found[name] = words[-1]
        elif schema.get("format") == "date":
            if dates:
                found[name] = dates.pop(0)
        elif schema.get("type") in {"number", "integer"}:
            if numbers:
                value = numbers.pop(0)
                found[name] = int(value) if schema["type"] == "integer" else value
        elif schema.get("type") == "string" and quoted:
            found[name] = quoted.pop(0)
    return found


def _text(result: dict[str, Any]) -> str:
    texts = [block.get("text") or json.dumps(block.get("json")) for block in result["content"]]
    return " ".join(texts)
