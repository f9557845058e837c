"""What stands behind the wire: a model is asked and answers in pieces."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

_TOKEN = re.compile(r"\s*(?:\w{1,6}|[^\w\s])|\s+")


@dataclass(frozen=True)
class Text:
    delta: str


@dataclass(frozen=True)
class ToolUse:
    id: str
    name: str
    input: dict[str, Any]


@dataclass(frozen=True)
class Stop:
    """The end: `end_turn`, `tool_use`, `max_tokens` or `stop_sequence`, with the tokens used."""

    reason: str
    input_tokens: int
    output_tokens: int


Piece = Text | ToolUse | Stop


@dataclass(frozen=True)
class Pace:
    """Seconds before the first token, and tokens a second after it (0 for no limit)."""

    first_token: float = 0.0
    tokens_per_second: float = 0.0


@dataclass(frozen=True)
class ConverseRequest:
    """What a Converse call asks, as its JSON has it."""

    model_id: str
    system: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    max_tokens: int
    stop_sequences: list[str]

    @property
    def system_text(self) -> str:
        return "\n".join(block["text"] for block in self.system if "text" in block)

    @property
    def input_tokens(self) -> int:
        """Our own count of everything that was sent."""
        return count_tokens(self.system_text + json.dumps([self.messages, self.tools]))


class Model(Protocol):
    def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        """Text and tool uses in order, `Stop` last.

        Raises:
            BedrockError: The call fails as Bedrock would have it fail.
        """
        ...


class BedrockError(Exception):
    """A failed call: `code` such as ThrottlingException, with its HTTP status."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message


def tokens(text: str) -> list[str]:
    """`text` in pieces of a word or up to six characters of one: a plain stand-in for a tokenizer.

    Joined they are the text again.
    """
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    return len(tokens(text))
