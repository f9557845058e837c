"""Converse and ConverseStream, as an unmodified boto3 client sees them."""

from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.bedrock.local_bedrock import (
    CALL,
    END,
    HELLO,
    TOOL,
    ScriptedModel,
    UnlimitedModel,
    client,
    on_a_port,
    text_of,
)
from waypost_local.bedrock import BedrockError, app
from waypost_local.bedrock.model import ReasoningPiece, Stop, TextPiece

pytestmark = pytest.mark.server


def test_an_answer_at_once(bedrock_url: str) -> None:
    answer = client(bedrock_url).converse(**HELLO)

    assert answer["output"]["message"] == {
        "role": "assistant",
        "content": [{"text": "One two three."}],
    }
    assert answer["stopReason"] == "end_turn"
    usage = answer["usage"]
    assert usage["outputTokens"] == 4
    assert usage["totalTokens"] == usage["inputTokens"] + 4
    assert answer["metrics"]["latencyMs"] >= 0


def test_an_answer_as_a_stream(bedrock_url: str) -> None:
    events = list(client(bedrock_url).converse_stream(**HELLO)["stream"])

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
    with on_a_port(app(ScriptedModel((TextPiece("Well."), *CALL), "tool_use"))) as url:
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
        ReasoningPiece("Hm."),
        ReasoningPiece(signature="abc"),
        TextPiece("Yes."),
        Stop("end_turn", 10, 2, cache_read_tokens=5, cache_write_tokens=1),
    )
    with on_a_port(app(UnlimitedModel(pieces))) as url:
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
def test_limits_apply_to_both_operations(
    bedrock_url: str, limits: dict[str, Any], text: str, reason: str
) -> None:
    whole = client(bedrock_url).converse(**HELLO, inferenceConfig=limits)
    events = list(client(bedrock_url).converse_stream(**HELLO, inferenceConfig=limits)["stream"])

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
    scripted = ScriptedModel()
    with on_a_port(app(scripted)) as url:
        client(url).converse(**{**HELLO, "modelId": model})
        list(client(url).converse_stream(**{**HELLO, "modelId": model})["stream"])

    assert [request.model_id for request in scripted.requests] == [model, model]


def test_an_error_before_the_first_piece_is_a_status() -> None:
    error = BedrockError("ModelNotReadyException", 429, "Not yet.")
    with on_a_port(app(UnlimitedModel([error]))) as url, pytest.raises(ClientError) as raised:
        client(url).converse_stream(**HELLO)

    assert raised.value.response["Error"] == {
        "Message": "Not yet.",
        "Code": "ModelNotReadyException",
    }
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_an_error_after_the_first_piece_is_an_exception_in_the_stream() -> None:
    error = BedrockError("ThrottlingException", 429, "Too much.")
    with on_a_port(app(UnlimitedModel([TextPiece("One"), error, END]))) as url:
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
@pytest.mark.parametrize(("body", "expected"), CASES)
async def test_an_invalid_request_is_refused(
    path: str, body: dict[str, Any], expected: str
) -> None:
    transport = httpx.ASGITransport(app(ScriptedModel()))
    async with httpx.AsyncClient(transport=transport, base_url="http://bedrock") as http:
        request = {"messages": HELLO["messages"], **body}
        answer = await http.post(f"/model/m/{path}", json=request)

    assert answer.status_code == 400
    assert answer.headers["x-amzn-errortype"] == "ValidationException"
    assert expected in answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
async def test_a_body_that_is_not_an_object_is_refused(body: bytes) -> None:
    transport = httpx.ASGITransport(app(ScriptedModel()))
    async with httpx.AsyncClient(transport=transport, base_url="http://bedrock") as http:
        answer = await http.post("/model/m/converse", content=body)

    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (
        400,
        "SerializationException",
    )
