"""The built-in model goes on with answers that broke off, and sums up conversations."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.builtin.asking import (
    ROOT,
    TODAY,
    TOOLS,
    assistant,
    called,
    reply,
    request,
    said,
    user,
)
from waypost.agents.prompts import CONTINUE, with_passages, with_schema
from waypost.agents.tools import QueryDatabase
from waypost.knowledge import Passage
from waypost.runs.history import Exchange, fit
from waypost.runs.summary import instructions, question
from waypost.warehouse import Database
from waypost.warehouse.query import Caps

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


async def whole() -> str:
    return said(await reply(request(SYSTEM, [user({"text": QUESTION})])))


async def going_on(partial: str) -> str:
    messages = [user({"text": QUESTION}), assistant({"text": partial}), user({"text": CONTINUE})]
    return said(await reply(request(SYSTEM, messages)))


async def test_the_rest_of_an_answer_is_what_was_not_said() -> None:
    text = await whole()
    assert len(text) > 20
    for place in range(1, len(text) + 1):
        assert text[:place] + await going_on(text[:place]) == text


async def test_an_answer_that_was_whole_has_no_rest() -> None:
    text = await whole()
    assert await going_on(f"{text}\n\nSources: [1] leave.md (Leave)") == ""


async def test_another_answer_is_given_apart() -> None:
    assert await going_on("I think that") == f"\n\n{await whole()}"


async def summed_up(before: str, exchanges: list[Exchange], budget: int = 12_000) -> str:
    asked = user({"text": question(before, exchanges, 20_000)})
    return said(await reply(request(instructions(budget), [asked])))


async def test_a_conversation_is_summed_up() -> None:
    exchanges = [
        Exchange("How many <vans>?", "There are 12. They are blue.", "sql", "m1"),
        Exchange("Who drives?", "Mara Lindqvist drives.", "sql", "m2"),
    ]
    assert await summed_up("Before.", exchanges) == (
        "Before.\n"
        "Asked: How many <vans>? Answered: There are 12.\n"
        "Asked: Who drives? Answered: Mara Lindqvist drives."
    )


@pytest.mark.parametrize("text", ["word " * 60, "休暇は年に二十六日あります" * 30, "x" * 2000])
@pytest.mark.parametrize("words", [20, 250])
async def test_a_summary_is_as_short_as_it_is_asked_to_be(text: str, words: int) -> None:
    before = ""
    for number in range(14):
        asked = [Exchange(f"Question {number}?", text, "sql", "m")]
        before = await summed_up(before, asked, budget=words * 12)
        assert len(before.split()) <= words
        assert len(before) <= words * 8
        assert f"Question {number}?" in before


def talk(*turns: str) -> list[dict[str, Any]]:
    """User and assistant in turn, the user first."""
    return [(user, assistant)[n % 2]({"text": text}) for n, text in enumerate(turns)]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("db") / "company.sqlite"
    db = sqlite3.connect(file)
    db.executescript((ROOT / "demo/company.sql").read_text())
    db.commit()
    db.close()
    return file


class Technicians:
    """A question to the company's database, as the agent asks it, whatever was said before."""

    ASKED = "Which technicians are on leave?"

    def __init__(self, path: Path) -> None:
        self.database = Database(path, frozenset({"*"}), Caps(rows=100, seconds=5))
        self.use = QueryDatabase(self.database)

    async def system(self, *questions: str) -> str:
        mentioned = await self.database.mentioned("\n".join(questions))
        return with_schema("Answer.", await self.database.schema(), mentioned, TODAY)

    async def used(self, sql: str) -> list[dict[str, Any]]:
        """The call of the tool, and what it gave."""
        outcome = await self.use({"sql": sql})
        call = {"toolUseId": "call_1", "name": "query_database", "input": {"sql": sql}}
        given = {"toolUseId": "call_1", "content": [{"text": outcome.text}], "status": "success"}
        return [assistant({"toolUse": call}), user({"toolResult": given})]

    async def reply(self, messages: list[dict[str, Any]]) -> tuple[str | None, str]:
        """The SQL of a call, and what is said."""
        pieces = await reply(request(await self.system(self.ASKED), messages, toolConfig=TOOLS))
        return called(pieces), said(pieces)


async def test_an_answer_from_rows_goes_on_without_another_call(company: Path) -> None:
    tech = Technicians(company)
    sql, _ = await tech.reply(talk(tech.ASKED))
    assert sql
    begun = [*talk(tech.ASKED), *await tech.used(sql)]
    _, whole = await tech.reply(begun)
    assert "Nora Byrne" in whole
    for place in range(1, len(whole), 7):
        resumed = [*begun, assistant({"text": whole[:place]}), user({"text": CONTINUE})]
        again, missing = await tech.reply(resumed)
        assert (again, whole[:place] + missing) == (None, whole)


async def test_rows_that_are_not_there_are_asked_for_again(company: Path) -> None:
    tech = Technicians(company)
    sql, _ = await tech.reply(talk(tech.ASKED))
    assert sql
    _, whole = await tech.reply([*talk(tech.ASKED), *await tech.used(sql)])
    broken = talk(tech.ASKED, whole[:9], CONTINUE)
    again, text = await tech.reply(broken)
    assert (again, text) == (sql, "")
    _, missing = await tech.reply([*broken, *await tech.used(sql)])
    assert whole[:9] + missing == whole


async def test_the_first_one_is_that_of_the_newest_turns(company: Path) -> None:
    tech = Technicians(company)
    before = "Asked: Which technicians are electricians? Answered: - Ben Adeyemi"
    listed = "- Nora Byrne\n- Peter Novak"
    history = fit([Exchange(tech.ASKED, listed, "sql", "m1")], before, 12_000)
    messages = [*talk(*(turn.text for turn in history.turns)), *talk("tell me about the first one")]
    sql, _ = await tech.reply(messages)
    assert sql
    assert "Nora" in sql
    assert "Adeyemi" not in sql


@pytest.mark.parametrize("summary", ["They asked about vans.", "How many vans are there?"])
async def test_a_summary_is_no_question(summary: str) -> None:
    before = [
        user({"text": f"<summary>\n{summary}\n</summary>"}),
        assistant({"text": "Understood."}),
    ]
    asked = request(SYSTEM, [*before, user({"text": QUESTION})])
    assert said(await reply(asked)) == await whole()
