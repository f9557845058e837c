"""Questions to three databases, each checked against SQL that a person wrote."""

import sqlite3
from pathlib import Path

import pytest

from tests.builtin.asking import HERE, ROOT, SHARED, Answered, Conversation, agree, questions

CHINOOK = SHARED / "chinook.sqlite"


def written(script: Path, to: Path) -> Path:
    db = sqlite3.connect(to)
    db.executescript(script.read_text())
    db.commit()
    db.close()
    return to


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(ROOT / "demo/company.sql", tmp_path_factory.mktemp("db") / "company.sqlite")


@pytest.fixture(scope="module")
def fieldwork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(HERE / "fieldwork.sql", tmp_path_factory.mktemp("db") / "fieldwork.sqlite")


def check(conversation: Conversation, answered: Answered, wanted: str) -> None:
    if wanted == "refused":
        assert answered.sql is None, answered.sql
    elif wanted.startswith("says: "):
        for word in wanted.removeprefix("says: ").split("; "):
            assert word.lower() in answered.text.lower(), answered
    else:
        assert agree(answered.rows, conversation.truth(wanted)), answered
        assert answered.text


@pytest.mark.parametrize(("question", "wanted"), questions("company"))
async def test_the_demo_company(company: Path, question: str, wanted: str) -> None:
    conversation = Conversation(company)
    check(conversation, await conversation.ask(question), wanted)


@pytest.mark.parametrize(("question", "wanted"), questions("fieldwork"))
async def test_a_schema_without_declared_keys(fieldwork: Path, question: str, wanted: str) -> None:
    conversation = Conversation(fieldwork)
    check(conversation, await conversation.ask(question), wanted)


@pytest.mark.skipif(not CHINOOK.exists(), reason="needs ../shared/data/chinook.sqlite")
@pytest.mark.parametrize(("question", "wanted"), questions("chinook"))
async def test_a_music_shop(question: str, wanted: str) -> None:
    conversation = Conversation(CHINOOK)
    check(conversation, await conversation.ask(question), wanted)
