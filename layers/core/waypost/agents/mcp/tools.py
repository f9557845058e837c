"""Tools of MCP servers as the agent's own: `<server>__<tool>`."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from waypost.agents.mcp.server import MAX_RESULT_CHARACTERS, McpServer, McpToolSpec
from waypost.agents.mcp.transport import McpError
from waypost.agents.tools import Tool, ToolResult, tool_failure
from waypost.json_values import plain
from waypost.models.turns import ToolSpec

_MAX_NAME = 64
"""Bedrock takes names of up to 64 letters, digits, `_` and `-`."""
_MAX_DESCRIPTION = 2_000


class McpTool:
    def __init__(self, server: McpServer, remote: McpToolSpec, name: str) -> None:
        self._server = server
        self._name = remote.name
        self.spec = ToolSpec(
            name,
            remote.description[:_MAX_DESCRIPTION] or remote.name,
            {"type": "object", "properties": {}, **remote.parameters},
        )

    async def __call__(self, arguments: dict[str, Any]) -> ToolResult:
        try:
            result = await self._server.call(self._name, arguments)
        except McpError as error:
            return tool_failure(str(error))
        if result.failed:
            return tool_failure(result.text or "The tool failed.")
        output = plain(result.text if result.structured is None else result.structured)
        if len(json.dumps(output)) > MAX_RESULT_CHARACTERS:
            output = result.text
        return ToolResult(text=result.text, output=output)


def mcp_tools(listed: Sequence[tuple[str, McpServer, Sequence[McpToolSpec]]]) -> dict[str, Tool]:
    """The tools of servers, by the name that a model calls them by."""
    remote = {(name, spec.name): (server, spec) for name, server, specs in listed for spec in specs}
    names = _tool_names(list(remote))
    return {names[key]: McpTool(*found, names[key]) for key, found in remote.items()}


def _tool_names(tools: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """A name for each tool of a server, in whatever order they are listed.

    Tools whose names would be equal carry a part of a hash of what they are called by themselves.
    """
    cleaned = {tool: re.sub(r"[^A-Za-z0-9_-]", "_", "__".join(tool)) for tool in tools}
    counts = Counter(name[:_MAX_NAME] for name in cleaned.values())
    marks = {tool: "" if counts[cleaned[tool][:_MAX_NAME]] == 1 else _mark(tool) for tool in tools}
    return {tool: cleaned[tool][: _MAX_NAME - len(marks[tool])] + marks[tool] for tool in tools}


def _mark(tool: tuple[str, str]) -> str:
    return "_" + hashlib.sha256("\n".join(tool).encode()).hexdigest()[:8]
