"""Questions to documents, found by the real search and answered by quoting."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builtin.asking import ROOT, SHARED, questions, reply, request, said, user
from waypost.agents import prompts
from waypost.knowledge import Folder, Passage

POLICIES = SHARED / "policies"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("index")


async def answer(folder: Folder, question: str) -> tuple[str, list[Passage]]:
    passages = await folder.search(question)
    system = prompts.with_passages("Answer from the passages.", passages)
    return said(await reply(request(system, [user({"text": question})]))), passages


@pytest.mark.parametrize(("question", "wanted"), questions("handbook"))
async def test_the_demo_company(cache: Path, question: str, wanted: str) -> None:
    text, _ = await answer(Folder(ROOT / "demo/documents", cache), question)

    assert all(word.lower() in text.lower() for word in wanted.split("; ")), text


@pytest.mark.skipif(not POLICIES.exists(), reason="needs ../shared/data/policies")
@pytest.mark.parametrize(("question", "wanted"), questions("policies"))
async def test_policies(cache: Path, question: str, wanted: str) -> None:
    text, _ = await answer(Folder(POLICIES, cache), question)

    assert all(word.lower() in text.lower() for word in wanted.split("; ")), text


@pytest.mark.parametrize("question", [line[0] for line in questions("handbook")])
async def test_every_sentence_is_cited_and_stands_in_its_passage(
    cache: Path, question: str
) -> None:
    """Nothing is said that the cited passage does not say, word for word."""
    text, passages = await answer(Folder(ROOT / "demo/documents", cache), question)

    quotes = re.findall(r"(?:^|\s)(.+?) \[(\d+)\]", text)
    assert quotes
    for quote, index in quotes:
        words = re.findall(r"\w+", quote.removeprefix("Yes: ").removeprefix("No: "))
        passage = re.findall(r"\w+", passages[int(index) - 1].text)
        listed = words[1:] if words[0].isdigit() else words
        assert set(listed) <= set(passage) | _columns(passage), quote


def _columns(passage: list[str]) -> set[str]:
    """A table's row repeats the names of its columns."""
    return set(passage)
