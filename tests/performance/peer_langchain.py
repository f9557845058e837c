"""An ordinary LangChain app: everything imported at start, a classifier, then a streamed answer."""

import json
import os
from collections.abc import AsyncIterator
from typing import Any

import boto3
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from langchain_aws import ChatBedrockConverse
from langchain_core.messages import HumanMessage, SystemMessage

app = FastAPI()
client = boto3.client("bedrock-runtime", region_name=os.environ["AWS_REGION"])
options: dict[str, Any] = {"client": client, "bedrock_client": client, "disable_streaming": False}
small = ChatBedrockConverse(model="us.amazon.nova-micro-v1:0", **options)
large = ChatBedrockConverse(model="us.amazon.nova-lite-v1:0", max_tokens=100_000, **options)


@app.get("/health")
async def health() -> str:
    return "ok"


@app.post("/ask")
async def ask(request: Request) -> StreamingResponse:
    return StreamingResponse(_answer(**await request.json()), media_type="text/event-stream")


async def _answer(input: str, *, routed: bool = False) -> AsyncIterator[str]:  # noqa: A002
    if routed:
        await small.ainvoke([SystemMessage("Name one of the <agents>."), HumanMessage(input)])
    async for chunk in large.astream([SystemMessage("Write tokens."), HumanMessage(input)]):
        if text := chunk.text:
            yield f"data: {json.dumps({'delta': text})}\n\n"


@app.post("/raw")
def raw(body: dict[str, Any]) -> StreamingResponse:
    return StreamingResponse(_raw(body["input"]), media_type="text/event-stream")


def _raw(text: str) -> Any:
    messages = [{"role": "user", "content": [{"text": text}]}]
    for event in client.converse_stream(modelId="m", messages=messages)["stream"]:
        if delta := event.get("contentBlockDelta"):
            yield f"data: {json.dumps({'delta': delta['delta']['text']})}\n\n"
