"""Clients that stand in for Bedrock's where a call is made elsewhere: in a batch inference job."""

from collections.abc import Iterator
from typing import Any


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
        return {"stream": _events(self._output)}


def _events(output: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"messageStart": {"role": "assistant"}}
    for index, block in enumerate(output["output"]["message"]["content"]):
        delta = _delta(block)
        if delta is None:
            continue
        yield {"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}
        yield {"contentBlockStop": {"contentBlockIndex": index}}
    yield {"messageStop": {"stopReason": output.get("stopReason", "end_turn")}}
    yield {"metadata": {"usage": output["usage"], "metrics": {"latencyMs": 0}}}


def _delta(block: dict[str, Any]) -> dict[str, Any] | None:
    if text := block.get("text"):
        return {"text": text}
    if reasoning := block.get("reasoningContent", {}).get("reasoningText", {}).get("text"):
        return {"reasoningContent": {"text": reasoning}}
    return None
