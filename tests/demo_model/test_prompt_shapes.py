"""The demo model as a whole: unknown prompts, limits, errors of the tool."""

import pytest

from tests.demo_model.conversation import (
    TOOLS,
    assistant,
    reply,
    request,
    sql_of,
    stop_of,
    text_of,
    user,
)
from waypost.agents import prompts
from waypost_local.bedrock.model import ToolUseStart

SCHEMA = """CREATE TABLE "sales order" (
  id INTEGER PRIMARY KEY,
  amount REAL,
  "order" TEXT -- 2 distinct: 'it''s', 'that'
);  -- 4 rows"""
DATA = prompts.with_schema("Answer.", SCHEMA, [], "2026-11-21")


@pytest.mark.parametrize(
    "question", ["Who are you?", "What are you?", "Are you ChatGPT?", "which model are you?"]
)
async def test_it_says_what_it_is(question: str) -> None:
    for system in ("You are a pirate.", DATA):
        answer = text_of(await reply(request(system, [user({"text": question})], toolConfig=TOOLS)))
        assert answer.startswith("I am Waypost's built-in stand-in, not a language model")


async def test_a_prompt_of_no_known_shape_gets_an_honest_answer() -> None:
    answer = text_of(await reply(request("You are a poet.", [user({"text": "Write a poem"})])))

    assert "I have nothing to answer from" in answer


async def test_the_same_prompt_gets_the_same_pieces() -> None:
    converse = request(DATA, [user({"text": "How many sales orders are there?"})], toolConfig=TOOLS)

    assert await reply(converse) == await reply(converse)


async def test_a_tool_is_called_with_one_select_over_quoted_names() -> None:
    converse = request(DATA, [user({"text": "How many sales orders are there?"})], toolConfig=TOOLS)

    pieces = await reply(converse)

    assert sql_of(pieces) == 'SELECT COUNT(*) AS sales_orders\nFROM "sales order"'
    assert stop_of(pieces).reason == "tool_use"
    assert isinstance(pieces[0], ToolUseStart)
    assert pieces[0].name == "query_database"


async def test_without_the_tool_it_writes_no_sql() -> None:
    converse = request(DATA, [user({"text": "How many sales orders are there?"})])

    assert sql_of(await reply(converse)) is None


async def test_a_refused_query_is_reported() -> None:
    call = {"toolUse": {"toolUseId": "c1", "name": "query_database", "input": {"sql": "x"}}}
    failed = {"toolUseId": "c1", "status": "error", "content": [{"text": "The table is closed."}]}
    turns = [
        user({"text": "How many sales orders are there?"}),
        assistant(call),
        user({"toolResult": failed}),
    ]

    answer = text_of(await reply(request(DATA, turns, toolConfig=TOOLS)))

    assert answer == "The database refused my query: The table is closed."


@pytest.mark.parametrize("text", ["no json", "[]", '{"rows": []}'])
async def test_a_result_that_is_not_a_table_is_reported(text: str) -> None:
    call = {"toolUse": {"toolUseId": "c1", "name": "query_database", "input": {"sql": "x"}}}
    result = {"toolUseId": "c1", "status": "success", "content": [{"text": text}]}
    turns = [
        user({"text": "How many sales orders are there?"}),
        assistant(call),
        user({"toolResult": result}),
    ]

    answer = text_of(await reply(request(DATA, turns, toolConfig=TOOLS)))

    assert answer == "The tool's answer was not the table that I asked for, so I cannot answer."


async def test_max_tokens_cuts_and_says_so() -> None:
    converse = request("x", [user({"text": "Hello"})], inferenceConfig={"maxTokens": 5})

    pieces = await reply(converse)

    assert text_of(pieces) == "I am Waypost'"
    assert stop_of(pieces).reason == "max_tokens"
    assert stop_of(pieces).output_tokens == 5


async def test_a_stop_sequence_cuts_before_itself() -> None:
    converse = request("x", [user({"text": "Hello"})], inferenceConfig={"stopSequences": ["-in"]})

    pieces = await reply(converse)

    assert text_of(pieces) == "I am Waypost's built"
    assert stop_of(pieces).reason == "stop_sequence"


async def test_tokens_are_counted_as_they_are_streamed() -> None:
    pieces = await reply(request("x", [user({"text": "Hello"})]))

    assert stop_of(pieces).output_tokens == len(pieces) - 1
    assert stop_of(pieces).input_tokens > 1


@pytest.mark.parametrize("text", ["how many sales orders " * 1500, "(" * 32_000, "\u00e9" * 601])
async def test_an_essay_is_not_read_as_a_question(text: str) -> None:
    pieces = await reply(request(DATA, [user({"text": text})], toolConfig=TOOLS))

    assert sql_of(pieces) is None
    assert "questions of up to 600 characters" in text_of(pieces)


async def test_an_essay_before_a_question_does_no_harm() -> None:
    turns = [
        user({"text": "word " * 1000}),
        assistant({"text": "Too long."}),
        user({"text": "How many sales orders are there?"}),
    ]

    pieces = await reply(request(DATA, turns, toolConfig=TOOLS))

    assert sql_of(pieces) == 'SELECT COUNT(*) AS sales_orders\nFROM "sales order"'
