"""Tools of an MCP server, called by the demo model."""

import json
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer

from tests.demo_model.conversation import assistant, reply, request, text_of, user
from waypost_local.bedrock.model import Piece, ToolUseInput, ToolUseStart
from waypost_local.demo_mcp.server import TOOLS as DEMO_TOOLS


async def tool_config() -> dict[str, Any]:
    """The demonstration server's tools, as an agent offers them."""
    server = MCPServer("demo", log_level="ERROR")
    for tool in DEMO_TOOLS:
        server.tool()(tool)
    specs = [
        {
            "toolSpec": {
                "name": f"demo__{tool.name}",
                "description": tool.description or "",
                "inputSchema": {"json": tool.input_schema},
            }
        }
        for tool in await server.list_tools()
    ]
    return {"tools": specs}


def call_of(pieces: list[Piece]) -> tuple[str, dict[str, Any]] | None:
    names = [piece.name for piece in pieces if isinstance(piece, ToolUseStart)]
    arguments = "".join(piece.delta for piece in pieces if isinstance(piece, ToolUseInput))
    return (names[0], json.loads(arguments)) if names else None


@pytest.mark.parametrize(
    ("question", "name", "arguments"),
    [
        (
            "use convert_temperature 100 to fahrenheit",
            "convert_temperature",
            {"degrees": 100, "to": "fahrenheit"},
        ),
        (
            "Convert the temperature of -4.5 degrees to fahrenheit",
            "convert_temperature",
            {"degrees": -4.5, "to": "fahrenheit"},
        ),
        (
            "How many working days are there between 2026-11-02 and 2026-11-30?",
            "working_days",
            {"start": "2026-11-02", "end": "2026-11-30"},
        ),
        (
            "Use the tool `demo__gross_amount` for 200 and 19",
            "gross_amount",
            {"net": 200, "tax_percent": 19},
        ),
        (
            "Which size of heat pump does a house of 120 square metres with poor insulation need?",
            "heat_pump_size",
            {"square_metres": 120, "insulation": "poor"},
        ),
    ],
)
async def test_a_tool_is_called_by_its_name_or_what_it_does(
    question: str, name: str, arguments: dict[str, Any]
) -> None:
    pieces = await reply(request("x", [user({"text": question})], toolConfig=await tool_config()))

    assert call_of(pieces) == (f"demo__{name}", arguments)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("use convert_temperature to fahrenheit", "does not say `degrees`"),
        ("use send_rocket now", "there is no such tool. There are `working_days`"),
    ],
)
async def test_a_call_that_cannot_be_made_says_why(question: str, said: str) -> None:
    pieces = await reply(request("x", [user({"text": question})], toolConfig=await tool_config()))

    assert said in text_of(pieces)


@pytest.mark.parametrize(
    "question", ["What are the working hours?", "How many technicians are there?", "Hello"]
)
async def test_a_question_for_no_tool_calls_none(question: str) -> None:
    pieces = await reply(request("x", [user({"text": question})], toolConfig=await tool_config()))

    assert call_of(pieces) is None


async def test_the_result_is_the_answer() -> None:
    call = {"toolUse": {"toolUseId": "c1", "name": "demo__working_days", "input": {}}}
    result = {"toolUseId": "c1", "status": "success", "content": [{"text": "21"}]}
    turns = [
        user({"text": "use working_days 2026-11-02 2026-11-30"}),
        assistant(call),
        user({"toolResult": result}),
    ]

    answer = text_of(await reply(request("x", turns, toolConfig=await tool_config())))

    assert answer == "Working days: 21"
