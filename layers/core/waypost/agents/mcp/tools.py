"""Tools of MCP servers as the agent's own: `<server>__<tool>`."""

import json
import re
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


async def mcp_tools(name: str, server: McpServer) -> dict[str, Tool]:
    """The tools of a server, by the name that a model calls them by. Raises McpError."""
    found: dict[str, Tool] = {}
    for tool in await server.tools():
        tool_name = _tool_name(name, tool.name)
        found.setdefault(tool_name, McpTool(server, tool, tool_name))
    return found


def _tool_name(server: str, tool: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", f"{server}__{tool}")[:_MAX_NAME]
