"""An OpenAI-compatible endpoint behind Bedrock's wire."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.bedrock.stand_in import HELLO, TOOL, client, on_a_port, text_of
from waypost_local.bedrock import app
from waypost_local.bedrock.openai import OpenAI


class Endpoint:
    """Streams the chunks that it was given; keeps what it was asked."""

    def __init__(self, *chunks: dict[str, Any], status: int = 200, cut: bool = False) -> None:
        self.chunks = chunks
        self.status = status
        self.cut = cut
        self.asked: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.app = Starlette(routes=[Route("/v1/chat/completions", self.answer, methods=["POST"])])

    async def answer(self, request: Request) -> Response:
        self.asked = await request.json()
        self.headers = dict(request.headers)
        if self.status != 200:
            return JSONResponse({"error": {"message": "no"}}, self.status)
        return StreamingResponse(self.lines(), media_type="text/event-stream")

    async def lines(self) -> AsyncIterator[str]:
        yield ": a comment\n\n"
        for chunk in self.chunks:
            yield f"data: {json.dumps(chunk)}\n\n"
        if not self.cut:
            yield "data: [DONE]\n\n"


def delta(reason: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": reason}]}


USAGE = {
    "choices": [],
    "usage": {
        "prompt_tokens": 20,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 5},
    },
}


def call(index: int, name: str = "", arguments: str = "", call_id: str | None = None) -> Any:
    function = {"name": name or None, "arguments": arguments}
    return delta(tool_calls=[{"index": index, "id": call_id, "function": function}])


def ask(endpoint: Endpoint, key: str = "", **body: Any) -> list[dict[str, Any]]:
    with on_a_port(endpoint.app) as far, on_a_port(app(OpenAI("m", f"{far}/v1/", key))) as near:
        return list(client(near).converse_stream(**{**HELLO, **body})["stream"])


def test_text_and_usage() -> None:
    endpoint = Endpoint(delta(role="assistant", content=""), delta(content="Hel"),
                        delta(content="lo"), delta("stop"), USAGE)  # fmt: skip

    events = ask(endpoint, key="secret")

    assert text_of(events) == "Hello"
    assert events[-2] == {"messageStop": {"stopReason": "end_turn"}}
    usage = events[-1]["metadata"]["usage"]
    assert (usage["inputTokens"], usage["outputTokens"]) == (15, 7)
    assert usage["cacheReadInputTokens"] == 5
    assert endpoint.headers["authorization"] == "Bearer secret"
    assert endpoint.asked["stream_options"] == {"include_usage": True}


def test_without_a_key_no_authorization_is_sent() -> None:
    endpoint = Endpoint(delta(content="Hi"), delta("stop"))

    ask(endpoint)

    assert "authorization" not in endpoint.headers


def test_tool_calls_in_pieces() -> None:
    endpoint = Endpoint(
        call(0, "query_database", "", "c1"),
        call(0, arguments='{"sql": '),
        call(0, arguments='"select 1"}'),
        call(1, "query_database", '{"sql": "select 2"}'),
        # Some servers end a tool call with `stop`.
        delta("stop"),
    )

    events = ask(endpoint, toolConfig={"tools": [TOOL]})

    starts = [e["contentBlockStart"] for e in events if "contentBlockStart" in e]
    assert [start["start"]["toolUse"]["name"] for start in starts] == ["query_database"] * 2
    assert starts[0]["start"]["toolUse"]["toolUseId"] == "c1"
    inputs = ["", ""]
    for event in events:
        if "contentBlockDelta" in event:
            block = event["contentBlockDelta"]
            inputs[block["contentBlockIndex"]] += block["delta"]["toolUse"]["input"]
    assert inputs == ['{"sql": "select 1"}', '{"sql": "select 2"}']
    assert events[-2] == {"messageStop": {"stopReason": "tool_use"}}


def test_a_conversation_is_translated() -> None:
    endpoint = Endpoint(delta(content="3"), delta("length"))
    turns = [
        {"role": "user", "content": [{"text": "How many?"}]},
        {
            "role": "assistant",
            "content": [
                {"text": "Let me see."},
                {"toolUse": {"toolUseId": "c1", "name": "query_database", "input": {"sql": "x"}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "toolResult": {
                        "toolUseId": "c1",
                        "status": "error",
                        "content": [{"text": "No."}, {"json": {"a": 1}}],
                    }
                }
            ],
        },
    ]

    events = ask(
        endpoint,
        messages=turns,
        system=[{"text": "Be brief."}],
        toolConfig={"tools": [TOOL], "toolChoice": {"any": {}}},
        inferenceConfig={"maxTokens": 5, "temperature": 0.0, "topP": 0.5, "stopSequences": ["\n"]},
    )

    assert events[-2] == {"messageStop": {"stopReason": "max_tokens"}}
    asked = endpoint.asked
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How many?"},
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "query_database", "arguments": '{"sql": "x"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": 'Error: No.\n{"a": 1}'},
    ]
    assert asked["tools"][0]["function"]["parameters"] == TOOL["toolSpec"]["inputSchema"]["json"]
    assert asked["tool_choice"] == "required"
    assert (asked["max_tokens"], asked["temperature"], asked["top_p"]) == (5, 0.0, 0.5)
    assert asked["stop"] == ["\n"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (401, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_its_errors_are_bedrocks(status: int, code: str) -> None:
    with pytest.raises(ClientError) as raised:
        ask(Endpoint(status=status))

    assert raised.value.response["Error"]["Code"] == code


def test_an_error_inside_its_stream_is_one_inside_ours() -> None:
    endpoint = Endpoint(delta(content="Hel"), {"error": {"message": "out of memory"}})

    with pytest.raises(Exception, match=r"modelStreamErrorException.*out of memory"):
        ask(endpoint)


def test_an_answer_that_was_cut_is_no_answer() -> None:
    with pytest.raises(Exception, match="modelStreamErrorException"):
        ask(Endpoint(delta(content="Hel"), cut=True))


def test_no_endpoint_there() -> None:
    with on_a_port(Endpoint().app) as gone:
        pass
    with on_a_port(app(OpenAI("m", gone))) as near, pytest.raises(ClientError) as raised:
        client(near).converse(**HELLO)

    assert raised.value.response["Error"]["Code"] == "ServiceUnavailableException"


def test_pictures_are_refused_rather_than_dropped() -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}
    turns = [{"role": "user", "content": [{"text": "What is this?"}, image]}]

    with pytest.raises(ClientError, match="takes no image"):
        ask(Endpoint(), messages=turns)
