"""A real MCP server, by the protocol's own package. Prints its port and serves until it is ended.

Its one argument is the response mode: `json`, `stream`, or `stateless`.
"""

import socket
import sys

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("weather", log_level="ERROR")


@server.tool()
def forecast(city: str, days: int = 1) -> str:
    """The weather of the coming days."""
    return f"{city}: sunny for {days} days"


@server.tool()
def stations(country: str) -> dict[str, int]:
    """How many stations there are."""
    return {country: 12}


@server.tool()
def broken() -> str:
    """Always fails."""
    raise ToolError("the barometer is gone")


def main(mode: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    app = server.streamable_http_app(
        json_response=mode == "json", stateless_http=mode == "stateless"
    )
    print(listening.getsockname()[1], flush=True)  # noqa: T201
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
