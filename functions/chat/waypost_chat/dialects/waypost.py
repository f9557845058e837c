"""Waypost's own: every event, whole."""

from waypost.events import Event
from waypost_chat.sse import frame


class WaypostDialect:
    def encode(self, event: Event) -> bytes:
        return frame(event.model_dump_json(), event.seq, event.type)
