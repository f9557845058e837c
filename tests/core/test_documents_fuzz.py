"""Any bytes may be a document, and any text a question."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost.knowledge import building, documents, index
from waypost.knowledge.cutting import MAX_CHARACTERS
from waypost.knowledge.decoding import decoded
from waypost.knowledge.passages import passages

MARKDOWN = st.lists(
    st.sampled_from(
        [
            "# A",
            "---",
            "```",
            "~~~",
            "> ",
            "- ",
            "\n",
            "[a]: b",
            "<div>",
            "    ",
            "| a | b |",
            "word ",
        ]
    )
    | st.text(max_size=20),
    max_size=60,
).map("\n".join)


@given(st.binary(max_size=2000))
def test_any_bytes_are_text_or_not(data: bytes) -> None:
    found = decoded(data)
    assert found is None or "\r" not in found.text


@given(MARKDOWN, st.sampled_from(["a.md", "a.txt"]))
def test_any_text_is_cut_into_passages(source: str, name: str) -> None:
    for passage in passages(name, source):
        assert passage.text.strip()
        assert len(passage.text) <= MAX_CHARACTERS


@given(st.text(alphabet="aé漢かกि🇳\u0301\u200d .。\n", max_size=6000))
def test_plain_text_loses_nothing_but_space(source: str) -> None:
    cut = "".join(passage.text for passage in passages("a.txt", source))
    letters = [character for character in source if character.isalnum()]
    assert [character for character in cut if character.isalnum()] == letters


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("docs")
    (root / "a.md").write_text("# A\n\nOne text, 一つの文。", encoding="utf-8")
    file = root / "index.sqlite"
    building.build(root, documents.listed(root), file)
    return file


@given(question=st.text(max_size=300) | st.text(alphabet='"*^():-+一つ\u0301\ud800 a', max_size=50))
def test_any_question_can_be_searched_for(file: Path, question: str) -> None:
    among = frozenset({"a.md"})
    found = index.search(file, question, 8, among)
    assert len(found) + len(index.similar(file, question, 8, among, found)) <= 1
