"""The frames of `/internal/chat/stream`."""

from typing import Literal

from waypost_chat.described.frame import Frame


class ToolStart(Frame):
    """The agent that was chosen, as a tool; always before its route."""

    event: Literal["tool_start"]
    tool: str


class RouteDecision(Frame):
    """Where the question goes."""

    event: Literal["route_decision"]
    route: str


class Token(Frame):
    """A piece of text; `final` is the answer's channel."""

    event: Literal["token"]
    channel: str
    content: str


class Stats(Frame):
    tokens: int
    conversation_id: str


class Complete(Frame):
    """The end of an answer; `tokens` are the run's output tokens as the models counted them."""

    event: Literal["complete"]
    stats: Stats


class Error(Frame):
    """The end of a run that failed or was cancelled."""

    event: Literal["error"]
    message: str
    code: str
    retryable: bool
    partial: bool


FRAMES = ToolStart | RouteDecision | Token | Complete | Error
