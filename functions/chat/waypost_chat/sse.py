"""Server-Sent Events as every reader accepts them (https://html.spec.whatwg.org/#server-sent-events).

LF only. A comment is a line and never a block of its own: some clients take the blank line after
one for the end of an event.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

OPENING = b": open\nretry: 1000\n"
"""Leaves at once, so that the headers do."""
HEARTBEAT = b": hb\n"
HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
_SEPARATOR = re.compile("[\x85\u2028\u2029]")
"""Where readers split lines, beside the characters that JSON escapes anyway."""
MEDIA_TYPE = "text/event-stream; charset=utf-8"


def frame(data: str, seq: int | None = None, event: str | None = None) -> bytes:
    """One event. `data` is JSON on one line; `seq` becomes its id.

    What some readers take for the end of a line is escaped, as JSON may have it.
    """
    head = f"id: {seq}\n" if seq is not None else ""
    kind = f"event: {event}\n" if event else ""
    if _SEPARATOR.search(data):
        data = _SEPARATOR.sub(_escaped, data)
    return f"{head}{kind}data: {data}\n\n".encode()


def json_frame(data: Mapping[str, Any], seq: int | None = None) -> bytes:
    """One event whose data is an object."""
    return frame(dumps(data), seq)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def dumps(value: Any) -> str:
    """JSON on one line, with nothing between its parts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
