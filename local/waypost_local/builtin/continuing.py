"""Going on with an answer that broke off: the same answer again, without what was said of it."""

from dataclasses import replace

from waypost_local.bedrock.model import ConverseRequest, Piece, Text, ToolInput, ToolStart, texts

MARK = "<continue>"


def broken_off(request: ConverseRequest) -> tuple[ConverseRequest, str] | None:
    """The request as it was before the answer broke off, and what was said of it.

    None where nothing is to be continued.
    """
    messages = request.messages
    if len(messages) < 3 or not "".join(texts(messages[-1])).startswith(MARK):
        return None
    said = "".join(texts(messages[-2]))
    before = replace(request, body={**request.body, "messages": messages[:-2]})
    return before, said


def rest(pieces: list[Piece], said: str) -> list[Piece]:
    """What of an answer is missing after `said`; all of it, apart, where it is another answer."""
    if any(isinstance(piece, ToolStart | ToolInput) for piece in pieces):
        return pieces
    whole = "".join(piece.delta for piece in pieces if isinstance(piece, Text))
    if said.startswith(whole):
        return []
    missing = whole[len(said) :] if whole.startswith(said) else f"\n\n{whole}"
    return [Text(missing)]
