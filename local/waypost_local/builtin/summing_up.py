"""Summaries of a conversation: what was asked, and how each answer begins."""

import re

from waypost_local.builtin.prompts import element, elements

_WORDS = 250
_SENTENCE = re.compile(r".{1,200}?(?:[.!?](?=\s|$)|$)|.{1,200}", re.DOTALL)


def is_asked(question: str) -> bool:
    return element(question, "turns") is not None and question.rstrip().endswith("</turns>")


def summary(question: str) -> str:
    """The summary so far and a line for each turn to add; the oldest lines go where it is full."""
    before = element(question, "summary")
    turns = element(question, "turns")
    inner = turns.inner if turns else ""
    asked, answered = elements(inner, "user"), elements(inner, "assistant")
    lines = before.text.splitlines() if before else []
    for user, assistant in zip(asked, answered, strict=False):
        lines.append(f"Asked: {_begins(user.text)} Answered: {_begins(assistant.text)}")
    kept: list[str] = []
    words = 0
    for line in reversed(lines):
        words += len(line.split())
        if words > _WORDS and kept:
            break
        kept.insert(0, line)
    return "\n".join(kept)


def _begins(text: str) -> str:
    line = " ".join(text.split())
    found = _SENTENCE.match(line)
    return found[0].strip() if found else line
