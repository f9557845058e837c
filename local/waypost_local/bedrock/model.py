"""The port that a model implements: a Converse request in, pieces of the response out."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class TextPiece:
    """Text. `new_block` begins another block of it."""

    delta: str
    new_block: bool = False


@dataclass(frozen=True)
class ReasoningPiece:
    """Reasoning: its text, the signature that proves it to be the model's own, or it encrypted."""

    delta: str = ""
    signature: str = ""
    redacted: bytes = b""


@dataclass(frozen=True)
class ToolUseStart:
    """The start of a tool call. Its input follows as `ToolUseInput`."""

    id: str
    name: str


@dataclass(frozen=True)
class ToolUseInput:
    """More of the JSON of the call that started last."""

    delta: str


@dataclass(frozen=True)
class Stop:
    """The end: a stop reason of Bedrock's, with the tokens used, if they are reported."""

    reason: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reported: bool = True


Piece = TextPiece | ReasoningPiece | ToolUseStart | ToolUseInput | Stop


@dataclass(frozen=True)
class ConverseRequest:
    """A Converse call. `body` is its whole JSON; the properties read from it."""

    model_id: str
    body: dict[str, Any] = field(repr=False)

    @property
    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def system_text(self) -> str:
        blocks = self.body.get("system") or []
        return "\n".join(block["text"] for block in blocks if "text" in block)

    @property
    def tools(self) -> list[dict[str, Any]]:
        """`toolSpec` objects: name, description, inputSchema.json."""
        tools = (self.body.get("toolConfig") or {}).get("tools") or []
        return [tool["toolSpec"] for tool in tools if "toolSpec" in tool]

    @property
    def max_tokens(self) -> int | None:
        return self._inference_config.get("maxTokens")

    @property
    def temperature(self) -> float | None:
        return self._inference_config.get("temperature")

    @property
    def top_p(self) -> float | None:
        return self._inference_config.get("topP")

    @property
    def stop_sequences(self) -> list[str]:
        return list(self._inference_config.get("stopSequences") or [])

    @property
    def _inference_config(self) -> dict[str, Any]:
        return self.body.get("inferenceConfig") or {}


class Model(Protocol):
    def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        """Pieces in order, one for each delta on the wire; `Stop` is the last.

        Raises:
            BedrockError: Before the first piece it becomes the HTTP status, later an exception
                inside the stream.
        """
        ...


class BedrockError(Exception):
    """A failed call: `code` such as ThrottlingException, with its HTTP status.

    Codes and statuses:
    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
    """

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message


def invalid(message: str) -> BedrockError:
    return BedrockError("ValidationException", 400, message)


def texts(message: dict[str, Any]) -> Iterator[str]:
    """The text blocks of one message."""
    return (block["text"] for block in message["content"] if "text" in block)
