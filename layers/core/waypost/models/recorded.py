"""Clients that stand in for Bedrock's where a call is made elsewhere: in a batch inference job."""

from typing import Any

from waypost.models.response import events_of


class CallCaptured(Exception):
    """A model would have been called. `parameters` are those of ConverseStream."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        super().__init__("a model would have been called")
        self.parameters = parameters


class CapturingClient:
    """Calls no model, but raises CallCaptured with what it would have been asked."""

    def converse_stream(self, **parameters: Any) -> Any:
        raise CallCaptured(parameters)


class RecordedClient:
    """Answers with the output that a job has written: a response of Converse."""

    def __init__(self, output: dict[str, Any]) -> None:
        self._output = output

    def converse_stream(self, **_: Any) -> Any:
        return {"stream": events_of(self._output)}
