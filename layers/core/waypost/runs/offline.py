"""Questions whose model is called in a job: what it is asked, and what it has answered."""

from contextlib import aclosing
from dataclasses import replace
from typing import Any

from waypost.errors import WaypostError
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.models.bedrock import within
from waypost.models.recorded import CallCaptured, CapturingClient, RecordedClient
from waypost.records import Run
from waypost.runs.backend import Backend
from waypost.runs.begin import input_of
from waypost.runs.pipeline import RunPipeline
from waypost.runs.request import RunRequest

_JOB_PRICE = 0.5
"""Of the price on demand. https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html"""


async def call_of(backend: Backend, who: Identity, request: RunRequest) -> dict[str, Any] | None:
    """What the model would be asked first: the parameters of Converse. Nothing is stored.

    None where the run would fail before it asks its model.
    """
    capturing = replace(backend, resources=replace(backend.resources, bedrock=CapturingClient()))
    try:
        found, run_input = await input_of(backend, who, request)
        run = Run(
            id=new_id("run"),
            thread_id=found.thread.id,
            user_id=who.user_id,
            state="running",
            user_message_id=new_id("msg"),
            message_id=new_id("msg"),
            created_at=found.thread.created_at,
        )
        async with aclosing(RunPipeline(capturing, who, run, run_input).events()) as events:
            async for _ in events:
                pass
    except CallCaptured as call:
        return within(backend.settings.calls, call.parameters)
    except WaypostError:
        return None
    return None


def with_output(backend: Backend, output: dict[str, Any]) -> Backend:
    """A backend whose model answers with what a job has written, for what that costs."""
    resources = replace(backend.resources, bedrock=RecordedClient(output), price_factor=_JOB_PRICE)
    return replace(backend, resources=resources)
