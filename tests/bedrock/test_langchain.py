"""ChatBedrockConverse, unmodified, against the stand-in."""

import pytest
from langchain_aws import ChatBedrockConverse
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from tests.bedrock.stand_in import CALL, MODEL, TOOL, Scripted, client, on_a_port
from waypost_local.bedrock import app
from waypost_local.bedrock.model import Text

FUNCTION = {
    "type": "function",
    "function": {
        "name": "query_database",
        "description": "Runs a SELECT.",
        "parameters": TOOL["toolSpec"]["inputSchema"]["json"],
    },
}


def chat(url: str, fault: str = "") -> ChatBedrockConverse:
    made = client(url, fault)
    return ChatBedrockConverse(
        model=MODEL, client=made, bedrock_client=made, disable_streaming=False
    )


def test_it_streams_token_by_token() -> None:
    with on_a_port(app(Scripted())) as url:
        chunks = list(chat(url).stream([SystemMessage("Be brief."), HumanMessage("Hello")]))

    assert "".join(str(chunk.text) for chunk in chunks) == "One two three."
    assert len([chunk for chunk in chunks if chunk.text]) == 4
    usage = next(chunk.usage_metadata for chunk in chunks if chunk.usage_metadata)
    assert usage["output_tokens"] == 4


def test_it_hears_a_tool_call_and_brings_back_its_result() -> None:
    scripted = Scripted((Text("Well."), *CALL), "tool_use")
    with on_a_port(app(scripted)) as url:
        bound = chat(url).bind_tools([FUNCTION])
        answer = bound.invoke([HumanMessage("How many?")])
        assert isinstance(answer, AIMessage)
        bound.invoke([HumanMessage("How many?"), answer, ToolMessage("3", tool_call_id="call_1")])

    (call,) = answer.tool_calls
    assert (call["name"], call["args"], call["id"]) == (
        "query_database",
        {"sql": "select 1"},
        "call_1",
    )
    first, second = scripted.asked
    assert [tool["name"] for tool in first.tools] == ["query_database"]
    result = second.messages[-1]["content"][0]["toolResult"]
    assert result["toolUseId"] == "call_1"
    assert result["content"] == [{"text": "3"}]


def test_a_stream_that_is_cut_is_not_taken_for_an_answer() -> None:
    with on_a_port(app(Scripted())) as url, pytest.raises(Exception, match=r"prematurely|broken"):
        list(chat(url, "cut_after;after=2").stream("Hello"))
