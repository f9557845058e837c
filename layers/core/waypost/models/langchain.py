"""LangChain's messages and ours, and the model that agents written with LangChain are given.

Importing this module costs a second or more: only what runs such an agent does.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from functools import partial
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
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import PrivateAttr

from waypost.errors import ModelBusy
from waypost.events import Usage
from waypost.models import catalogue
from waypost.models.attempts import Attempts
from waypost.models.failures import model_error
from waypost.models.pump import pump
from waypost.models.response import read_arguments
from waypost.models.stop_reasons import WITHOUT_CALLS
from waypost.models.thinking import ThinkingFilter
from waypost.models.turns import (
    AssistantTurn,
    CallInput,
    CallStarted,
    Finished,
    Piece,
    Reasoning,
    ToolCall,
    ToolSpec,
    ToolTurn,
    Turn,
    UserTurn,
)


class StreamingConverse(ChatBedrockConverse):
    """ChatBedrockConverse as Waypost calls models.

    One thread a stream instead of a thread hop a chunk; tried again, and then its fallbacks, until
    something of the answer is out; a call whose arguments are no JSON object, or that was cut off,
    is an invalid one and never a repaired one.
    """

    _fallbacks: tuple[str, ...] = PrivateAttr(default=())

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        attempts = Attempts([self.model_id, *self._fallbacks])
        while True:
            asked = self._of(attempts.current.model)
            shown = False
            try:
                chunks = pump(partial(asked._stream, messages, stop, None, **kwargs))
                async with aclosing(chunks):
                    async for chunk in _with_whole_calls(chunks):
                        shown = shown or bool(chunk.message.content)
                        if run_manager:
                            await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
            except Exception as error:
                failure = None if shown else model_error(error)
                if failure is None:
                    raise
                following = attempts.after(
                    worth_repeating=failure.retryable, busy=isinstance(failure, ModelBusy)
                )
                if following is None:
                    raise
                await asyncio.sleep(following.wait)
            else:
                return

    def _of(self, model: str) -> "StreamingConverse":
        return self if model == self.model_id else chat_model(self.client, [model], self.max_tokens)


def chat_model(client: Any, models: Sequence[str], max_tokens: int | None) -> StreamingConverse:
    """A chat model over the deployment's client.

    Args:
        models: The first is asked; the others in turn, where one fails before its first word.
    """
    made = StreamingConverse(
        model=models[0],
        client=client,
        # Without this it builds a second client of its own, 0.1 s each.
        bedrock_client=client,
        # It turns streaming off for a model whose name it does not know.
        disable_streaming=not catalogue.streams_tools(models[0]) and "tool_calling",
        provider=catalogue.provider(models[0]) or "amazon",
        base_model=catalogue.base_model(models[0]),
        max_tokens=max_tokens,
        temperature=0,
    )
    made._fallbacks = tuple(models[1:])
    return made


def tool(spec: ToolSpec, call: Callable[[dict[str, Any]], Awaitable[Any]]) -> BaseTool:
    """One of our tools. `call` returns what has `text` for the model, and `failed`.

    What it returned is the artifact of the tool's message.
    """

    async def use(**arguments: Any) -> tuple[str, Any]:
        result = await call(arguments)
        if result.failed:
            raise ToolException(result.text)
        return result.text, result

    return StructuredTool.from_function(
        coroutine=use,
        name=spec.name,
        description=spec.description,
        args_schema=spec.parameters,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


async def _with_whole_calls(
    chunks: AsyncIterator[ChatGenerationChunk],
) -> AsyncIterator[ChatGenerationChunk]:
    """Holds the arguments of calls back until it is known whether they are whole."""
    held: dict[Any, str] = {}
    stop_reason = ""
    async for chunk in chunks:
        message = chunk.message
        assert isinstance(message, AIMessageChunk)  # noqa: S101 - a stream has no other
        stop_reason = message.response_metadata.get("stopReason", stop_reason)
        for part in message.tool_call_chunks:
            held[part["index"]] = held.get(part["index"], "") + (part["args"] or "")
        if message.tool_call_chunks:
            named = [{**part, "args": ""} for part in message.tool_call_chunks if part["name"]]
            message = message.model_copy(update={"tool_call_chunks": named})
        yield ChatGenerationChunk(message=message)
    if held:
        whole = stop_reason not in WITHOUT_CALLS
        calls = [
            tool_call_chunk(args=_checked(args, whole=whole), index=index)
            for index, args in held.items()
        ]
        yield ChatGenerationChunk(message=AIMessageChunk(content=[], tool_call_chunks=calls))


def _checked(arguments: str, *, whole: bool) -> str:
    """The arguments, or a text that LangChain cannot repair into any."""
    if whole and read_arguments(arguments) is not None:
        return arguments or "{}"
    return "not a JSON object"


class ChunkReader:
    """Reads the chunks of one model's answer."""

    def __init__(self) -> None:
        self._calls: dict[Any, str] = {}
        self._filter = ThinkingFilter()

    def pieces(self, chunk: AIMessageChunk) -> Iterator[Piece]:
        if isinstance(chunk.content, str):
            yield from self._filter.feed(chunk.content)
        for block in chunk.content if isinstance(chunk.content, list) else []:
            if not isinstance(block, dict):
                continue
            if block.get("type") == "text" and block.get("text"):
                yield from self._filter.feed(block["text"])
            elif block.get("type") == "reasoning_content":
                delta = block["reasoning_content"].get("text")
                if delta:
                    yield Reasoning(delta)
        for call in chunk.tool_call_chunks:
            if call["id"] and call["name"]:
                yield from self.end()
                self._calls[call["index"]] = call["id"]
                yield CallStarted(call["id"], call["name"])
            if call["args"] and call["index"] in self._calls:
                yield CallInput(self._calls[call["index"]], call["args"])

    def end(self) -> Iterator[Piece]:
        """What is still held back."""
        yield from self._filter.end()


def unstreamed_pieces(whole: AIMessage) -> Iterator[Piece]:
    """The pieces of a message that did not come as a stream."""
    found = ThinkingFilter()
    yield from found.feed(str(whole.text))
    yield from found.end()
    for call in whole.tool_calls:
        yield CallStarted(call["id"] or "", call["name"])


def finished(whole: AIMessage) -> Finished:
    stop_reason = str(whole.response_metadata.get("stopReason", "end_turn"))
    calls = [ToolCall(c["id"] or "", c["name"], c["args"]) for c in whole.tool_calls]
    calls += [
        ToolCall(c["id"] or "", c["name"] or "", {}, readable=False)
        for c in whole.invalid_tool_calls
    ]
    made = () if stop_reason in WITHOUT_CALLS else tuple(calls)
    return Finished(AssistantTurn(str(whole.text), made), stop_reason, _usage(whole))


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
