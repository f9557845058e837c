"""The research agent: a model that searches and queries until it can write its report."""

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.tools import BaseTool

_UNREADABLE = "A call of yours was no JSON object, and was not made."


def research(model: BaseChatModel, tools: Sequence[BaseTool]) -> Runnable[Any, AIMessage]:
    """A Runnable from `{"messages"}` to the message that is the report.

    Args:
        model: The deployment's, with its retries and deadlines.
        tools: The agent's, as its definition names them.
    """
    answering = model.bind_tools(tools)
    by_name = {tool.name: tool for tool in tools}

    async def call(request: Any, config: RunnableConfig) -> BaseMessage:
        tool = by_name.get(request["name"])
        if tool is None:
            text = f"There is no tool {request['name']!r}."
            return ToolMessage(text, tool_call_id=request["id"], status="error")
        result: BaseMessage = await tool.ainvoke(request, config)
        return result

    async def report(value: dict[str, Any], config: RunnableConfig) -> AIMessage:
        messages: list[BaseMessage] = list(value["messages"])
        while True:
            reply = await answering.ainvoke(messages, config)
            if not reply.tool_calls and not reply.invalid_tool_calls:
                return reply
            if reply.response_metadata.get("stopReason") == "max_tokens":
                return reply
            if reply.tool_calls:
                messages.append(reply)
                messages += [await call(request, config) for request in reply.tool_calls]
            else:
                messages.append(HumanMessage(_UNREADABLE))

    return RunnableLambda(report)
