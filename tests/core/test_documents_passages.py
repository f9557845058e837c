"""How Markdown is cut at its headings, and long text between its sentences."""

import unicodedata

import pytest

from waypost.knowledge.cutting import MAX_CHARACTERS, pieces
from waypost.knowledge.passages import passages


def headings(source: str, document: str = "guide.md") -> list[str]:
    return list(dict.fromkeys(passage.heading for passage in passages(document, source)))


@pytest.mark.parametrize(
    "block",
    [
        "``` sh ``` run it",
        "````\n```\n# no heading\n```\n````",
        "```\n~~~\n```",
        "~~~ text\n```\n~~~",
        "```\n# no heading\n  ```",
        "    # no heading",
        "<!--\n# no heading\n-->",
        "<pre>\n# no heading\n\n# neither\n</pre>",
        "> # no heading",
        "- item\n\n  # no heading",
        "1. first\n   # no heading",
        "#no heading",
        "\\# no heading",
    ],
)
def test_what_only_looks_like_a_heading_or_a_fence_hides_no_later_heading(block: str) -> None:
    assert headings(f"# Top\n\nIntro.\n\n{block}\n\n## Next\n\nText.") == ["Top", "Top > Next"]


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("Boats\n=====", "Boats"),
        ("Two\nlines\n-----", "Two lines"),
        ("## `boat.toml` *and* [more](https://example.com) ##", "boat.toml and more"),
        ("   ### R&amp;D", "R&D"),
    ],
)
def test_headings_are_read_as_they_are_seen(heading: str, text: str) -> None:
    assert headings(f"{heading}\n\nThey float.") == [text]


def test_an_open_fence_ends_with_the_file() -> None:
    assert headings("# Top\n\n```\n# code\n\n# more code") == ["Top"]


def test_definitions_of_links_are_left_out() -> None:
    source = '# Top\n\nSee [a].\n\n[a]: https://example.com/a "A"\n[a]: <b c>\n\n```\n[x]: y\n```'
    assert [p.text for p in passages("a.md", source)] == ["See [a].\n\n```\n[x]: y\n```"]


def test_plain_text_has_no_headings() -> None:
    [passage] = passages("logs/pump.txt", "# started\n---\nstopped")
    assert (passage.title, passage.heading) == ("pump", "pump")
    assert passage.text == "# started\n---\nstopped"


WORDS = "valve opens at dawn"


@pytest.mark.parametrize("document", ["long.md", "long.txt"])
@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("\n".join(f"{n};{WORDS}" for n in range(5000)), WORDS),
        (" ".join(f"The {n}th {WORDS}." for n in range(5000)), "."),
        ("".join(f"{n}番目の弁は夜明けに開きます。" for n in range(5000)), "。"),
        (" ".join(["valve"] * 5000), "valve"),
        ("valve" * 5000, ""),
    ],
)
def test_long_paragraphs_are_cut_where_it_hurts_least(document: str, text: str, ends: str) -> None:
    cut = [passage.text for passage in passages(document, text)]
    assert all(MAX_CHARACTERS // 2 < len(piece) <= MAX_CHARACTERS for piece in cut[:-1])
    assert all(piece.endswith(ends) for piece in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "grapheme",
    [
        "e\u0301",
        "👩\u200d👩\u200d👧",
        "👍🏽",
        "🇳🇿",
        "ที่",
        "\u1100\u1161\u11a8",
        "🏴\U000e0067\U000e0062\U000e007f",
    ],
)
@pytest.mark.parametrize("offset", range(7))
def test_what_is_seen_as_one_character_is_never_cut(grapheme: str, offset: int) -> None:
    cut = list(pieces("x" * offset + grapheme * 1500))
    assert len(cut) > 1
    assert all(piece.lstrip("x").startswith(grapheme) for piece in cut)
    assert "".join(cut) == "x" * offset + grapheme * 1500


def test_many_marks_on_one_letter_do_not_stop_the_cutting() -> None:
    assert unicodedata.category("\u0301") == "Mn"
    assert all(len(piece) <= MAX_CHARACTERS for piece in pieces("e" + "\u0301" * 5000))


def test_an_introduction_that_does_not_fit_is_a_passage_of_its_own() -> None:
    cut = list(pieces(f"{'word ' * 230}:\n\n- {'item ' * 200}"))
    assert len(cut) == 2
    assert all(len(piece) <= MAX_CHARACTERS for piece in cut)
