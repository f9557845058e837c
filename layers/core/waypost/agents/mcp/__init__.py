"""Tools of MCP servers, over the protocol's streamable HTTP transport.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
"""

from waypost.agents.mcp.server import McpServer
from waypost.agents.mcp.transport import McpError

__all__ = ["McpError", "McpServer"]
