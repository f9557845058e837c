"""Questions to three databases, each checked against SQL that a person wrote."""

from pathlib import Path

import pytest

from tests.demo_model.conversation import (
    CHINOOK,
    HERE,
    Conversation,
    DatabaseAnswer,
    build_database,
    questions,
    same_rows,
)


@pytest.fixture(scope="session")
def fieldwork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fieldwork") / "fieldwork.sqlite"
    return build_database(HERE / "fieldwork.sql", path)


def check(
    conversation: Conversation, answer: DatabaseAnswer, expected: str, *, or_refused: bool
) -> None:
    """`expected` is `refused`, `says: ` with texts of the answer, or a query for its rows."""
    if expected == "refused" or (or_refused and answer.sql is None):
        assert answer.sql is None, answer.sql
    elif expected.startswith("says: "):
        for text in expected.removeprefix("says: ").split("; "):
            assert text.lower() in answer.text.lower(), answer
    else:
        assert same_rows(answer.rows, conversation.expected_rows(expected)), answer
        assert answer.text


@pytest.mark.parametrize("line", questions("company"), ids=lambda line: line[0])
async def test_the_demo_company(company: Path, line: list[str]) -> None:
    conversation = Conversation(company)
    question, expected, *rest = line
    check(conversation, await conversation.ask(question), expected, or_refused=bool(rest))


@pytest.mark.parametrize("line", questions("fieldwork"), ids=lambda line: line[0])
async def test_a_schema_without_declared_keys(fieldwork: Path, line: list[str]) -> None:
    conversation = Conversation(fieldwork)
    question, expected, *rest = line
    check(conversation, await conversation.ask(question), expected, or_refused=bool(rest))


@pytest.mark.parametrize("line", questions("chinook"), ids=lambda line: line[0])
async def test_a_music_shop(line: list[str]) -> None:
    conversation = Conversation(CHINOOK)
    question, expected, *rest = line
    check(conversation, await conversation.ask(question), expected, or_refused=bool(rest))
