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

from tests.bedrock.local_bedrock import (
    HELLO,
    PARAMETERS,
    TOOL,
    client,
    on_a_port,
    text_of,
    unreachable_url,
)
from waypost.models.converse import stream
from waypost.models.turns import Reasoning, SystemPrompt, Text, UserTurn
from waypost_local.bedrock import app
from waypost_local.bedrock.openai import OpenAIModel

pytestmark = pytest.mark.server


class Endpoint:
    """Streams its chunks; records the last request."""

    def __init__(
        self,
        *chunks: dict[str, Any],
        status: int = 200,
        cut: bool = False,
        ascii_only: bool = True,
    ) -> None:
        self.chunks = chunks
        self.status = status
        self.cut = cut
        self.ascii = ascii_only
        self.body: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.app = Starlette(routes=[Route("/v1/chat/completions", self.answer, methods=["POST"])])

    async def answer(self, request: Request) -> Response:
        self.body = await request.json()
        self.headers = dict(request.headers)
        if self.status != 200:
            return JSONResponse({"error": {"message": "no"}}, self.status)
        return StreamingResponse(self.lines(), media_type="text/event-stream")

    async def lines(self) -> AsyncIterator[str]:
        yield ": a comment\n\n"
        for chunk in self.chunks:
            yield f"data: {json.dumps(chunk, ensure_ascii=self.ascii)}\n\n"
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


def converse(endpoint: Endpoint, key: str = "", **body: Any) -> list[dict[str, Any]]:
    with (
        on_a_port(endpoint.app) as far,
        on_a_port(app(OpenAIModel("m", f"{far}/v1/", key))) as near,
    ):
        return list(client(near).converse_stream(**{**HELLO, **body})["stream"])


def test_text_and_usage() -> None:
    endpoint = Endpoint(
        delta(role="assistant", content=""),
        delta(content="Hel"),
        delta(content="lo"),
        delta("stop"),
        USAGE,
    )

    events = converse(endpoint, key="secret")

    assert text_of(events) == "Hello"
    assert events[-2] == {"messageStop": {"stopReason": "end_turn"}}
    usage = events[-1]["metadata"]["usage"]
    assert (usage["inputTokens"], usage["outputTokens"]) == (15, 7)
    assert usage["cacheReadInputTokens"] == 5
    assert endpoint.headers["authorization"] == "Bearer secret"
    assert endpoint.body["stream_options"] == {"include_usage": True}


def test_without_a_key_no_authorization_is_sent() -> None:
    endpoint = Endpoint(delta(content="Hi"), delta("stop"))

    converse(endpoint)

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

    events = converse(endpoint, toolConfig={"tools": [TOOL]})

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


def calls_of(events: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """The name and the arguments of each call; their ids are distinct."""
    found: dict[int, list[str]] = {}
    ids = set()
    for event in events:
        if start := event.get("contentBlockStart"):
            use = start["start"]["toolUse"]
            ids.add(use["toolUseId"])
            found[start["contentBlockIndex"]] = [use["name"], ""]
        elif "toolUse" in (block := event.get("contentBlockDelta", {})).get("delta", {}):
            found[block["contentBlockIndex"]][1] += block["delta"]["toolUse"]["input"]
    assert len(ids) == len(found)
    return [(name, json.loads(text or "{}")) for name, text in found.values()]


A, B = '{"sql": "select 1"}', '{"sql": "select 2"}'


@pytest.mark.parametrize(
    "deltas",
    [
        # All have index 0, with ids of their own.
        [call(0, "one", A, "a"), call(0, "two", B, "b")],
        [call(0, "one", "", "a"), call(0, "", A), call(0, "two", "", "b"), call(0, "", B)],
        # No index and no id, or an empty one, or the same.
        [
            delta(tool_calls=[{"function": {"name": "one", "arguments": A}}]),
            delta(tool_calls=[{"id": "", "function": {"name": "two", "arguments": B}}]),
        ],
        [call(0, "one", A, "same"), call(0, "two", B, "same")],
        # In one delta.
        [
            delta(
                tool_calls=[
                    {"index": 0, "id": "a", "function": {"name": "one", "arguments": A}},
                    {"index": 0, "id": "b", "function": {"name": "two", "arguments": B}},
                ]
            )
        ],
        # One in the middle of the other.
        [
            call(0, "one", A[:9], "a"),
            call(1, "two", B[:4], "b"),
            call(0, "", A[9:]),
            call(1, "", B[4:]),
        ],
        # The name and the id come with every delta.
        [
            call(0, "one", A[:9], "a"),
            call(0, "one", A[9:], "a"),
            call(0, "one", "", "a"),
            call(1, "two", B, "b"),
        ],
        # The arguments are the object itself.
        [
            delta(tool_calls=[{"function": {"name": "one", "arguments": json.loads(A)}}]),
            delta(tool_calls=[{"function": {"name": "two", "arguments": json.loads(B)}}]),
        ],
    ],
)
def test_parallel_calls_stay_apart(deltas: list[dict[str, Any]]) -> None:
    events = converse(Endpoint(*deltas, delta("tool_calls")), toolConfig={"tools": [TOOL]})

    assert calls_of(events) == [("one", json.loads(A)), ("two", json.loads(B))]
    assert events[-2] == {"messageStop": {"stopReason": "tool_use"}}


def test_the_same_tool_is_called_twice_without_ids() -> None:
    deltas = [call(0, "one", A), call(0, "one", B[:5]), call(0, "one", B[5:]), call(0, "one", A)]

    events = converse(Endpoint(*deltas, delta("stop")), toolConfig={"tools": [TOOL]})

    assert calls_of(events) == [("one", json.loads(text)) for text in (A, B, A)]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\f"])
def test_separators_inside_a_line_are_text(separator: str, ascii_only: bool) -> None:
    text = f"One{separator}two{separator}"
    endpoint = Endpoint(delta(content=text), delta("stop"), ascii_only=ascii_only)

    assert text_of(converse(endpoint)) == text


def test_an_emoji_that_is_split_over_two_deltas() -> None:
    endpoint = Endpoint(
        delta(content="Yes \ud83c"),
        delta(content="\udf89!"),
        delta(content=" half \ud83c"),
        delta(content="a \udf89"),
        delta(content=" end \ud83c"),
        delta("stop"),
    )

    assert text_of(converse(endpoint)) == "Yes \U0001f389! half \ufffda \ufffd end \ufffd"


def test_an_emoji_that_is_split_in_a_calls_arguments_and_in_reasoning() -> None:
    endpoint = Endpoint(
        delta(reasoning_content="hm \ud83e"),
        delta(reasoning_content="\udd14"),
        call(0, "one", '{"sql": "\ud83e', "a"),
        call(0, "", '\udd14"}'),
        delta("stop"),
    )

    events = converse(endpoint, toolConfig={"tools": [TOOL]})

    deltas = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    reasoning = [d["reasoningContent"]["text"] for d in deltas if "reasoningContent" in d]
    assert "".join(reasoning) == "hm \U0001f914"
    assert calls_of(events) == [("one", {"sql": "\U0001f914"})]


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 9, "completion_tokens": None, "prompt_tokens_details": None}, (9, 2)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, (0, 0)),
        ({"prompt_tokens": 4, "prompt_tokens_details": {"cached_tokens": None}}, (4, 2)),
        ({"prompt_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6}}, (0, 2)),
    ],
)
def test_usage_with_nulls(usage: dict[str, Any], tokens: tuple[int, int]) -> None:
    chunk = {"choices": [], "usage": usage}

    events = converse(Endpoint(delta(content="a"), delta(content="b"), delta("stop"), chunk))

    told = events[-1]["metadata"]["usage"]
    assert (told["inputTokens"], told["outputTokens"]) == tokens


