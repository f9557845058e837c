"""Summaries of a conversation: what was asked, and how each answer begins."""

import re

from waypost_local.demo_model.prompts import element, elements

_WORDS = 250
_CHARACTERS_PER_WORD = 8
_LIMIT = re.compile(r"\bat most (\d+) words\b")
_SENTENCE = re.compile(r".{1,200}?(?:[.!?](?=\s|$)|。|$)|.{1,200}", re.DOTALL)


def is_asked(question: str) -> bool:
    return element(question, "turns") is not None and question.rstrip().endswith("</turns>")


def summary(system: str, question: str) -> str:
    """The summary so far and a line for each turn to add; the oldest lines go where it is full.

    How long it may be stands in the instructions, in words, which are short ones.
    """
    before = element(question, "summary")
    turns = element(question, "turns")
    inner = turns.inner if turns else ""
    asked, answered = elements(inner, "user"), elements(inner, "assistant")
    lines = before.text.splitlines() if before else []
    for user, assistant in zip(asked, answered, strict=False):
        lines.append(f"Asked: {_begins(user.text)} Answered: {_begins(assistant.text)}")
    limit = _LIMIT.search(system)
    return "\n".join(_newest(lines, int(limit[1]) if limit else _WORDS))


def _newest(lines: list[str], words: int) -> list[str]:
    """As many of the last lines as there is room for; of the very last at least its beginning."""
    characters = words * _CHARACTERS_PER_WORD
    kept = [" ".join(line.split()[:words])[:characters] for line in lines[-1:]]
    for line in reversed(lines[:-1]):
        if len(f"{line} {' '.join(kept)}".split()) > words:
            break
        if len("\n".join([line, *kept])) > characters:
            break
        kept.insert(0, line)
    return kept


def _begins(text: str) -> str:
    line = " ".join(text.split())
    found = _SENTENCE.match(line)
    return found[0].strip() if found else line
