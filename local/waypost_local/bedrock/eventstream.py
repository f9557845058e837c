"""AWS's binary event stream: https://smithy.io/2.0/aws/amazon-eventstream.html."""

import json
import struct
from typing import Any
from zlib import crc32

_STRING = 7


def event(kind: str, payload: dict[str, Any]) -> bytes:
    """One event of a stream."""
    return _message({":event-type": kind}, "event", payload)


def exception(kind: str, text: str) -> bytes:
    """The error that ends a stream. `kind` starts in lower case: `throttlingException`."""
    return _message({":exception-type": kind}, "exception", {"message": text})


def frame(headers: dict[str, str], body: bytes) -> bytes:
    """Lengths and their checksum, headers, body, and a checksum over all of it."""
    head = b"".join(map(_header, headers.items()))
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    framed = prelude + struct.pack(">I", crc32(prelude)) + head + body
    return framed + struct.pack(">I", crc32(framed))


def _message(kind: dict[str, str], message_type: str, payload: dict[str, Any]) -> bytes:
    headers = {**kind, ":content-type": "application/json", ":message-type": message_type}
    return frame(headers, json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())


def _header(item: tuple[str, str]) -> bytes:
    name, value = item[0].encode(), item[1].encode()
    return struct.pack(">B", len(name)) + name + struct.pack(">BH", _STRING, len(value)) + value
