"""What goes into a model and what comes out of it, the same for every vendor."""

from dataclasses import dataclass, field
from typing import Any

from waypost.events import Usage


@dataclass(frozen=True)
class ToolCall:
    id: str
    name: str
    arguments: dict[str, Any]
    readable: bool = True
    """Whether the arguments were a JSON object. Where not they are empty; it is never made."""


@dataclass(frozen=True)
class UserTurn:
    text: str


@dataclass(frozen=True)
class AssistantTurn:
    """`native` is the content of the model's own message, as Converse has it.

    It is sent back unchanged, so that nothing of it is lost.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    native: list[dict[str, Any]] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ToolTurn:
    call_id: str
    text: str
    failed: bool = False


Turn = UserTurn | AssistantTurn | ToolTurn


@dataclass(frozen=True)
class SystemPrompt:
    """The instructions before the conversation.

    `prefix` stands first and is the same from question to question: models that can do so cache
    it and read it again for a fraction of its price. It may be empty.
    """

    text: str
    prefix: str = ""

    @property
    def whole(self) -> str:
        return f"{self.prefix}\n\n{self.text}".strip()


@dataclass(frozen=True)
class ToolSpec:
    """A tool as it is described to the model; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Text:
    delta: str


@dataclass(frozen=True)
class Reasoning:
    delta: str


@dataclass(frozen=True)
class CallStarted:
    id: str
    name: str


@dataclass(frozen=True)
class CallInput:
    """More of the JSON of a call's arguments."""

    id: str
    delta: str


@dataclass(frozen=True)
class Finished:
    turn: AssistantTurn
    stop_reason: str
    usage: Usage | None
    """None where the model told none."""


Piece = Text | Reasoning | CallStarted | CallInput | Finished
