"""OpenAI's chat completions as chunks; the last frame is `data: [DONE]`.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from typing import Any, Literal

from waypost_chat.dialects.schemas.frame import Frame


class OpenaiChatChunk(Frame):
    """A piece of the answer; the one with `finish_reason` ends it, the one with `usage` counts."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    system_fingerprint: str | None
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None


class OpenaiChatProblem(Frame):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenaiChatError(Frame):
    """The run failed or was cancelled."""

    error: OpenaiChatProblem


FRAMES = OpenaiChatChunk | OpenaiChatError
