"""Files of lines in the bucket, read as a stream from any place on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from waypost.batches.backend import BatchBackend
from waypost.batches.lines import MAX_LINE_BYTES
from waypost.records import BatchFile

_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class FileLine:
    """A line of a file: its number from 1, and the byte at which the next one begins."""

    number: int
    text: bytes
    end: int


async def lines_of(
    backend: BatchBackend, file: BatchFile, offset: int = 0, line: int = 0
) -> AsyncIterator[FileLine]:
    """Lines of a file that are not blank; an overlong one is cut, and still one line.

    Args:
        offset, line: The byte and the line behind which to begin.

    Raises:
        ObjectMissing: The file is gone, or was changed.
    """
    _, size = await backend.head_object(file.key)
    if offset >= size:
        return
    body = await backend.open_object(file.key, file.etag, offset)
    kept, length, at = b"", 0, offset
    try:
        while True:
            chunk: bytes = await asyncio.to_thread(body.read, _READ_BYTES)
            *ends, tail = chunk.split(b"\n")
            for part in ends:
                kept = (kept + part)[: MAX_LINE_BYTES + 1]
                at += length + len(part) + 1
                if kept.strip():
                    line += 1
                    yield FileLine(line, kept, at)
                kept, length = b"", 0
            kept = (kept + tail)[: MAX_LINE_BYTES + 1]
            length += len(tail)
            if not chunk:
                if kept.strip():
                    yield FileLine(line + 1, kept, at + length)
                return
    finally:
        await asyncio.to_thread(body.close)
