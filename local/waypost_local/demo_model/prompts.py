"""What a prompt holds: agents to choose from, passages to quote, a schema to question."""

import re
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import unescape

from waypost_local.bedrock.model import ConverseRequest, texts

_QUOTES = {"&quot;": '"', "&apos;": "'", "&#10;": "\n"}


@dataclass(frozen=True)
class Element:
    """One XML-like element: its attributes and its text, which may hold further elements."""

    attributes: dict[str, str]
    inner: str

    @property
    def text(self) -> str:
        return plain(self.inner).strip()


@dataclass(frozen=True)
class Turn:
    role: str
    text: str


def plain(text: str) -> str:
    return unescape(text, _QUOTES)


def elements(text: str, name: str) -> list[Element]:
    """Every `<name …>…</name>` of `text`; they do not nest."""
    found = re.finditer(rf"<{name}(\s[^>]*)?>(.*?)</{name}>", text, re.DOTALL)
    return [Element(_attributes(match[1] or ""), match[2]) for match in found]


def element(text: str, name: str) -> Element | None:
    return next(iter(elements(text, name)), None)


def turns(request: ConverseRequest) -> list[Turn]:
    """What was said so far, without tool calls and their results."""
    said = (Turn(m["role"], "\n".join(texts(m)).strip()) for m in request.messages)
    return [turn for turn in said if turn.text]


def without_summary(said: list[Turn]) -> list[Turn]:
    """The turns that are turns: a summary of older ones stands before them, with its answer."""
    summarised = len(said) > 2 and said[0].role == "user" and said[0].text.startswith("<summary>")
    return said[2:] if summarised else said


def tool_results(request: ConverseRequest) -> list[dict[str, Any]]:
    """The tool results since the last question, oldest first."""
    found: list[dict[str, Any]] = []
    for message in reversed(request.messages):
        if any("text" in block for block in message["content"]) and message["role"] == "user":
            break
        found += [b["toolResult"] for b in reversed(message["content"]) if "toolResult" in b]
    return found[::-1]


def _attributes(text: str) -> dict[str, str]:
    pairs = re.findall(r"""([\w-]+)=("[^"]*"|'[^']*')""", text)
    return {name: plain(value[1:-1]) for name, value in pairs}
