"""The pieces of a streamed chat completion, where servers differ in how they cut it."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from waypost_local.bedrock.model import Piece, ToolUseInput, ToolUseStart


class WholeCharacters:
    """Text whose characters may be cut in two: some servers escape half of an emoji a delta."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, delta: str) -> str:
        """As much as can be encoded; U+FFFD for a half that stands alone."""
        text, self._half = self._half + delta, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def end(self) -> str:
        half, self._half = self._half, ""
        return "\ufffd" if half else ""


@dataclass
class _Call:
    index: int
    sent_id: str
    id: str
    name: str
    arguments: str = ""
    waiting: list[str] = field(default_factory=list)
    """Arguments that came while the first call was being told."""
    characters: WholeCharacters = field(default_factory=WholeCharacters)

    def is_followed_by(self, call_id: str, name: str, arguments: str) -> bool:
        """Whether a delta of the same index begins another call."""
        if not name:
            return False
        if name != self.name or (call_id and call_id != self.sent_id):
            return True
        return bool(arguments) and _is_object(self.arguments)


class CallDeltas:
    """The first call is told as it comes, those beside it once the reply is over.

    A call is known by its index, or by its id and name where a server gives all the same index. A
    name that is repeated begins another call once the arguments of the one before are whole.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def pieces(self, delta: dict[str, Any]) -> Iterator[Piece]:
        function = delta.get("function") or {}
        index, call_id = delta.get("index") or 0, delta.get("id") or ""
        name, arguments = function.get("name") or "", _arguments(function.get("arguments"))
        call = next((c for c in reversed(self._calls) if c.index == index), None)
        if call is None or call.is_followed_by(call_id, name, arguments):
            if not name:
                return
            call = self._begin(index, call_id, name)
            if call is self._calls[0]:
                yield ToolUseStart(call.id, call.name)
        call.arguments += arguments
        if text := call.characters.feed(arguments):
            if call is self._calls[0]:
                yield ToolUseInput(text)
            else:
                call.waiting.append(text)

    def end(self) -> Iterator[Piece]:
        """What has not been told yet."""
        for call in self._calls:
            if call is not self._calls[0]:
                yield ToolUseStart(call.id, call.name)
            if text := "".join(call.waiting) + call.characters.end():
                yield ToolUseInput(text)

    def _begin(self, index: int, call_id: str, name: str) -> _Call:
        is_taken = any(call.id == call_id for call in self._calls)
        own_id = call_id if call_id and not is_taken else f"call_{uuid.uuid4().hex[:12]}"
        self._calls.append(_Call(index, call_id, own_id, name))
        return self._calls[-1]


def _arguments(value: Any) -> str:
    """JSON text; some servers send the object itself."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
