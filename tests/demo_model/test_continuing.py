"""The demo model continues incomplete answers, and summarises conversations."""

from pathlib import Path
from typing import Any

import pytest

from tests.demo_model.conversation import (
    TODAY,
    TOOLS,
    assistant,
    open_database,
    reply,
    request,
    sql_of,
    text_of,
    user,
)
from waypost.agents.prompts import CONTINUE, with_passages, with_schema
from waypost.agents.tools import QueryDatabase
from waypost.knowledge import Passage
from waypost.runs.history import Exchange, fit
from waypost.runs.summary import instructions, question

PASSAGES = [
    Passage(
        id="leave.md#1",
        document="leave.md",
        title="Leave",
        heading="Leave",
        text="Everybody has 26 days of leave in a year. Leave that is left over ends in March.",
    )
]
QUESTION = "How many days of leave does everybody have?"
SYSTEM = with_passages("Answer from the passages.", PASSAGES)


async def whole_answer() -> str:
    return text_of(await reply(request(SYSTEM, [user({"text": QUESTION})])))


async def continue_from(partial: str) -> str:
    messages = [user({"text": QUESTION}), assistant({"text": partial}), user({"text": CONTINUE})]
    return text_of(await reply(request(SYSTEM, messages)))


async def test_the_continuation_is_the_missing_rest_of_the_answer() -> None:
    text = await whole_answer()
    assert len(text) > 20
    for place in range(1, len(text) + 1):
        assert text[:place] + await continue_from(text[:place]) == text


async def test_a_complete_answer_has_an_empty_continuation() -> None:
    text = await whole_answer()
    assert await continue_from(f"{text}\n\nSources: [1] leave.md (Leave)") == ""


async def test_after_another_answer_the_whole_one_follows() -> None:
    assert await continue_from("I think that") == f"\n\n{await whole_answer()}"


async def summarise(before: str, exchanges: list[Exchange], budget: int = 12_000) -> str:
    message = user({"text": question(before, exchanges, 20_000)})
    return text_of(await reply(request(instructions(budget), [message])))


async def test_a_conversation_is_summarised() -> None:
    exchanges = [
        Exchange("How many <vans>?", "There are 12. They are blue.", "sql", "m1"),
        Exchange("Who drives?", "Mara Lindqvist drives.", "sql", "m2"),
    ]
    assert await summarise("Before.", exchanges) == (
        "Before.\n"
        "Asked: How many <vans>? Answered: There are 12.\n"
        "Asked: Who drives? Answered: Mara Lindqvist drives."
    )


@pytest.mark.parametrize("text", ["word " * 60, "休暇は年に二十六日あります" * 30, "x" * 2000])
@pytest.mark.parametrize("words", [20, 250])
async def test_a_summary_keeps_to_its_budget(text: str, words: int) -> None:
    before = ""
    for number in range(14):
        exchanges = [Exchange(f"Question {number}?", text, "sql", "m")]
        before = await summarise(before, exchanges, budget=words * 12)
        assert len(before.split()) <= words
        assert len(before) <= words * 8
        assert f"Question {number}?" in before


def talk(*turns: str) -> list[dict[str, Any]]:
    """User and assistant in turn, the user first."""
    return [(user, assistant)[n % 2]({"text": text}) for n, text in enumerate(turns)]


class Technicians:
    """A question to the company's database, sent as the agent sends it."""

    QUESTION = "Which technicians are on leave?"

    def __init__(self, path: Path) -> None:
        self.database = open_database(path)
        self.query_database = QueryDatabase(self.database)

    async def system(self, *questions: str) -> str:
        mentioned = await self.database.mentioned("\n".join(questions))
        return with_schema("Answer.", await self.database.schema(), mentioned, TODAY)

    async def tool_messages(self, sql: str) -> list[dict[str, Any]]:
        """The call of the tool, and its result."""
        outcome = await self.query_database({"sql": sql})
        call = {"toolUseId": "call_1", "name": "query_database", "input": {"sql": sql}}
        result = {"toolUseId": "call_1", "content": [{"text": outcome.text}], "status": "success"}
        return [assistant({"toolUse": call}), user({"toolResult": result})]

    async def reply(self, messages: list[dict[str, Any]]) -> tuple[str | None, str]:
        """The SQL of the tool call, and the text."""
        pieces = await reply(request(await self.system(self.QUESTION), messages, toolConfig=TOOLS))
        return sql_of(pieces), text_of(pieces)


async def test_an_answer_from_rows_continues_without_another_call(company: Path) -> None:
    tech = Technicians(company)
    sql, _ = await tech.reply(talk(tech.QUESTION))
    assert sql
    begun = [*talk(tech.QUESTION), *await tech.tool_messages(sql)]
    _, whole = await tech.reply(begun)
    assert "Nora Byrne" in whole
    for place in range(1, len(whole), 7):
        resumed = [*begun, assistant({"text": whole[:place]}), user({"text": CONTINUE})]
        again, missing = await tech.reply(resumed)
        assert (again, whole[:place] + missing) == (None, whole)


async def test_rows_that_are_missing_are_queried_again(company: Path) -> None:
    tech = Technicians(company)
    sql, _ = await tech.reply(talk(tech.QUESTION))
    assert sql
    _, whole = await tech.reply([*talk(tech.QUESTION), *await tech.tool_messages(sql)])
    broken = talk(tech.QUESTION, whole[:9], CONTINUE)
    again, text = await tech.reply(broken)
    assert (again, text) == (sql, "")
    _, missing = await tech.reply([*broken, *await tech.tool_messages(sql)])
    assert whole[:9] + missing == whole


async def test_the_first_one_is_that_of_the_newest_turns(company: Path) -> None:
    tech = Technicians(company)
    before = "Asked: Which technicians are electricians? Answered: - Ben Adeyemi"
    listed = "- Nora Byrne\n- Peter Novak"
    history = fit([Exchange(tech.QUESTION, listed, "sql", "m1")], before, 12_000)
    messages = [*talk(*(turn.text for turn in history.turns)), *talk("tell me about the first one")]
    sql, _ = await tech.reply(messages)
    assert sql
    assert "status = 'on leave'" in sql
    assert "LIMIT 1 OFFSET 0" in sql


@pytest.mark.parametrize("summary", ["They asked about vans.", "How many vans are there?"])
async def test_a_summary_is_no_question(summary: str) -> None:
    before = [
        user({"text": f"<summary>\n{summary}\n</summary>"}),
        assistant({"text": "Understood."}),
    ]
    converse = request(SYSTEM, [*before, user({"text": QUESTION})])
    assert text_of(await reply(converse)) == await whole_answer()
