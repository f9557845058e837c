"""ChatBedrockConverse, unmodified, against the local Bedrock."""

import pytest
from langchain_aws import ChatBedrockConverse
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from tests.bedrock.local_bedrock import CALL, MODEL, PARAMETERS, ScriptedModel, client, on_a_port
from waypost_local.bedrock import app
from waypost_local.bedrock.model import TextPiece

pytestmark = pytest.mark.server

FUNCTION = {
    "type": "function",
    "function": {
        "name": "query_database",
        "description": "Runs a SELECT.",
        "parameters": PARAMETERS,
    },
}


def chat(url: str, fault: str = "") -> ChatBedrockConverse:
    bedrock = client(url, fault)
    return ChatBedrockConverse(
        model=MODEL, client=bedrock, bedrock_client=bedrock, disable_streaming=False
    )


def test_it_streams_token_by_token(bedrock_url: str) -> None:
    chunks = list(chat(bedrock_url).stream([SystemMessage("Be brief."), HumanMessage("Hello")]))

    assert "".join(str(chunk.text) for chunk in chunks) == "One two three."
    assert len([chunk for chunk in chunks if chunk.text]) == 4
    usage = next(chunk.usage_metadata for chunk in chunks if chunk.usage_metadata)
    assert usage["output_tokens"] == 4


def test_it_calls_a_tool_and_sends_its_result() -> None:
    model = ScriptedModel((TextPiece("Well."), *CALL), "tool_use")
    with on_a_port(app(model)) as url:
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
    first, second = model.requests
    assert [tool["name"] for tool in first.tools] == ["query_database"]
    result = second.messages[-1]["content"][0]["toolResult"]
    assert result["toolUseId"] == "call_1"
    assert result["content"] == [{"text": "3"}]


def test_an_incomplete_stream_is_an_error(bedrock_url: str) -> None:
    with pytest.raises(Exception, match=r"prematurely|broken"):
        list(chat(bedrock_url, "cut_after;after=2").stream("Hello"))
