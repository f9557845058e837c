"""The frames of `/chat`."""

from typing import Literal

from waypost_chat.dialects.schemas.frame import Frame


class SupportStart(Frame):
    """The session; always the first event."""

    type: Literal["start"]
    session_id: str


class SupportAgent(Frame):
    """The agent that answers: billing, technical or policy."""

    type: Literal["agent"]
    agent: str
    agent_type: str


class SupportToken(Frame):
    """A piece of the answer."""

    type: Literal["token"]
    content: str


class SupportSource(Frame):
    index: int
    document: str
    heading: str


class SupportMetadata(Frame):
    session_id: str
    message_id: str
    agent: str
    run_id: str
    tokens: int
    elapsed_ms: int
    sources: list[SupportSource]


class SupportComplete(Frame):
    """The end of an answer, with its sources; `tokens` are output tokens."""

    type: Literal["complete"]
    session_id: str
    agent_type: str
    metadata: SupportMetadata


class SupportError(Frame):
    """The end of an answer that failed or was stopped; the message is fit for a user."""

    type: Literal["error"]
    message: str
    code: str
    retryable: bool
    partial: bool


FRAMES = SupportStart | SupportAgent | SupportToken | SupportComplete | SupportError
