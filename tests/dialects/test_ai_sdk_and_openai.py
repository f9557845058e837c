"""AI SDK's chunks and OpenAI's items: cases that the recorded runs do not have."""

import json
from typing import Any

import pytest

from tests.dialects.recorded_runs import RUNS, wire
from waypost.events import (
    Data,
    Event,
    RunCompleted,
    RunStarted,
    SourceCited,
    StepStarted,
    TextCompleted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolStarted,
    Usage,
)
from waypost_chat.dialects.ai_sdk import AiSdkDialect
from waypost_chat.dialects.openai_chat import OpenAIChatDialect
from waypost_chat.dialects.openai_responses import OpenAIResponsesDialect

BEGAN = RunStarted(thread_id="t", user_message_id="m1", message_id="m2")
TEXT = (
    TextStarted(text_id="text_1", channel="final"),
    TextDelta(text_id="text_1", delta="26 days [1]."),
    TextCompleted(text_id="text_1"),
)
CITED = SourceCited(index=1, document="a.pdf", heading="", chunk_id="a.pdf#1", quote="26")
USAGE = Usage(input_tokens=10, output_tokens=2, cache_read_tokens=30, cache_write_tokens=5)
ENDED = RunCompleted(
    stop_reason="end_turn", usage=USAGE, cost_usd=None, elapsed_ms=1, first_token_ms=1
)


def stamped(*events: Event) -> list[Event]:
    return [event.stamped(n, "run_1", "") for n, event in enumerate(events, 1)]


def frames(dialect: Any, events: list[Event]) -> list[dict[str, Any]]:
    lines = wire(dialect, events).decode().split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line[:7] == "data: {"]


def steps(events: list[Event]) -> list[str]:
    types = [chunk["type"] for chunk in frames(AiSdkDialect(), events)]
    return [name for name in types if name.endswith("-step") and name != "data-step"]


def test_retries_of_a_model_call_are_one_step() -> None:
    assert sum(isinstance(e, StepStarted) and e.kind == "model" for e in RUNS["failed"]) == 3
    assert steps(RUNS["failed"]) == ["start-step", "finish-step"]


def test_text_without_a_model_call_is_in_a_step_too() -> None:
    types = [chunk["type"] for chunk in frames(AiSdkDialect(), stamped(BEGAN, *TEXT, ENDED))]
    assert types == [
        "start",
        "start-step",
        "text-start",
        "text-delta",
        "text-end",
        "finish-step",
        "finish",
    ]


def test_only_the_final_and_reasoning_channels_are_encoded() -> None:
    hidden = stamped(
        BEGAN,
        TextStarted(text_id="text_1", channel="classify"),
        TextDelta(text_id="text_1", delta="sql"),
        TextCompleted(text_id="text_1"),
        ENDED,
    )
    assert [chunk["type"] for chunk in frames(AiSdkDialect(), hidden)] == ["start", "finish"]
    assert [chunk["type"] for chunk in frames(OpenAIResponsesDialect(), hidden)] == [
        "response.created",
        "response.in_progress",
        "response.completed",
    ]
    assert len(frames(OpenAIChatDialect(), hidden)) == 2


def test_transient_data_is_marked() -> None:
    data = Data(name="progress", id="p", data={"done": 1}, transient=True)
    (chunk,) = [
        c for c in frames(AiSdkDialect(), stamped(BEGAN, data)) if c["type"] == "data-progress"
    ]
    assert chunk == {
        "type": "data-progress",
        "id": "p",
        "data": {"done": 1},
        "transient": True,
    }


def test_a_source_is_a_document_with_its_media_type() -> None:
    (chunk,) = [
        c for c in frames(AiSdkDialect(), stamped(BEGAN, CITED)) if c["type"] == "source-document"
    ]
    assert (chunk["mediaType"], chunk["title"]) == ("application/pdf", "a.pdf")
    assert chunk["providerMetadata"] == {"waypost": {"index": 1, "quote": "26"}}


@pytest.mark.parametrize("first", [True, False])
def test_a_citation_belongs_to_the_text_it_is_in_or_to_the_next(first: bool) -> None:
    start, delta, end = TEXT
    events = [BEGAN, CITED, *TEXT] if first else [BEGAN, start, delta, CITED, end]
    dialect = OpenAIResponsesDialect()
    found = frames(dialect, stamped(*events, ENDED))
    added = [e for e in found if e["type"] == "response.output_text.annotation.added"]
    assert [(e["output_index"], e["annotation_index"]) for e in added] == [(0, 0)]
    part = dialect.response()["output"][0]["content"][0]
    assert part["annotations"] == [added[0]["annotation"]]


def test_a_content_part_is_empty_when_it_is_added() -> None:
    """Also where a citation of it came before."""
    found = frames(OpenAIResponsesDialect(), stamped(BEGAN, CITED, *TEXT, ENDED))
    (added,) = [e for e in found if e["type"] == "response.content_part.added"]
    assert (added["part"]["text"], added["part"]["annotations"]) == ("", [])


def test_calls_with_the_same_id_are_separate_items() -> None:
    calls: list[Event] = []
    for step in ("step_1", "step_2"):
        calls += [
            ToolStarted(call_id="call_0", name="search", step_id=step),
            ToolFailed(call_id="call_0", message="No."),
        ]
    dialect = OpenAIResponsesDialect()
    frames(dialect, stamped(BEGAN, *calls, ENDED))
    output = dialect.response()["output"]
    assert [(item["id"], item["status"]) for item in output] == [
        ("mcp_1", "failed"),
        ("mcp_2", "failed"),
    ]


def test_cached_tokens_count_as_input_tokens() -> None:
    events = stamped(BEGAN, *TEXT, ENDED)
    chat = frames(OpenAIChatDialect(usage=True), events)[-1]["usage"]
    assert (chat["prompt_tokens"], chat["total_tokens"]) == (45, 47)
    assert chat["prompt_tokens_details"] == {"cached_tokens": 30}
    response = frames(OpenAIResponsesDialect(), events)[-1]["response"]["usage"]
    assert (response["input_tokens"], response["total_tokens"]) == (45, 47)
    message = frames(AiSdkDialect(), events)[-1]["messageMetadata"]["usage"]
    assert message == {"inputTokens": 45, "outputTokens": 2, "cachedInputTokens": 30}
