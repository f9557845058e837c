"""Documents: how they are split into passages, and what a search finds."""

from pathlib import Path

import pytest

from waypost.knowledge import Folder
from waypost.knowledge.cutting import MAX_CHARACTERS
from waypost.knowledge.passages import passages

POLICIES = Path(__file__).parents[1] / "data/policies"

GUIDE = """---
title: Guide
description: About things
---
[link]: https://example.com

# Guide to things

Intro.

## Setting up ##

First paragraph.

```
# not a heading
```

### Details

Deep text.

## After

Last.
"""


def test_passages_have_their_headings() -> None:
    found = list(passages("docs/guide.md", GUIDE))
    assert [(p.heading, p.text) for p in found] == [
        ("Guide to things", "Intro."),
        ("Guide to things > Setting up", "First paragraph.\n\n```\n# not a heading\n```"),
        ("Guide to things > Setting up > Details", "Deep text."),
        ("Guide to things > After", "Last."),
    ]
    assert {p.title for p in found} == {"Guide"}
    assert [p.id for p in found] == [f"docs/guide.md#{n}" for n in (1, 2, 3, 4)]


def test_long_sections_are_split_between_paragraphs_and_lists_between_items() -> None:
    paragraphs = "\n\n".join(f"Paragraph {n} " + "word " * 60 for n in range(12))
    items = "\n".join(f"- item {n} " + "word " * 60 for n in range(12))
    for text in (paragraphs, items):
        cut = [p.text for p in passages("a.txt", text)]
        assert len(cut) > 2
        assert all(len(piece) <= MAX_CHARACTERS for piece in cut)
        assert "".join(cut).split() == text.split()


def test_a_list_keeps_its_introduction() -> None:
    text = "word " * 230 + "\n\nThe following holds:\n\n- one " + "word " * 50
    assert any("The following holds:\n\n- one" in p.text for p in passages("a.md", text))


@pytest.mark.parametrize("source", ["", "---\na: [\n---\nText", "---\nno end", "\ufeff# T\n\nx"])
def test_no_passage_of_an_odd_file_is_empty(source: str) -> None:
    assert all(p.text for p in passages("odd.md", source))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    docs = tmp_path / "docs"
    (docs / "deep").mkdir(parents=True)
    (docs / "leave.md").write_text("# Leave\n\nEverybody has 26 days of paid leave a year.")
    (docs / "deep/vans.txt").write_text("Vans may be driven home by technicians on call.")
    (docs / "ignored.pdf").write_bytes(b"%PDF leave")
    return Folder(docs, cache=tmp_path)


async def test_search_finds_by_stem_and_ranks_the_best_first(folder: Folder) -> None:
    found = await folder.search("How many leave days do I have?")
    assert [p.document for p in found] == ["leave.md"]
    assert [p.document for p in await folder.search("driving a van")] == ["deep/vans.txt"]


@pytest.mark.parametrize("question", ["", "???", '" OR *', "NEAR(a b)", "title:x", "the of and"])
async def test_any_question_can_be_searched(folder: Folder, question: str) -> None:
    assert isinstance(await folder.search(question), list)


async def test_the_outline_names_documents_and_headings_within_its_length(folder: Folder) -> None:
    assert await folder.outline() == "vans\nLeave"
    assert len(await folder.outline(max_characters=5)) <= 5


async def test_a_changed_document_is_found_by_a_new_process(folder: Folder, tmp_path: Path) -> None:
    await folder.search("leave")
    (tmp_path / "docs/new.md").write_text("# Holidays\n\nThe office closes at new year.")
    again = Folder(tmp_path / "docs", cache=tmp_path)
    assert [p.document for p in await again.search("holidays")] == ["new.md"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What uptime do you guarantee?", "99.99%"),
        ("How long do you keep content that I put in the trash?", "25 days"),
        ("What happens to free accounts that are inactive?", "365 days"),
        ("Is HEY subject to sales tax in the US?", "Internet Tax Freedom"),
        ("What happens to a frozen account after billing failures?", "180 days"),
    ],
)
async def test_real_policies_are_found(tmp_path: Path, question: str, expected: str) -> None:
    found = await Folder(POLICIES, cache=tmp_path).search(question)
    assert any(expected in p.text for p in found[:4])
