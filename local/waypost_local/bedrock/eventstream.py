"""AWS's binary event stream: https://smithy.io/2.0/aws/amazon-eventstream.html."""

import json
import struct
from typing import Any
from zlib import crc32

_STRING = 7


def event(kind: str, payload: dict[str, Any]) -> bytes:
    """One event of a stream."""
    return message(
        {":event-type": kind, ":content-type": "application/json", ":message-type": "event"},
        payload,
    )


def exception(kind: str, text: str) -> bytes:
    """The error that ends a stream. `kind` starts in lower case: `throttlingException`."""
    return message(
        {
            ":exception-type": kind,
            ":content-type": "application/json",
            ":message-type": "exception",
        },
        {"message": text},
    )


def message(headers: dict[str, str], payload: dict[str, Any]) -> bytes:
    """Lengths and their checksum, headers, payload, and a checksum over all of it."""
    head = b"".join(map(_header, headers.items()))
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    framed = prelude + struct.pack(">I", crc32(prelude)) + head + body
    return framed + struct.pack(">I", crc32(framed))


def _header(item: tuple[str, str]) -> bytes:
    name, value = item[0].encode(), item[1].encode()
    return struct.pack(">B", len(name)) + name + struct.pack(">BH", _STRING, len(value)) + value
