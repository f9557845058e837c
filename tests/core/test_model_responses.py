"""What models send on the wire, and what goes back to them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_models import TOOL, OneReplyModel, client_error, streamed
from waypost.models import adaptation
from waypost.models.request import messages
from waypost.models.response import TurnReader, events_of
from waypost.models.turns import (
    AssistantTurn,
    CallInput,
    Finished,
    Reasoning,
    Text,
    ToolCall,
    ToolTurn,
    Turn,
    UserTurn,
)
from waypost_local.bedrock import ConverseRequest, validation
from waypost_local.bedrock import model as wire

pytestmark = pytest.mark.server
LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0"
CALL = (wire.ToolUseStart("c1", "query_database"), wire.ToolUseInput('{"sql": "SELECT 1"}'))


async def finished(*pieces: wire.Piece, stop: str = "end_turn", **more: Any) -> Finished:
    model = OneReplyModel(*pieces, wire.Stop(stop, 10, 2))
    found = (await streamed(model, [UserTurn("How many?")], **more))[-1]
    assert isinstance(found, Finished)
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        '{"sql": "select count(*) from technicians',
        '{"sql": "SELECT 1"} trailing',
        '["SELECT 1"]',
        '{"n": NaN}',
        "null",
        "{" * 5_000,
    ],
)
async def test_arguments_that_are_no_json_object_are_not_readable(arguments: str) -> None:
    call = (wire.ToolUseStart("c1", "query_database"), wire.ToolUseInput(arguments))
    turn = (await finished(*call, stop="tool_use")).turn
    assert turn.calls == (ToolCall("c1", "query_database", {}, readable=False),)


async def test_a_call_without_any_input_has_no_arguments() -> None:
    turn = (await finished(wire.ToolUseStart("c1", "today"), stop="tool_use")).turn
    assert turn.calls == (ToolCall("c1", "today", {}),)


@pytest.mark.parametrize(
    "stop", ["max_tokens", "model_context_window_exceeded", "guardrail_intervened"]
)
async def test_no_call_of_a_turn_that_was_cut_off_is_made(stop: str) -> None:
    assert (await finished(*CALL, stop=stop)).turn.calls == ()


async def test_parallel_calls_keep_their_order() -> None:
    calls = [
        part
        for n in range(4)
        for part in (wire.ToolUseStart(f"c{n}", "f"), wire.ToolUseInput(f'{{"n": {n}}}'))
    ]
    turn = (await finished(*calls, stop="tool_use")).turn
    assert [call.arguments for call in turn.calls] == [{"n": n} for n in range(4)]


async def test_reasoning_goes_back_unchanged_and_blank_text_does_not() -> None:
    turn = (
        await finished(
            wire.ReasoningPiece("First, "),
            wire.ReasoningPiece("count."),
            wire.ReasoningPiece(signature="c2ln"),
            wire.ReasoningPiece(redacted=b"\x00\xff"),
            wire.TextPiece(" \n"),
            *CALL,
            stop="tool_use",
        )
    ).turn
    assert turn.native == [
        {"reasoningContent": {"reasoningText": {"text": "First, count.", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": b"\x00\xff"}},
        {"toolUse": {"toolUseId": "c1", "name": "query_database", "input": {"sql": "SELECT 1"}}},
    ]
    answering = OneReplyModel(wire.TextPiece("One."), wire.Stop("end_turn", 1, 1))
    await streamed(answering, [UserTurn("How many?"), turn, ToolTurn("c1", "1")])
    content = answering.requests[0].messages[1]["content"]
    assert content[0] == turn.native[0]
    assert content[1]["reasoningContent"]["redactedContent"] == "AP8="


async def test_reasoning_between_tags_goes_back_with_its_tags() -> None:
    text = "<thinking> It is a count. </thinking>\n\nI will count."
    deltas = [wire.TextPiece(text[at : at + 3]) for at in range(0, len(text), 3)]
    turn = (await finished(*deltas, *CALL, stop="tool_use")).turn
    assert turn.text == "I will count."
    assert turn.native
    assert turn.native[0] == {"text": text}


async def test_several_blocks_of_text_are_one_answer() -> None:
    pieces = (wire.TextPiece("One. "), wire.TextPiece("Two.", new_block=True))
    assert (await finished(*pieces)).turn.text == "One. Two."


async def test_a_stream_without_usage_tells_none() -> None:
    model = OneReplyModel(wire.TextPiece("a"), wire.Stop("end_turn", 0, 0, reported=False))
    assert (await streamed(model, [UserTurn("x")]))[-1].usage is None


async def test_a_stream_without_an_end_is_an_error() -> None:
    reader = TurnReader()
    list(reader.pieces({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "a"}}}))
    with pytest.raises(ConnectionError):
        reader.finished()


def test_citations_stay_with_their_text() -> None:
    cited = {"citationsContent": {"content": [{"text": "So."}], "citations": [{"title": "A"}]}}
    reader = TurnReader()
    response = {"output": {"message": {"role": "assistant", "content": [cited]}}}
    pieces = [piece for event in events_of(response) for piece in reader.pieces(event)]
    assert pieces == [Text("So.")]
    assert reader.finished().turn.native == [cited]


def test_what_bedrock_calls_itself_is_not_ours() -> None:
    reader = TurnReader()
    use = {"toolUseId": "s1", "name": "nova_grounding", "type": "server_tool_use"}
    for event in (
        {"contentBlockStart": {"contentBlockIndex": 0, "start": {"toolUse": use}}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "{}"}}}},
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"text": "Found."}}},
        {"messageStop": {"stopReason": "end_turn"}},
    ):
        list(reader.pieces(event))
    assert reader.finished().turn == AssistantTurn("Found.")
    assert reader.finished().turn.native == [{"text": "Found."}]


def test_a_character_that_is_split_over_deltas_is_whole() -> None:
    reader = TurnReader()
    deltas = ["a\ud83d", "\ude00b", "\ud83d"]
    pieces = [
        piece
        for text in deltas
        for piece in reader.pieces(
            {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": text}}}
        )
    ]
    pieces += reader.pieces({"contentBlockStop": {"contentBlockIndex": 0}})
    assert "".join(piece.delta for piece in pieces if isinstance(piece, Text)) == "a😀b\ufffd"


async def test_half_a_character_in_arguments() -> None:
    call = (wire.ToolUseStart("c1", "f"), wire.ToolUseInput('{"q": "\\ud83d"}'))
    assert (await finished(*call, stop="tool_use")).turn.calls[0].arguments == {"q": "\ufffd"}


async def test_a_model_that_streams_no_tools_answers_in_one_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    model = OneReplyModel(
        wire.TextPiece("Let me "),
        wire.TextPiece("look."),
        *CALL,
        wire.Stop("tool_use", 100, 7),
    )
    *pieces, end = await streamed(model, [UserTurn("How many?")], LLAMA)
    assert pieces[0] == Text("Let me look.")
    assert CallInput("c1", '{"sql": "SELECT 1"}') in pieces
    assert end.turn.calls == (ToolCall("c1", "query_database", {"sql": "SELECT 1"}),)


class StubbornModel(OneReplyModel):
    """Refuses calls that have what it does not take."""

    def __init__(self, message: str, has: Any) -> None:
        super().__init__(wire.TextPiece("Yes."), wire.Stop("end_turn", 1, 1))
        self._message = message
        self._has = has

    async def reply(self, request: ConverseRequest) -> Any:
        if self._has(request):
            self.requests.append(request)
            raise wire.invalid(self._message)
        async for piece in super().reply(request):
            yield piece


@pytest.mark.parametrize(
    ("name", "message", "has"),
    [
        ("a.warm", "`temperature` is deprecated for this model.", lambda r: r.temperature == 0),
        (
            "a.mute",
            "This model doesn't support system messages. Try again without system messages.",
            lambda r: bool(r.system_text),
        ),
    ],
)
async def test_what_a_model_refuses_is_left_out(name: str, message: str, has: Any) -> None:
    model = StubbornModel(message, has)
    for _ in range(2):
        *pieces, _ = await streamed(model, [UserTurn("x")], name)
        assert pieces == [Text("Yes.")]
    assert len(model.requests) == 3, "it was not remembered"
    assert "Be brief." in json.dumps(model.requests[-1].body)


def test_other_refusals_are_not_repeated() -> None:
    assert not adaptation.learn("m", client_error("ValidationException"))
    assert not adaptation.learn("m", client_error("ThrottlingException"))


@pytest.mark.parametrize("name", ["functions.query_database", "x" * 70, "näme", ""])
def test_names_are_as_the_wire_has_them(name: str) -> None:
    called = AssistantTurn("", (ToolCall("c:1", name, {}),))
    sent = messages([UserTurn("x"), called, ToolTurn("c:1", "no such tool")], with_tools=True)
    check(sent, tools=True)


CALLS = st.builds(ToolCall, st.sampled_from("abc"), st.sampled_from(["f", "a.b"]), st.just({}))
TURNS = st.lists(
    st.one_of(
        st.builds(UserTurn, st.sampled_from(["", " ", "Hello"])),
        st.builds(
            AssistantTurn,
            st.sampled_from(["", "\n", "Well."]),
            st.lists(
                CALLS,
                max_size=2,
                unique_by=lambda call: call.id,
            ).map(tuple),
        ),
        st.builds(ToolTurn, st.sampled_from("abc"), st.sampled_from(["", "1"]), st.booleans()),
    ),
    max_size=8,
)


@given(TURNS, st.booleans())
def test_whatever_the_turns_bedrock_takes_the_messages(turns: list[Turn], tools: bool) -> None:
    check(messages([*turns, UserTurn("And now?")], with_tools=tools), tools=tools)


def check(sent: list[dict[str, Any]], *, tools: bool) -> None:
    """Raises what Bedrock would refuse."""
    spec = {"toolSpec": {"name": TOOL.name, "inputSchema": {"json": TOOL.parameters}}}
    body = {"messages": sent, **({"toolConfig": {"tools": [spec]}} if tools else {})}
    validation.check(ConverseRequest("m", body))


def test_reasoning_of_a_whole_response_comes_first() -> None:
    content = [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
        {"text": "Yes."},
    ]
    reader = TurnReader()
    response = {"output": {"message": {"role": "assistant", "content": content}}}
    pieces = [piece for event in events_of(response) for piece in reader.pieces(event)]
    assert pieces == [Reasoning("Hm."), Text("Yes.")]
    assert reader.finished().turn.native == content
