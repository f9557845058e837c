"""LangChain's messages and ours, and the model that agents written with LangChain are given.

Importing this module costs a second or more: only what runs such an agent does.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_aws import ChatBedrockConverse
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGenerationChunk

from waypost.events import Usage
from waypost.models.pump import pump
from waypost.models.turns import (
    AssistantTurn,
    CallInput,
    CallStarted,
    Finished,
    Piece,
    Reasoning,
    Text,
    ToolCall,
    ToolTurn,
    Turn,
    UserTurn,
)


class StreamingConverse(ChatBedrockConverse):
    """ChatBedrockConverse with one thread a stream instead of a thread hop a chunk."""

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        def start() -> Iterator[ChatGenerationChunk]:
            return self._stream(messages, stop, None, **kwargs)

        async for chunk in pump(start):
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


def pieces(chunk: AIMessageChunk, calls: dict[Any, str]) -> Iterator[Piece]:
    """The pieces in a chunk. `calls` holds the ids of the calls so far, by their index."""
    if isinstance(chunk.content, str) and chunk.content:
        yield Text(chunk.content)
    for block in chunk.content if isinstance(chunk.content, list) else []:
        if not isinstance(block, dict):
            continue
        if block.get("type") == "text" and block.get("text"):
            yield Text(block["text"])
        elif block.get("type") == "reasoning_content":
            delta = block["reasoning_content"].get("text")
            if delta:
                yield Reasoning(delta)
    for call in chunk.tool_call_chunks:
        if call["id"] and call["name"]:
            calls[call["index"]] = call["id"]
            yield CallStarted(call["id"], call["name"])
        if call["args"] and call["index"] in calls:
            yield CallInput(calls[call["index"]], call["args"])


def unstreamed_pieces(whole: AIMessage) -> Iterator[Piece]:
    """The pieces of a message that did not come as a stream."""
    if text := str(whole.text):
        yield Text(text)
    for call in whole.tool_calls:
        yield CallStarted(call["id"] or "", call["name"])


def finished(whole: AIMessage) -> Finished:
    calls = [ToolCall(c["id"] or "", c["name"], c["args"]) for c in whole.tool_calls]
    # Arguments that are not JSON come to the agent as no arguments: it tells the model.
    calls += [ToolCall(c["id"] or "", c["name"] or "", {}) for c in whole.invalid_tool_calls]
    return Finished(
        AssistantTurn(str(whole.text), tuple(calls)),
        str(whole.response_metadata.get("stopReason", "end_turn")),
        _usage(whole),
    )


def _usage(whole: AIMessage) -> Usage:
    usage = whole.usage_metadata
    if usage is None:
        return Usage()
    details = usage.get("input_token_details") or {}
    read, written = details.get("cache_read") or 0, details.get("cache_creation") or 0
    # langchain-aws adds the cached tokens to the input tokens, Bedrock counts them apart.
    return Usage(
        input_tokens=usage["input_tokens"] - read - written,
        output_tokens=usage["output_tokens"],
        cache_read_tokens=read,
        cache_write_tokens=written,
    )


def system_message(instructions: str) -> BaseMessage:
    return SystemMessage(instructions)


def message(turn: Turn) -> BaseMessage:
    match turn:
        case UserTurn(text):
            return HumanMessage(text)
        case ToolTurn(call_id, text, failed):
            status = "error" if failed else "success"
            return ToolMessage(text, tool_call_id=call_id, status=status)
        case AssistantTurn(text, calls):
            return AIMessage(
                content=text,
                tool_calls=[{"id": c.id, "name": c.name, "args": c.arguments} for c in calls],
            )
