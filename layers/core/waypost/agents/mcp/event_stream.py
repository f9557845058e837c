"""Server-Sent Events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from collections.abc import Iterator


class EventStream:
    """One stream after the other: what the earlier ones named is known to the later."""

    def __init__(self) -> None:
        self.last_id = ""
        """The id of the last whole event, as text of Latin-1."""
        self.retry = 1.0
        """Seconds to wait before the stream is opened again."""

    def read(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The data of each event. One that the stream ends in is none."""
        data: list[bytes] = []
        event_id = self.last_id
        for line in _lines(chunks):
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            match field:
                case b"data":
                    data.append(value)
                case b"id" if b"\0" not in value:
                    event_id = value.decode("latin-1")
                case b"retry" if value.isdigit():
                    self.retry = int(value[:9]) / 1000
            if not line:
                self.last_id = event_id
                if data:
                    yield b"\n".join(data)
                data = []


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Lines without their ends, which are LF, CRLF or CR."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        # A CR at the very end may be the first half of a CRLF.
        whole = rest.removesuffix(b"\r")
        *lines, last = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest = last + rest[len(whole) :]
        yield from lines
    if rest.endswith(b"\r"):
        yield rest.removesuffix(b"\r")
