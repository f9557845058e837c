"""The built-in model goes on with answers that broke off, and sums up conversations."""

import pytest

from tests.builtin.asking import assistant, reply, request, said, user
from waypost.agents.prompts import CONTINUE, with_passages
from waypost.knowledge import Passage
from waypost.runs.history import Exchange
from waypost.runs.summary import _SYSTEM, _question

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


async def test_a_conversation_is_summed_up() -> None:
    exchanges = (
        Exchange("How many <vans>?", "There are 12. They are blue.", "sql", "m1"),
        Exchange("Who drives?", "Mara Lindqvist drives.", "sql", "m2"),
    )
    text = said(await reply(request(_SYSTEM, [user({"text": _question("Before.", exchanges)})])))
    assert text == (
        "Before.\n"
        "Asked: How many <vans>? Answered: There are 12.\n"
        "Asked: Who drives? Answered: Mara Lindqvist drives."
    )


async def test_a_summary_stays_short() -> None:
    exchanges = tuple(Exchange(f"Question {n}?", "word " * 60, "sql", "m") for n in range(14))
    text = said(await reply(request(_SYSTEM, [user({"text": _question("", exchanges)})])))
    assert len(text.split()) <= 250
    assert "Question 13?" in text


@pytest.mark.parametrize("summary", ["They asked about vans.", "How many vans are there?"])
async def test_a_summary_is_no_question(summary: str) -> None:
    before = [
        user({"text": f"<summary>\n{summary}\n</summary>"}),
        assistant({"text": "Understood."}),
    ]
    asked = request(SYSTEM, [*before, user({"text": QUESTION})])
    assert said(await reply(asked)) == await whole()
