"""A model call over ConverseStream: our turns in, pieces out."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from waypost.models import adaptation, bedrock
from waypost.models.pump import pump
from waypost.models.request import parameters
from waypost.models.response import TurnReader, events_of
from waypost.models.turns import Piece, SystemPrompt, ToolSpec, Turn


async def stream(
    client: Any,
    model: str,
    system: SystemPrompt,
    turns: Sequence[Turn],
    tools: Sequence[ToolSpec],
    max_tokens: int,
) -> AsyncGenerator[Piece, None]:
    """Pieces as they come, `Finished` last. A model that cannot stream answers in one go.

    Args:
        client: A bedrock-runtime client of boto3.

    Raises whatever boto3 raises; `failures.model_error` tells what it means.
    """
    asked = parameters(model, system, turns, tools, max_tokens)
    reader = TurnReader()
    async with aclosing(pump(partial(_events, client, asked))) as events:
        async for event in events:
            for piece in reader.pieces(event):
                yield piece
    yield reader.finished()


def whole(client: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """The response of Converse."""
    response, _ = _sent(asked, lambda params, _: client.converse(**params))
    return response


def _events(client: Any, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of one response."""

    def send(params: dict[str, Any], streams: bool) -> dict[str, Any]:
        if streams:
            streamed: dict[str, Any] = client.converse_stream(**params)
            return streamed
        whole_response: dict[str, Any] = bedrock.patient(client).converse(**params)
        return whole_response

    response, streams = _sent(asked, send)
    if not streams:
        yield from events_of(response)
        return
    try:
        yield from response["stream"]
    finally:
        response["stream"].close()


def _sent(
    asked: dict[str, Any], send: Callable[[dict[str, Any], bool], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """What `send` returns for the parameters as the model takes them, and whether it streams.

    What the model refuses of the call is left out once.
    """
    while True:
        params, streams = adaptation.adapted(asked)
        try:
            return send(params, streams), streams
        except ClientError as error:
            if not adaptation.learn(asked["modelId"], error):
                raise
