"""The frames of `/internal/chat/stream`."""

from typing import Literal

from waypost_chat.dialects.schemas.frame import Frame


class InternalToolStart(Frame):
    """The agent that was chosen, as a tool; always before its route."""

    event: Literal["tool_start"]
    tool: str


class InternalRouteDecision(Frame):
    """The route of the question."""

    event: Literal["route_decision"]
    route: str


class InternalToken(Frame):
    """A piece of text; `final` is the answer's channel."""

    event: Literal["token"]
    channel: str
    content: str


class InternalStats(Frame):
    tokens: int
    conversation_id: str


class InternalComplete(Frame):
    """The end of an answer; `tokens` are the run's output tokens as the models counted them."""

    event: Literal["complete"]
    stats: InternalStats


class InternalError(Frame):
    """The end of a run that failed or was cancelled."""

    event: Literal["error"]
    message: str
    error: str
    code: str
    retryable: bool
    partial: bool


FRAMES = (
    InternalToolStart | InternalRouteDecision | InternalToken | InternalComplete | InternalError
)
