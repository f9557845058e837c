"""A conversation that the client carries: its last question, and the turns before it."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from waypost.errors import Invalid
from waypost.records import PriorTurn


class LenientBody(BaseModel):
    """A body of another system's protocol: unknown keys are ignored."""

    model_config = ConfigDict(strict=True, populate_by_name=True)


QuestionAndHistory = tuple[str, tuple[PriorTurn, ...]]


def split_conversation(turns: Sequence[PriorTurn]) -> QuestionAndHistory:
    """The user's last message, and the turns before it.

    Raises:
        Invalid: There is no message of the user's.
    """
    last = max((i for i, turn in enumerate(turns) if turn.role == "user"), default=None)
    if last is None:
        raise Invalid("There is no user message.", code="no_user_message")
    return turns[last].text, tuple(turns[:last])


def text_of(content: str | list[Any] | None, texts: Sequence[str]) -> str:
    """The text of a message's content; `texts` are the types of its parts that are text."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.text or "" for part in content if part.type in texts)


def check_only_text(content: str | list[Any] | None, texts: Sequence[str]) -> None:
    """Raises Invalid where a question holds a picture, a file or whatever else is no text."""
    if content is None or isinstance(content, str):
        return
    if other := next((part.type for part in content if part.type not in texts), None):
        raise Invalid(f"Only text can be answered, not {other!r}.", code="unsupported_content")
