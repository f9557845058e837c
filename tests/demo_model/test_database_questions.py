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


def check(conversation: Conversation, answer: DatabaseAnswer, expected: str) -> None:
    """`expected` is `refused`, `says: ` with texts of the answer, or a query for its rows."""
    if expected == "refused":
        assert answer.sql is None, answer.sql
    elif expected.startswith("says: "):
        for text in expected.removeprefix("says: ").split("; "):
            assert text.lower() in answer.text.lower(), answer
    else:
        assert same_rows(answer.rows, conversation.expected_rows(expected)), answer
        assert answer.text


@pytest.mark.parametrize(("question", "expected"), questions("company"))
async def test_the_demo_company(company: Path, question: str, expected: str) -> None:
    conversation = Conversation(company)
    check(conversation, await conversation.ask(question), expected)


@pytest.mark.parametrize(("question", "expected"), questions("fieldwork"))
async def test_a_schema_without_declared_keys(
    fieldwork: Path, question: str, expected: str
) -> None:
    conversation = Conversation(fieldwork)
    check(conversation, await conversation.ask(question), expected)


@pytest.mark.parametrize(("question", "expected"), questions("chinook"))
async def test_a_music_shop(question: str, expected: str) -> None:
    conversation = Conversation(CHINOOK)
    check(conversation, await conversation.ask(question), expected)
