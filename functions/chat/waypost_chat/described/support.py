"""The frames of `/chat`."""

from typing import Literal

from waypost_chat.described.frame import Frame


class Start(Frame):
    """The session; the first of all."""

    type: Literal["start"]
    session_id: str


class Agent(Frame):
    """Who answers: billing, technical or policy."""

    type: Literal["agent"]
    agent: str


class Token(Frame):
    """A piece of the answer."""

    type: Literal["token"]
    content: str


class Source(Frame):
    index: int
    document: str
    heading: str


class Metadata(Frame):
    session_id: str
    message_id: str
    agent: str
    run_id: str
    tokens: int
    elapsed_ms: int
    sources: list[Source]


class Complete(Frame):
    """The end of an answer, with what it rests on; `tokens` are output tokens."""

    type: Literal["complete"]
    metadata: Metadata


class Error(Frame):
    """The end of an answer that failed or was stopped; the message is fit for a user."""

    type: Literal["error"]
    message: str
    code: str
    retryable: bool
    partial: bool


FRAMES = Start | Agent | Token | Complete | Error
