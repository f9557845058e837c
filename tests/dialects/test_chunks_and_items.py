"""AI SDK's steps and OpenAI's items: what the recorded runs do not show."""

import json
from typing import Any

import pytest

from tests.dialects.recorded import RUNS, wire
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
WORDS = (
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


def told(dialect: Any, events: list[Event]) -> list[dict[str, Any]]:
    lines = wire(dialect, events).decode().split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line[:7] == "data: {"]


def steps(events: list[Event]) -> list[str]:
    types = [chunk["type"] for chunk in told(AiSdkDialect(), events)]
    return [kind for kind in types if kind.endswith("-step") and kind != "data-step"]


def test_tries_of_a_call_that_said_nothing_are_one_step() -> None:
    assert sum(isinstance(e, StepStarted) and e.kind == "model" for e in RUNS["failed"]) == 3
    assert steps(RUNS["failed"]) == ["start-step", "finish-step"]


def test_words_of_an_agent_without_model_calls_are_in_a_step_too() -> None:
    types = [chunk["type"] for chunk in told(AiSdkDialect(), stamped(BEGAN, *WORDS, ENDED))]
    assert types == [
        "start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "finish",
    ]  # fmt: skip


def test_channels_that_are_neither_answer_nor_reasoning_are_not_told() -> None:
    hidden = stamped(
        BEGAN,
        TextStarted(text_id="text_1", channel="classify"),
        TextDelta(text_id="text_1", delta="sql"),
        TextCompleted(text_id="text_1"),
        ENDED,
    )
    assert [chunk["type"] for chunk in told(AiSdkDialect(), hidden)] == ["start", "finish"]
    assert [chunk["type"] for chunk in told(OpenAIResponsesDialect(), hidden)] == [
        "response.created", "response.in_progress", "response.completed",
    ]  # fmt: skip
    assert len(told(OpenAIChatDialect(), hidden)) == 2


def test_what_is_transient_is_said_to_be() -> None:
    data = Data(name="progress", id="p", data={"done": 1}, transient=True)
    (chunk,) = [
        c for c in told(AiSdkDialect(), stamped(BEGAN, data)) if c["type"] == "data-progress"
    ]
    assert chunk == {
        "type": "data-progress", "id": "p", "data": {"done": 1}, "transient": True,
    }  # fmt: skip


def test_a_source_is_a_document_of_its_kind() -> None:
    (chunk,) = [
        c for c in told(AiSdkDialect(), stamped(BEGAN, CITED)) if c["type"] == "source-document"
    ]
    assert (chunk["mediaType"], chunk["title"]) == ("application/pdf", "a.pdf")
    assert chunk["providerMetadata"] == {"waypost": {"index": 1, "quote": "26"}}


@pytest.mark.parametrize("first", [True, False])
def test_a_citation_belongs_to_the_text_it_is_in_or_to_the_next(first: bool) -> None:
    start, delta, end = WORDS
    events = [BEGAN, CITED, *WORDS] if first else [BEGAN, start, delta, CITED, end]
    dialect = OpenAIResponsesDialect()
    found = told(dialect, stamped(*events, ENDED))
    added = [e for e in found if e["type"] == "response.output_text.annotation.added"]
    assert [(e["output_index"], e["annotation_index"]) for e in added] == [(0, 0)]
    part = dialect.response()["output"][0]["content"][0]
    assert part["annotations"] == [added[0]["annotation"]]


def test_a_part_is_empty_when_it_is_added() -> None:
    """Also where something is known of it already."""
    found = told(OpenAIResponsesDialect(), stamped(BEGAN, CITED, *WORDS, ENDED))
    (added,) = [e for e in found if e["type"] == "response.content_part.added"]
    assert (added["part"]["text"], added["part"]["annotations"]) == ("", [])


def test_calls_of_one_id_are_items_of_their_own() -> None:
    calls: list[Event] = []
    for step in ("step_1", "step_2"):
        calls += [
            ToolStarted(call_id="call_0", name="search", step_id=step),
            ToolFailed(call_id="call_0", message="No."),
        ]
    dialect = OpenAIResponsesDialect()
    told(dialect, stamped(BEGAN, *calls, ENDED))
    output = dialect.response()["output"]
    assert [(item["id"], item["status"]) for item in output] == [
        ("mcp_1", "failed"), ("mcp_2", "failed"),
    ]  # fmt: skip


def test_cached_tokens_are_a_part_of_the_input() -> None:
    events = stamped(BEGAN, *WORDS, ENDED)
    chat = told(OpenAIChatDialect(usage=True), events)[-1]["usage"]
    assert (chat["prompt_tokens"], chat["total_tokens"]) == (45, 47)
    assert chat["prompt_tokens_details"] == {"cached_tokens": 30}
    response = told(OpenAIResponsesDialect(), events)[-1]["response"]["usage"]
    assert (response["input_tokens"], response["total_tokens"]) == (45, 47)
    message = told(AiSdkDialect(), events)[-1]["messageMetadata"]["usage"]
    assert message == {"inputTokens": 45, "outputTokens": 2, "cachedInputTokens": 30}
