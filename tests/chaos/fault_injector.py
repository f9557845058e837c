"""Makes chosen calls of the model fail, question by question."""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import model_script
from waypost_local.bedrock.faults import HEADER

_PATH = re.compile(r"/model/(?P<model>.+)/(?P<operation>converse-stream|converse)$")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


@dataclass(frozen=True)
class ModelFault:
    """A fault of the calls `first` to `first + times - 1` of an operation.

    `header` is as the local Bedrock server reads it, such as `cut_after;after=3`; `model` is a
    part of the model's id.
    """

    header: str
    operation: str = "converse-stream"
    first: int = 0
    times: int = 1
    model: str = ""


@dataclass
class FaultPlan:
    """The faults of one question, and the number of calls of each operation so far."""

    faults: tuple[ModelFault, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)
    fault_count: int = 0

    def next_header(self, operation: str, model: str) -> str:
        number = self.calls.get(operation, 0)
        self.calls[operation] = number + 1
        for fault in self.faults:
            hit = fault.first <= number < fault.first + fault.times
            if hit and fault.operation == operation and fault.model in model:
                self.fault_count += 1
                return fault.header
        return ""


class FaultInjector:
    """ASGI middleware that adds the header of a call's fault for the local Bedrock server."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.plans: dict[str, FaultPlan] = {}

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        path = _PATH.fullmatch(scope.get("path", ""))
        if path is None:
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        fault_plan = self._fault_plan(body)
        header = fault_plan.next_header(path["operation"], path["model"]) if fault_plan else ""
        if header:
            headers = [*scope["headers"], (HEADER.encode(), header.encode())]
            scope = {**scope, "headers": headers}
        await self._app(scope, _again(body, receive), send)

    def _fault_plan(self, body: bytes) -> FaultPlan | None:
        found = model_script.tag_in(json.loads(body)["messages"])
        return self.plans.get(found[0]) if found else None


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