def test_usage_of_nothing_but_nulls_is_estimated() -> None:
    chunk = {"choices": None, "usage": {"prompt_tokens": None, "completion_tokens": None}}

    events = converse(Endpoint(delta(content="a"), delta("stop"), chunk))

    told = events[-1]["metadata"]["usage"]
    assert told["inputTokens"] > 0
    assert told["outputTokens"] == 1


@pytest.mark.parametrize("tag", ["think", "thinking"])
async def test_thoughts_between_tags_reach_the_run_as_reasoning(tag: str) -> None:
    endpoint = Endpoint(
        delta(content="<th"),
        delta(content=f"{tag[2:]}>They ask for "),
        delta(content=f"\u2028two.</{tag[:4]}"),
        delta(content=f"{tag[4:]}>\n\nTwo."),
        delta("stop"),
    )
    with on_a_port(endpoint.app) as far, on_a_port(app(OpenAIModel("m", f"{far}/v1"))) as near:
        turns = [UserTurn("How many?")]
        pieces = [
            piece
            async for piece in stream(client(near), "m", SystemPrompt("Brief."), turns, [], 100)
        ]

    reasoning = "".join(piece.delta for piece in pieces if isinstance(piece, Reasoning))
    text = "".join(piece.delta for piece in pieces if isinstance(piece, Text))
    assert (reasoning, text) == ("They ask for \u2028two.", "Two.")


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

    events = converse(
        endpoint,
        messages=turns,
        system=[{"text": "Be brief."}],
        toolConfig={"tools": [TOOL], "toolChoice": {"any": {}}},
        inferenceConfig={"maxTokens": 5, "temperature": 0.0, "topP": 0.5, "stopSequences": ["\n"]},
    )

    assert events[-2] == {"messageStop": {"stopReason": "max_tokens"}}
    body = endpoint.body
    assert body["messages"] == [
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
    assert body["tools"][0]["function"]["parameters"] == PARAMETERS
    assert body["tool_choice"] == "required"
    assert (body["max_tokens"], body["temperature"], body["top_p"]) == (5, 0.0, 0.5)
    assert body["stop"] == ["\n"]


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
def test_errors_become_those_of_bedrock(status: int, code: str) -> None:
    with pytest.raises(ClientError) as raised:
        converse(Endpoint(status=status))

    assert raised.value.response["Error"]["Code"] == code


def test_an_error_in_its_stream_is_an_exception_in_ours() -> None:
    endpoint = Endpoint(delta(content="Hel"), {"error": {"message": "out of memory"}})

    with pytest.raises(Exception, match=r"modelStreamErrorException.*out of memory"):
        converse(endpoint)


def test_an_incomplete_response_is_an_error() -> None:
    with pytest.raises(Exception, match="modelStreamErrorException"):
        converse(Endpoint(delta(content="Hel"), cut=True))


def test_an_unreachable_endpoint_is_unavailable() -> None:
    with (
        unreachable_url() as far,
        on_a_port(app(OpenAIModel("m", far))) as near,
        pytest.raises(ClientError) as raised,
    ):
        client(near).converse(**HELLO)

    assert raised.value.response["Error"]["Code"] == "ServiceUnavailableException"


def test_images_are_refused() -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}
    turns = [{"role": "user", "content": [{"text": "What is this?"}, image]}]

    with pytest.raises(ClientError, match="takes no image"):
        converse(Endpoint(), messages=turns)
