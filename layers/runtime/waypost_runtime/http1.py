"""HTTP/1.1 responses, parsed from bytes as they come in."""

from collections.abc import Mapping
from dataclasses import dataclass

_BODILESS = frozenset({204, 304})


@dataclass(frozen=True)
class HttpResponse:
    """A response of the Runtime API. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ResponseReader:
    """Reads one answer after the other; the work per byte does not grow with the answer."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def feed(self, data: bytes) -> HttpResponse | None:
        """The answer, once all of it is here. Raises ValueError for what is no HTTP."""
        self._received += data
        while not self._status:
            if not self._take_head():
                return None
        if not self._take_body():
            return None
        answer = HttpResponse(self._status, self._headers, bytes(self._body))
        self._status, self._headers, self._body = 0, {}, bytearray()
        return answer

    def _take_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        del self._received[: end + 4]
        status = int(first.split(" ", 2)[1])
        if status >= 200:  # before it there may be answers that only say "go on"
            pairs = (line.partition(":") for line in lines)
            self._headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
            self._status = status
        return True

    def _take_body(self) -> bool:
        if self._headers.get("transfer-encoding", "").lower() == "chunked":
            return self._take_chunks()
        length = int(self._headers.get("content-length", "0"))
        if self._status in _BODILESS:
            length = 0
        if len(self._received) < length:
            return False
        self._body += self._received[:length]
        del self._received[:length]
        return True

    def _take_chunks(self) -> bool:
        """Moves whole chunks to the body; True after the last one."""
        while (line_end := self._received.find(b"\r\n")) >= 0:
            size = int(self._received[:line_end].split(b";")[0], 16)
            start = line_end + 2
            if len(self._received) < start + size + 2:
                return False
            self._body += self._received[start : start + size]
            del self._received[: start + size + 2]
            if size == 0:
                return True
        return False
