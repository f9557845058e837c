"""Any OpenAI-compatible endpoint behind Bedrock's wire: Ollama, llama.cpp, vLLM and the like.

https://platform.openai.com/docs/api-reference/chat/create, as far as those servers agree on it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from waypost_local.bedrock.model import (
    BedrockError,
    ConverseRequest,
    Piece,
    ReasoningPiece,
    Stop,
    TextPiece,
)
from waypost_local.bedrock.openai_deltas import CallDeltas, WholeCharacters
from waypost_local.bedrock.openai_request import request_body
from waypost_local.bedrock.tokens import input_tokens

_REASONS = {"length": "max_tokens", "tool_calls": "tool_use", "content_filter": "content_filtered"}
_ERRORS = {
    400: ("ValidationException", 400),
    401: ("AccessDeniedException", 403),
    403: ("AccessDeniedException", 403),
    404: ("ResourceNotFoundException", 404),
    408: ("ModelTimeoutException", 408),
    413: ("ValidationException", 400),
    422: ("ValidationException", 400),
    429: ("ThrottlingException", 429),
    503: ("ServiceUnavailableException", 503),
}
_CHECK_TIMEOUT = 3
_TIMEOUT = httpx.Timeout(connect=5, read=300, write=30, pool=30)


class OpenAIModel:
    """`url` is the base that `/chat/completions` is appended to; `key` may be empty."""

    def __init__(self, model: str, url: str, key: str = "") -> None:
        self.model = model
        self.url = f"{url.rstrip('/')}/chat/completions"
        self.headers = {"authorization": f"Bearer {key}"} if key else {}

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        body = request_body(self.model, request)
        completion = _Completion(request)
        try:
            async for chunk in self._chunks(body):
                for piece in completion.pieces(chunk):
                    yield piece
        except httpx.TimeoutException as error:
            raise BedrockError("ModelTimeoutException", 408, f"{self.url}: {error}") from None
        except httpx.HTTPError as error:
            raise BedrockError("ServiceUnavailableException", 503, f"{self.url}: {error}") from None
        for piece in completion.end():
            yield piece

    async def _chunks(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT, headers=self.headers) as client,
            client.stream("POST", self.url, json=body) as response,
        ):
            if response.status_code != 200:
                raise _error(response.status_code, await response.aread())
            async for line in _lines(response):
                field, _, data = line.partition(":")
                if field != "data":
                    continue
                if data.strip() == "[DONE]":
                    return
                yield _parse(data)
            raise BedrockError("ModelStreamErrorException", 424, "The endpoint's stream was cut.")


async def endpoint_problem(model: OpenAIModel) -> str:
    """Why the endpoint will not answer for its model, or nothing; within 3 seconds."""
    url = model.url.removesuffix("/chat/completions")
    try:
        async with (
            asyncio.timeout(_CHECK_TIMEOUT),
            httpx.AsyncClient(timeout=_CHECK_TIMEOUT, headers=model.headers) as client,
        ):
            listed = await client.get(f"{url}/models")
            if listed.status_code == 200:
                return _unknown(model.model, listed)
            if listed.status_code not in {404, 405, 501}:
                return _refusal(listed)
            # Not every endpoint lists its models.
            hello = [{"role": "user", "content": "Hello"}]
            body = {"model": model.model, "messages": hello, "max_tokens": 1}
            asked = await client.post(model.url, json=body)
            return "" if asked.status_code == 200 else _refusal(asked)
    except (TimeoutError, httpx.TimeoutException):
        return f"nothing came within {_CHECK_TIMEOUT} seconds"
    except httpx.ConnectError:
        return "it refuses the connection; is the server started, and is this its address?"
    except httpx.HTTPError as error:
        return str(error)


def _unknown(name: str, listed: httpx.Response) -> str:
    try:
        models = [str(one["id"]) for one in listed.json()["data"]]
    except (ValueError, KeyError, TypeError):
        return ""
    if not models or name in models or f"{name}:latest" in models:
        return ""
    return f"it does not know the model {name}; it has {', '.join(models[:8])}"


def _refusal(response: httpx.Response) -> str:
    if response.status_code in {401, 403}:
        return f"it answered {response.status_code}; set OPENAI_API_KEY to a key that it takes"
    return f"it answered {response.status_code}: {' '.join(response.text.split())[:200]}"


class _Completion:
    """One completion, read chunk by chunk."""

    def __init__(self, request: ConverseRequest) -> None:
        self._request = request
        self._reason = "end_turn"
        self._usage: dict[str, Any] = {}
        self._text = WholeCharacters()
        self._reasoning = WholeCharacters()
        self._calls = CallDeltas()
        self._deltas = 0

    def pieces(self, chunk: dict[str, Any]) -> Iterator[Piece]:
        self._usage = chunk.get("usage") or self._usage
        for choice in (chunk.get("choices") or [])[:1]:
            for piece in self._delta(choice.get("delta") or {}):
                self._deltas += 1
                yield piece
            if reason := choice.get("finish_reason"):
                self._reason = _REASONS.get(reason, "end_turn")

    def end(self) -> Iterator[Piece]:
        """What is still held back, and the end.

        Where a server sends no usage, tokens are estimated: one for each delta.
        """
        if rest := self._text.end():
            yield TextPiece(rest)
        yield from self._calls.end()
        # Some servers end a tool call with `stop`.
        reason = "tool_use" if self._calls and self._reason == "end_turn" else self._reason
        read, written = self._usage.get("prompt_tokens"), self._usage.get("completion_tokens")
        read = input_tokens(self._request) if read is None else read
        details = self._usage.get("prompt_tokens_details") or {}
        cached = min(details.get("cached_tokens") or 0, read)
        yield Stop(reason, read - cached, self._deltas if written is None else written, cached)

    def _delta(self, delta: dict[str, Any]) -> Iterator[Piece]:
        reasoning = delta.get("reasoning_content") or delta.get("reasoning") or ""
        if shown := self._reasoning.feed(reasoning):
            yield ReasoningPiece(shown)
        if shown := self._text.feed(delta.get("content") or ""):
            yield TextPiece(shown)
        for call in delta.get("tool_calls") or []:
            yield from self._calls.pieces(call)


async def _lines(response: httpx.Response) -> AsyncIterator[str]:
    """Lines as Server-Sent Events have them: U+2028 and its like, which httpx cuts at, are text."""
    rest = b""
    async for data in response.aiter_bytes():
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
    yield rest.decode(errors="replace")


def _parse(data: str) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except ValueError:
        chunk = None
    if not isinstance(chunk, dict):
        raise BedrockError("ModelStreamErrorException", 424, "The endpoint sent no JSON.")
    if error := chunk.get("error"):
        message = error.get("message") if isinstance(error, dict) else error
        raise BedrockError("ModelStreamErrorException", 424, str(message))
    return chunk


def _error(status: int, body: bytes) -> BedrockError:
    code, bedrock_status = _ERRORS.get(status, ("InternalServerException", 500))
    text = body[:500].decode(errors="replace")
    return BedrockError(code, bedrock_status, f"The endpoint answered {status}: {text}")
