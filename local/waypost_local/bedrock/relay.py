"""Bedrock itself behind the local wire: each call is sent on to AWS with the user's credentials."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

from waypost.models import catalogue
from waypost_local.bedrock.model import (
    BedrockError,
    ConverseRequest,
    Piece,
    ReasoningPiece,
    Stop,
    TextPiece,
    ToolUseInput,
    ToolUseStart,
)


class Relay:
    """Real Bedrock. `model` replaces the model that calls ask for.

    Raises:
        ValueError: There are no AWS credentials, or there is no region.
    """

    def __init__(self, model: str | None = None, client: Any = None) -> None:
        self._model = model
        self._client = client or _connect()

    @property
    def endpoint(self) -> str:
        return str(self._client.meta.endpoint_url)

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Piece | BaseException | None] = asyncio.Queue()
        abandoned = threading.Event()

        def put(item: Piece | BaseException | None) -> None:
            if not abandoned.is_set():
                loop.call_soon_threadsafe(queue.put_nowait, item)

        def pump() -> None:
            try:
                for piece in self._pieces(request, abandoned):
                    put(piece)
                put(None)
            except Exception as error:
                put(_to_bedrock_error(error))

        threading.Thread(target=pump, daemon=True, name="bedrock-relay").start()
        try:
            while (item := await queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            abandoned.set()

    def _pieces(self, request: ConverseRequest, abandoned: threading.Event) -> Iterator[Piece]:
        model = self._model or request.model_id
        body = {**request.body, "modelId": model}
        if not catalogue.caches_prefix(model) and "system" in body:
            body["system"] = [block for block in body["system"] if "cachePoint" not in block]
        response = self._client.converse_stream(**body)
        stop = "end_turn"
        for event in response["stream"]:
            if abandoned.is_set():
                response["stream"].close()
                return
            stop = event.get("messageStop", {}).get("stopReason", stop)
            yield from _piece(event, stop)


def _piece(event: dict[str, Any], stop: str) -> Iterator[Piece]:
    match event:
        case {"contentBlockStart": {"start": {"toolUse": {"toolUseId": call, "name": name}}}}:
            yield ToolUseStart(call, name)
        case {"contentBlockDelta": {"delta": {"text": text}}}:
            yield TextPiece(text)
        case {"contentBlockDelta": {"delta": {"toolUse": {"input": text}}}}:
            yield ToolUseInput(text)
        case {"contentBlockDelta": {"delta": {"reasoningContent": {"text": text}}}}:
            yield ReasoningPiece(delta=text)
        case {"contentBlockDelta": {"delta": {"reasoningContent": {"signature": text}}}}:
            yield ReasoningPiece(signature=text)
        case {"metadata": {"usage": usage}}:
            yield Stop(
                stop,
                usage["inputTokens"],
                usage["outputTokens"],
                usage.get("cacheReadInputTokens", 0),
                usage.get("cacheWriteInputTokens", 0),
            )


def _connect() -> Any:
    import boto3
    from botocore.config import Config

    session = boto3.Session()
    if session.get_credentials() is None:
        raise ValueError(
            "MODEL=bedrock needs AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY."
        )
    if session.region_name is None:
        raise ValueError("MODEL=bedrock needs a region: set AWS_REGION or AWS_DEFAULT_REGION.")
    # The caller has its own policy of retries, and its endpoint setting points at this process.
    config = Config(
        retries={"total_max_attempts": 1},
        read_timeout=120,
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]
        max_pool_connections=50,
    )
    return session.client("bedrock-runtime", config=config)


def _to_bedrock_error(error: Exception) -> Exception:
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
    from urllib3.exceptions import HTTPError

    if isinstance(error, ClientError):
        code = error.response["Error"].get("Code", "InternalServerException")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        return BedrockError(
            code[:1].upper() + code[1:], status, error.response["Error"].get("Message", "")
        )
    if isinstance(error, ParamValidationError):
        return BedrockError("ValidationException", 400, str(error))
    if isinstance(error, BotoCoreError | HTTPError):
        return BedrockError("ServiceUnavailableException", 503, f"Bedrock: {error}")
    return error
