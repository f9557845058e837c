"""Tools of MCP servers as the agent's own: `<server>__<tool>`."""

import json
import re
from typing import Any

from waypost.agents.mcp.server import LONGEST_RESULT, Offered, Server
from waypost.agents.mcp.wire import McpError
from waypost.agents.tools import Outcome, Tool, failure
from waypost.models.turns import ToolSpec

_LONGEST_NAME = 64
"""Bedrock takes names of up to 64 letters, digits, `_` and `-`."""
_LONGEST_DESCRIPTION = 2_000


class McpTool:
    def __init__(self, server: Server, offered: Offered, name: str) -> None:
        self._server = server
        self._name = offered.name
        self.spec = ToolSpec(
            name,
            offered.description[:_LONGEST_DESCRIPTION] or offered.name,
            {"type": "object", "properties": {}, **offered.parameters},
        )

    async def __call__(self, arguments: dict[str, Any]) -> Outcome:
        try:
            result = await self._server.call(self._name, arguments)
        except McpError as error:
            return failure(str(error))
        if result.failed:
            return failure(result.text or "The tool failed.")
        output = result.text if result.structured is None else result.structured
        if len(json.dumps(output)) > LONGEST_RESULT:
            output = result.text
        return Outcome(text=result.text, output=output)


async def offered(name: str, server: Server) -> dict[str, Tool]:
    """The tools of a server, by the name that a model calls them by. Raises McpError."""
    found: dict[str, Tool] = {}
    for tool in await server.tools():
        called = _called(name, tool.name)
        found.setdefault(called, McpTool(server, tool, called))
    return found


def _called(server: str, tool: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", f"{server}__{tool}")[:_LONGEST_NAME]
