"""Reasoning between tags in a model's text, told apart while it streams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost.models.thinking import ThinkingFilter
from waypost.models.turns import Reasoning, Text

EXAMPLES = [
    ("<thinking> I look it up. </thinking>\n\nThere are 3.", "There are 3.", "I look it up. "),
    ("<thinking>one</thinking><thinking>two</thinking>Done.", "Done.", "onetwo"),
    ("\n <thinking>x</thinking>", "", "x"),
    ("Well.\n<thinking>x</thinking>\nSo.", "Well.\n\nSo.", "x"),
    ("<thinking>cut off in the mid", "", "cut off in the mid"),
    ("<think>x</think>y", "y", "x"),
    ("a < b, <thin and <thinkin", "a < b, <thin and <thinkin", ""),
    ("Write `<thinking>` before it.", "Write `<thinking>` before it.", ""),
    ("``a ` <thinking>`` <thinking>b</thinking>c", "``a ` <thinking>`` c", "b"),
    ("A ` alone.\n\n<thinking>x</thinking>y", "A ` alone.\n\ny", "x"),
    (
        "```xml\n<thinking>x</thinking>\n```\n<thinking>y</thinking>z",
        "```xml\n<thinking>x</thinking>\n```\nz",
        "y",
    ),
    ("~~~\n```\n<thinking>\n~~~\n<thinking>y</thinking>z", "~~~\n```\n<thinking>\n~~~\nz", "y"),
    ("````\n```\n<thinking>\n````\nz", "````\n```\n<thinking>\n````\nz", ""),
    ("```py\n```py\n<thinking>\n```", "```py\n```py\n<thinking>\n```", ""),
    ("```x``` <thinking>y</thinking>z", "```x``` z", "y"),
    ("<thinking><<", "", "<<"),
    ("  \n ", "", ""),
    ("  \nHello", "  \nHello", ""),
]


def told(*deltas: str) -> tuple[str, str]:
    """Answer and reasoning."""
    found = ThinkingFilter()
    pieces = [piece for delta in deltas for piece in found.feed(delta)] + list(found.end())
    texts = "".join(piece.delta for piece in pieces if isinstance(piece, Text))
    return texts, "".join(piece.delta for piece in pieces if isinstance(piece, Reasoning))


@pytest.mark.parametrize(("text", "answer", "reasoning"), EXAMPLES)
def test_reasoning_is_taken_out(text: str, answer: str, reasoning: str) -> None:
    assert told(text) == (answer, reasoning)
    assert told(*text) == (answer, reasoning)


@given(
    st.lists(
        st.sampled_from(["<thinking>", "</thinking>", "<", "`", "```", "~~~", "\n", " ", "a", "b>"])
    ),
    st.data(),
)
def test_where_deltas_end_changes_nothing(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=len(text))))
    deltas = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert told(*deltas) == told(text)


@given(st.text(st.characters(exclude_characters="<")))
def test_text_without_tags_is_unchanged(text: str) -> None:
    answer, reasoning = told(*text)
    assert (answer, reasoning) == (text if text.strip() else "", "")


def test_a_delta_without_marks_is_never_held_back() -> None:
    found = ThinkingFilter()
    assert list(found.feed("Two ")) == [Text("Two ")]
    assert list(found.feed("jobs.")) == [Text("jobs.")]
