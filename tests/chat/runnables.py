"""Runnables as users write them: a LangGraph graph, a chain, a function."""

from collections.abc import AsyncIterator
from typing import Any

import boto3
from botocore.config import Config
from langchain_aws import ChatBedrockConverse
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableGenerator, RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from waypost.models.langchain import StreamingConverse


@tool
def count(status: str) -> str:
    """Counts technicians by status."""
    if status == "lost":
        raise ValueError("secret: 10.0.0.1")
    return f"2 {status}"


def model(**more: Any) -> ChatBedrockConverse:
    client = boto3.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}))
    return StreamingConverse(
        model="us.amazon.nova-lite-v1:0",
        client=client,
        bedrock_client=client,
        disable_streaming=False,
        provider="amazon",
        **more,
    )


def technicians() -> Any:
    """A model that may call a tool, in a loop; a second one checks, and is not streamed."""
    answering_model = model().bind_tools([count])
    checking_model = model(tags=["nostream"])

    async def respond(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await answering_model.ainvoke(state["messages"])]}

    async def check(state: MessagesState) -> dict[str, Any]:
        await checking_model.ainvoke("Is that so?")
        return {}

    graph = StateGraph(MessagesState)
    graph.add_node("respond", respond)
    graph.add_node("tools", ToolNode([count], handle_tool_errors="The tool failed."))
    graph.add_node("check", check)
    graph.add_edge(START, "respond")
    graph.add_conditional_edges("respond", tools_condition, {"tools": "tools", END: "check"})
    graph.add_edge("tools", "respond")
    graph.add_edge("check", END)
    return graph.compile()


@tool(response_format="content_and_artifact")
def search(text: str) -> tuple[str, list[Document]]:
    """Finds documents, as a retriever's tool does."""
    found = [Document(text[::-1], metadata={"source": f"{n}.md"}) for n in range(2)]
    return f"{len(text)} characters", found


@tool
def echo(text: str, depth: int = 0) -> Any:
    """Returns what it is given, nested."""
    found: Any = text
    for _ in range(depth):
        found = {"": [found]}
    return found


def searcher() -> Any:
    """A model that may search and echo."""
    answering_model = model().bind_tools([search, echo])

    async def respond(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await answering_model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("respond", respond)
    graph.add_node("tools", ToolNode([search, echo]))
    graph.add_edge(START, "respond")
    graph.add_conditional_edges("respond", tools_condition)
    graph.add_edge("tools", "respond")
    return graph.compile()


async def _echo_twice(values: dict[str, Any]) -> str:
    """Calls a tool itself, with more than any model may write."""
    echoed = await echo.ainvoke({"text": values["question"] * 30_000, "depth": 3})
    return f"It has {len(str(echoed))} characters."


echoing: RunnableLambda[Any, str] = RunnableLambda(_echo_twice)


def chain() -> Any:
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{question}")])
    return prompt | model() | StrOutputParser()


async def _words(values: AsyncIterator[Any]) -> AsyncIterator[str]:
    async for value in values:
        for word in f"You asked: {value['question']}".split(" "):
            yield f"{word} "


words = RunnableGenerator(_words)
quiet: RunnableLambda[Any, str] = RunnableLambda(
    lambda values: f"{len(values['history'])} turns before."
)
broken: RunnableLambda[Any, float] = RunnableLambda(lambda values: 1 / 0)
nothing = "no Runnable"
