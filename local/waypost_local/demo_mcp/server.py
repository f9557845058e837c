"""The demonstration's tools, which are small and always give the same."""

import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Literal

from waypost_local import child_server

NAMES = ("demo", "joerup/exa-mcp")
"""What requests may call it."""
_LONGEST = 36_600
_KILOWATTS = {"good": 0.05, "fair": 0.08, "poor": 0.12}


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """Starts the process; yields the server's address."""
    async with child_server.serving(__name__) as address:
        yield f"{address}/mcp"


def working_days(start: date, end: date) -> int:
    """How many working days, Monday to Friday, there are between two dates, both counted."""
    days = (end - start).days + 1
    if not 0 <= days <= _LONGEST:
        raise ValueError("The end is before the start, or more than a hundred years behind it.")
    return sum((start + timedelta(days=n)).weekday() < 5 for n in range(days))


def convert_temperature(degrees: float, to: Literal["celsius", "fahrenheit"]) -> float:
    """Converts a temperature in degrees to celsius or to fahrenheit."""
    converted = (degrees - 32) * 5 / 9 if to == "celsius" else degrees * 9 / 5 + 32
    return round(converted, 1)


def heat_pump_size(square_metres: float, insulation: Literal["good", "fair", "poor"]) -> str:
    """The size of the heat pump that a house needs, by its square metres and insulation."""
    return f"{square_metres * _KILOWATTS[insulation]:.1f} kW"


def warranty_end(installed: date, months: int) -> date:
    """The day on which a warranty ends, by the date when it was installed and its months."""
    index = installed.year * 12 + installed.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return min(first + timedelta(days=installed.day - 1), following - timedelta(days=1))


def gross_amount(net: float, tax_percent: float) -> float:
    """The gross amount of an invoice, by its net amount and its tax in percent."""
    return round(net * (1 + tax_percent / 100), 2)


TOOLS = (working_days, convert_temperature, heat_pump_size, warranty_end, gross_amount)


def serve(descriptor: int) -> None:
    import uvicorn
    from mcp.server.mcpserver import MCPServer

    child_server.end_with_parent()
    server = MCPServer("demo", log_level="ERROR")
    for tool in TOOLS:
        server.tool()(tool)
    app = server.streamable_http_app(stateless_http=True, json_response=True)
    listening = socket.socket(fileno=descriptor)
    uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[listening])


if __name__ == "__main__":
    serve(int(sys.argv[1]))
