"""Converse and ConverseStream, as an unmodified boto3 client sees them."""

from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.bedrock.stand_in import (
    CALL,
    END,
    HELLO,
    TOOL,
    Exact,
    Scripted,
    client,
    on_a_port,
    text_of,
)
from waypost_local.bedrock import BedrockError, app
from waypost_local.bedrock.model import Reasoning, Stop, Text


def test_an_answer_at_once() -> None:
    with on_a_port(app(Scripted())) as url:
        answer = client(url).converse(**HELLO)

    assert answer["output"]["message"] == {
        "role": "assistant",
        "content": [{"text": "One two three."}],
    }
    assert answer["stopReason"] == "end_turn"
    usage = answer["usage"]
    assert usage["outputTokens"] == 4
    assert usage["totalTokens"] == usage["inputTokens"] + 4
    assert answer["metrics"]["latencyMs"] >= 0


def test_an_answer_as_a_stream() -> None:
    with on_a_port(app(Scripted())) as url:
        events = list(client(url).converse_stream(**HELLO)["stream"])

    assert [next(iter(event)) for event in events] == [
        "messageStart",
        *["contentBlockDelta"] * 4,
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    assert text_of(events) == "One two three."
    assert events[-2] == {"messageStop": {"stopReason": "end_turn"}}
    assert events[-1]["metadata"]["usage"]["outputTokens"] == 4


def test_a_tool_is_called_in_pieces() -> None:
    with on_a_port(app(Scripted((Text("Well."), *CALL), "tool_use"))) as url:
        stream = client(url).converse_stream(**HELLO, toolConfig={"tools": [TOOL]})["stream"]
        events = list(stream)
        whole = client(url).converse(**HELLO, toolConfig={"tools": [TOOL]})

    start = next(e["contentBlockStart"] for e in events if "contentBlockStart" in e)
    assert start == {
        "start": {"toolUse": {"toolUseId": "call_1", "name": "query_database"}},
        "contentBlockIndex": 1,
    }
    deltas = [
        e["contentBlockDelta"]["delta"]["toolUse"]["input"]
        for e in events
        if "toolUse" in e.get("contentBlockDelta", {}).get("delta", {})
    ]
    assert len(deltas) > 1
    assert "".join(deltas) == '{"sql": "select 1"}'
    assert whole["stopReason"] == "tool_use"
    assert whole["output"]["message"]["content"][1]["toolUse"]["input"] == {"sql": "select 1"}


def test_reasoning_and_cached_tokens_come_through() -> None:
    pieces = (
        Reasoning("Hm."),
        Reasoning(signature="abc"),
        Text("Yes."),
        Stop("end_turn", 10, 2, cache_read_tokens=5, cache_write_tokens=1),
    )
    with on_a_port(app(Exact(pieces))) as url:
        answer = client(url).converse(**HELLO)

    assert answer["output"]["message"]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "abc"}}},
        {"text": "Yes."},
    ]
    assert answer["usage"] == {
        "inputTokens": 10,
        "outputTokens": 2,
        "totalTokens": 18,
        "cacheReadInputTokens": 5,
        "cacheWriteInputTokens": 1,
    }


@pytest.mark.parametrize(
    ("limits", "text", "reason"),
    [
        ({"maxTokens": 2}, "One two", "max_tokens"),
        ({"stopSequences": [" three"]}, "One two", "stop_sequence"),
        ({"stopSequences": ["o t", "x"]}, "One tw", "stop_sequence"),
        ({"maxTokens": 4}, "One two three.", "end_turn"),
    ],
)
def test_limits_cut_both_ways_of_asking(limits: dict[str, Any], text: str, reason: str) -> None:
    with on_a_port(app(Scripted())) as url:
        whole = client(url).converse(**HELLO, inferenceConfig=limits)
        events = list(client(url).converse_stream(**HELLO, inferenceConfig=limits)["stream"])

    assert whole["output"]["message"]["content"] == [{"text": text}]
    assert whole["stopReason"] == reason
    assert text_of(events) == text
    assert {"messageStop": {"stopReason": reason}} in events


@pytest.mark.parametrize(
    "model",
    [
        "amazon.nova-micro-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
    ],
)
def test_model_ids_arrive_as_they_were_given(model: str) -> None:
    scripted = Scripted()
    with on_a_port(app(scripted)) as url:
        client(url).converse(**{**HELLO, "modelId": model})
        list(client(url).converse_stream(**{**HELLO, "modelId": model})["stream"])

    assert [request.model_id for request in scripted.asked] == [model, model]


def test_a_model_that_fails_before_its_first_word_is_a_status() -> None:
    error = BedrockError("ModelNotReadyException", 429, "Not yet.")
    with on_a_port(app(Exact([error]))) as url, pytest.raises(ClientError) as raised:
        client(url).converse_stream(**HELLO)

    assert raised.value.response["Error"] == {
        "Message": "Not yet.",
        "Code": "ModelNotReadyException",
    }
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_a_model_that_fails_after_it_is_an_exception_in_the_stream() -> None:
    error = BedrockError("ThrottlingException", 429, "Too much.")
    with on_a_port(app(Exact([Text("One"), error, END]))) as url:
        stream = iter(client(url).converse_stream(**HELLO)["stream"])
        assert next(stream) == {"messageStart": {"role": "assistant"}}
        assert text_of([next(stream)]) == "One"
        with pytest.raises(Exception, match="throttlingException"):
            next(stream)


CASES: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "at least one message"),
    ({"messages": [{"role": "assistant", "content": [{"text": "x"}]}]}, "start with a user"),
    ({"messages": [{"role": "user", "content": []}]}, "messages.0 is empty"),
    ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "messages.0.content.0 is blank"),
    ({"messages": [{"role": "system", "content": [{"text": "x"}]}]}, "messages.0.role"),
    ({"inferenceConfig": {"maxTokens": 0}}, "maxTokens"),
    ({"inferenceConfig": {"temperature": 2}}, "temperature"),
    ({"system": [{"text": ""}]}, "system.0 is blank"),
    (
        {"messages": [{"role": "user", "content": [{"text": "a"}]}] * 2},
        "Roles must alternate: messages.1",
    ),
    (
        {
            "messages": [
                {"role": "user", "content": [{"text": "a"}]},
                {"role": "assistant", "content": [{"text": "b"}]},
            ]
        },
        "must end with a user message",
    ),
    (
        {
            "messages": [
                {"role": "user", "content": [{"text": "a"}]},
                {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "1", "name": "n", "input": {}}}],
                },
                {"role": "user", "content": [{"text": "c"}]},
            ]
        },
        "messages.2: each toolUse must be answered",
    ),
]


@pytest.mark.parametrize("path", ["converse", "converse-stream"])
@pytest.mark.parametrize(("body", "wanted"), CASES)
async def test_what_bedrock_refuses_is_refused(
    path: str, body: dict[str, Any], wanted: str
) -> None:
    transport = httpx.ASGITransport(app(Scripted()))
    async with httpx.AsyncClient(transport=transport, base_url="http://bedrock") as http:
        asked = {"messages": HELLO["messages"], **body}
        answer = await http.post(f"/model/m/{path}", json=asked)

    assert answer.status_code == 400
    assert answer.headers["x-amzn-errortype"] == "ValidationException"
    assert wanted in answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
async def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    transport = httpx.ASGITransport(app(Scripted()))
    async with httpx.AsyncClient(transport=transport, base_url="http://bedrock") as http:
        answer = await http.post("/model/m/converse", content=body)

    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (
        400,
        "SerializationException",
    )
