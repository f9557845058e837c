"""Going on with an answer that broke off: the same answer again, without what was said of it."""

from dataclasses import replace
from typing import Any

from waypost_local.bedrock.model import (
    ConverseRequest,
    Piece,
    TextPiece,
    ToolUseInput,
    ToolUseStart,
    texts,
)

MARK = "<continue>"


def broken_off(request: ConverseRequest) -> tuple[ConverseRequest, str] | None:
    """The request as it was before the answer broke off, and what was said of it.

    What was done since then, such as a call of a tool, belongs to the request. None where nothing
    is to be continued.
    """
    messages = request.messages
    asked = [n for n, message in enumerate(messages) if _is_question(message)]
    if not asked or asked[-1] < 2 or not _text(messages[asked[-1]]).startswith(MARK):
        return None
    mark = asked[-1]
    messages = [*messages[: mark - 1], *messages[mark + 1 :]]
    before = replace(request, body={**request.body, "messages": messages})
    return before, _text(request.messages[mark - 1])


def _is_question(message: dict[str, Any]) -> bool:
    return message["role"] == "user" and any(texts(message))


def _text(message: dict[str, Any]) -> str:
    return "".join(texts(message))


def rest(pieces: list[Piece], said: str) -> list[Piece]:
    """What of an answer is missing after `said`; all of it, apart, where it is another answer."""
    if any(isinstance(piece, ToolUseStart | ToolUseInput) for piece in pieces):
        return pieces
    whole = "".join(piece.delta for piece in pieces if isinstance(piece, TextPiece))
    if said.startswith(whole):
        return []
    missing = whole[len(said) :] if whole.startswith(said) else f"\n\n{whole}"
    return [TextPiece(missing)]
