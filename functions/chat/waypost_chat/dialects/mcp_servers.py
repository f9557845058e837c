"""MCP servers that a run could not use, as its events tell of them."""

from typing import NamedTuple

from waypost.events import Event, StepCompleted, StepStarted, StepUpdated

_PREFIX = "mcp:"


class LostServer(NamedTuple):
    step_id: str
    name: str
    reason: str


class McpServers:
    """The steps in which servers are opened."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._notes: dict[str, str] = {}

    def lost(self, event: Event) -> LostServer | None:
        """The server that could not be opened, if the event says so."""
        match event:
            case StepStarted(kind="retrieval"):
                if name := server_of(event.name):
                    self._names[event.step_id] = name
            case StepUpdated() if event.step_id in self._names:
                self._notes[event.step_id] = event.note
            case StepCompleted(status="failed") if event.step_id in self._names:
                reason = self._notes.get(event.step_id, "The server failed.")
                return LostServer(event.step_id, self._names[event.step_id], reason)
        return None


def server_of(step: str) -> str:
    """The server that a retrieval of this name opens; empty for any other."""
    return step.removeprefix(_PREFIX) if step.startswith(_PREFIX) else ""
