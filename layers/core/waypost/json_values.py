"""What comes from outside, as JSON that can be encoded, stored and sent on.

Models, tools, databases and clients send half of a surrogate pair, numbers that no JSON has and
nesting that no reader follows. Whatever enters a run passes here once.
"""

import json
import math
from typing import Any

MAX_DEPTH = 100
"""Values that are nested deeper are told as JSON text: readers give up at some hundreds."""
_MAX_DIGITS = 4000
"""Python refuses to write longer integers out in decimal digits."""


def encodable(text: str) -> str:
    """`text` with U+FFFD for each half of a surrogate pair that stands alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def plain(value: Any, depth: int = 0) -> Any:
    """`value` as JSON has it: exact where JSON can say it, else as a text that says it."""
    match value:
        case None | bool():
            return value
        case str():
            return encodable(value)
        case int():
            return value if value.bit_length() < _MAX_DIGITS * 3 else f"{value:#x}"
        case float():
            return value if math.isfinite(value) else str(value)
        case dict() | list() | tuple() if depth == MAX_DEPTH:
            return encodable(_text_of(value))
        case dict():
            return {encodable(str(k)): plain(v, depth + 1) for k, v in value.items()}
        case list() | tuple():
            return [plain(item, depth + 1) for item in value]
    return encodable(str(value))


def dumped(value: Any, max_bytes: int) -> str:
    """`value` as JSON text of about `max_bytes` at most, exact where it is short enough."""
    text = json.dumps(plain(value), ensure_ascii=False)
    size = len(text.encode())
    return text if size <= max_bytes else json.dumps(_cut(text, size, max_bytes))


def capped(value: Any, max_bytes: int) -> Any:
    """`value`, or where its JSON is longer an object that says so and holds its beginning."""
    value = plain(value)
    text = json.dumps(value, ensure_ascii=False)
    size = len(text.encode())
    return value if size <= max_bytes else _cut(text, size, max_bytes)


def _cut(text: str, size: int, max_bytes: int) -> dict[str, Any]:
    head = text.encode()[: max_bytes // 2].decode(errors="ignore")
    return {"truncated": True, "bytes": size, "text": head}


def _text_of(value: Any) -> str:
    try:
        return json.dumps(value, default=str)
    except (ValueError, RecursionError):
        return "[nested too deeply]"
