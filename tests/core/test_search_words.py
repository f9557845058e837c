"""What a search finds in scripts without spaces, and for words that are misspelt."""

import asyncio
from pathlib import Path

import pytest

from waypost.knowledge import Folder
from waypost_local import documents_eval

HERE = Path(__file__).parent
EAST_ASIAN = HERE.parent / "data/east_asian"
EAST_ASIAN_QUESTIONS = documents_eval.read(HERE / "east_asian_questions.jsonl")
HARD_QUESTIONS = documents_eval.read(HERE / "hard_questions.jsonl")
DEMO = HERE.parents[1] / "demo/documents"


def folder_of(tmp_path: Path, **documents: str) -> Folder:
    root = tmp_path / "docs"
    root.mkdir()
    for name, text in documents.items():
        (root / f"{name}.md").write_text(text, encoding="utf-8")
    return Folder(root, cache=tmp_path)


async def found(folder: Folder, question: str, words: str = "") -> list[str]:
    return [passage.document for passage in await folder.search(question, words)]


@pytest.fixture(scope="module")
def east_asian(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(EAST_ASIAN, cache=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("asked", EAST_ASIAN_QUESTIONS, ids=lambda asked: asked.question)
async def test_scripts_without_spaces_are_found(
    east_asian: Folder, asked: documents_eval.DocumentQuestion
) -> None:
    passages = await east_asian.search(asked.question)
    assert any(asked.is_answered_by(passage) for passage in passages[:3])


@pytest.mark.parametrize("question", ["X7", "\uff58\uff17", "x7とは"])
async def test_letters_and_digits_inside_such_text_are_words(tmp_path: Path, question: str) -> None:
    folder = folder_of(
        tmp_path, a="# 警報\n\n型番X7の警報が鳴ります。", b="# 警報\n\n型番X70です。"
    )
    assert await found(folder, question) == ["a.md"]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("ﾎﾟﾝﾌﾟを止めます。", "ポンプ"),
        ("Re\u0301sume\u0301 par courrier.", "résumé"),
        ("किराया हर महीने देना है।", "किराया कब देना है?"),
        ("弁は二つ、水。", "水"),
        ("Der Mietvertrag endet im Mai.", "vertrag"),
    ],
)
async def test_the_same_words_are_found_however_they_are_written(
    tmp_path: Path, text: str, question: str
) -> None:
    folder = folder_of(tmp_path, a=f"# A\n\n{text}", b="# B\n\nNothing of the kind.")
    assert await found(folder, question) == ["a.md"]


@pytest.mark.parametrize(
    "question", ["elevater", "elevtor", "eleavtor inspecton", "the elevatorr, please"]
)
async def test_misspelt_words_are_found(tmp_path: Path, question: str) -> None:
    folder = folder_of(
        tmp_path, lift="# Elevator\n\nAsk the porter.", pool="# Pool\n\nCloses at six."
    )
    assert await found(folder, question) == ["lift.md"]


async def test_misspelt_words_come_behind_all_others(tmp_path: Path) -> None:
    texts = {f"n{n}": f"# Note {n}\n\nThe garden opens at {n}." for n in range(5)}
    folder = folder_of(tmp_path, gardn="# Gardn gardn\n\nGardn gardn gardn.", **texts)
    names = await found(folder, "garden")
    assert len(names) == 6
    assert names[-1] == "gardn.md"


async def test_misspelt_words_come_behind_the_merged_list(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        a="# Alarm\n\nPress the button.",
        b="# Siren\n\nIt is tested on Mondays.",
        c="# Alarmm\n\nA name of a band.",
    )
    assert await found(folder, "siren?", words="alarm") == ["a.md", "b.md", "c.md"]


async def test_eight_passages_with_the_words_are_not_added_to(tmp_path: Path) -> None:
    texts = {f"n{n}": f"# Note {n}\n\nThe garden opens at {n}." for n in range(9)}
    folder = folder_of(tmp_path, gardn="# Gardn\n\nGardn.", **texts)
    names = await found(folder, "garden")
    assert len(names) == 8
    assert "gardn.md" not in names


async def test_words_that_only_share_an_end_are_not_alike(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a="# Stations\n\nThe nation's rations.", b="# Data\n\nA date.")
    assert await found(folder, "vacations") == []


async def test_only_the_asked_documents_are_looked_through(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a="# Elevator\n\nIn the hall.", b="# Elevator\n\nOutside.")
    passages = await folder.search("elevater", among=frozenset({"b.md"}))
    assert [passage.document for passage in passages] == ["b.md"]


def test_misspelt_words_lose_nothing_that_words_find() -> None:
    for one in asyncio.run(documents_eval.searched(HARD_QUESTIONS, DEMO)):
        if one.by_words is not None:
            assert one.by_spelling == one.by_words, one.asked.question
        if one.asked.kind == "typo":
            assert one.by_spelling is not None, one.asked.question
