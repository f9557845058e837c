"""A real MCP server, by the protocol's own package. Prints its port and serves until it is ended.

Its one argument is the response mode: `json`, `stream`, `polled` or `stateless`. In the mode
`polled` a stream is closed before its answer is there, and the client must come back for it.
"""

import socket
import sys
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore

server = MCPServer("weather", log_level="ERROR")


class StoredEvents(EventStore):
    """Every stream's events, in memory."""

    def __init__(self) -> None:
        self._events: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        self._events.append((stream_id, message))
        return str(len(self._events))

    async def replay_events_after(self, last_event_id: str, send: EventCallback) -> str | None:
        stream_id = self._events[int(last_event_id) - 1][0]
        for number, (stream, message) in enumerate(self._events, 1):
            if stream == stream_id and number > int(last_event_id) and message is not None:
                await send(EventMessage(message, str(number)))
        return stream_id


@server.tool()
async def forecast(city: str, ctx: Context, days: int = 1) -> str:
    """The weather of the coming days."""
    await ctx.close_sse_stream()
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
        json_response=mode == "json",
        stateless_http=mode == "stateless",
        event_store=StoredEvents() if mode == "polled" else None,
        retry_interval=100,
    )
    print(listening.getsockname()[1], flush=True)  # noqa: T201
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
