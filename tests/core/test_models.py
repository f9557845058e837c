"""Model calls: the pump, the stream over the real wire, errors and prices."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import boto3
import pytest
from botocore import exceptions as aws
from urllib3.exceptions import ProtocolError

from waypost.errors import ModelBroken, ModelBusy, ModelError, ModelRefused
from waypost.events import Usage
from waypost.models import catalogue, converse
from waypost.models.failures import model_error
from waypost.models.pump import pump
from waypost.models.turns import (
    CallInput,
    CallStarted,
    Finished,
    Reasoning,
    SystemPrompt,
    Text,
    ToolCall,
    ToolSpec,
    ToolTurn,
    UserTurn,
)
from waypost_local import bedrock
from waypost_local.bedrock import ConverseRequest
from waypost_local.bedrock import model as wire

pytestmark = pytest.mark.server

TOOL = ToolSpec("query_database", "Runs SQL", {"type": "object", "properties": {}})


async def test_the_pump_keeps_the_order_and_uses_one_thread() -> None:
    threads: set[int] = set()

    def start() -> Iterator[int]:
        for number in range(5_000):
            threads.add(threading.get_ident())
            yield number

    assert [item async for item in pump(start)] == list(range(5_000))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_an_exception_in_the_thread_is_raised_after_the_items_before_it() -> None:
    def start() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    received = []
    with pytest.raises(ValueError, match="broken"):  # noqa: PT012
        async for item in pump(start):
            received.append(item)  # noqa: PERF401
    assert received == [1]


async def test_a_consumer_that_stops_early_ends_the_thread_at_its_next_item() -> None:
    go_on, closed = threading.Event(), threading.Event()

    def start() -> Iterator[int]:
        try:
            yield 1
            go_on.wait(5)
            yield 2
            yield 3
        finally:
            closed.set()

    items = pump(start)
    assert await anext(items) == 1
    await items.aclose()
    go_on.set()
    assert await asyncio.to_thread(closed.wait, 5)


async def test_an_item_is_handed_over_while_the_next_is_awaited() -> None:
    go_on = threading.Event()

    def start() -> Iterator[str]:
        yield "first"
        go_on.wait(5)
        yield "second"

    items = pump(start)
    assert await anext(items) == "first"
    assert not go_on.is_set()
    go_on.set()
    assert await anext(items) == "second"


class OneReplyModel:
    """Gives the same reply to each request, and keeps the requests."""

    def __init__(self, *pieces: wire.Piece) -> None:
        self.pieces = pieces
        self.requests: list[ConverseRequest] = []

    async def reply(self, request: ConverseRequest) -> AsyncIterator[wire.Piece]:
        self.requests.append(request)
        for piece in self.pieces:
            yield piece


async def streamed(
    model: OneReplyModel,
    turns: list[Any],
    name: str = "us.amazon.nova-lite-v1:0",
    system: SystemPrompt = SystemPrompt("Be brief."),  # noqa: B008
) -> Any:
    async with bedrock.serving(bedrock.app(model)) as served:
        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=served.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        return [piece async for piece in converse.stream(client, name, system, turns, [TOOL], 99)]


async def test_a_streamed_reply_becomes_pieces_and_a_finished_turn() -> None:
    model = OneReplyModel(
        wire.ReasoningPiece("Hm."),
        wire.TextPiece("Let me "),
        wire.TextPiece("look."),
        wire.ToolUseStart("c1", "query_database"),
        wire.ToolUseInput('{"sql": '),
        wire.ToolUseInput('"SELECT 1"}'),
        wire.Stop("tool_use", 100, 7, 20, 30),
    )
    *pieces, finished = await streamed(model, [UserTurn("How many?")])
    assert pieces == [
        Reasoning("Hm."),
        Text("Let me "),
        Text("look."),
        CallStarted("c1", "query_database"),
        CallInput("c1", '{"sql": '),
        CallInput("c1", '"SELECT 1"}'),
    ]
    assert isinstance(finished, Finished)
    assert finished.turn.calls == (ToolCall("c1", "query_database", {"sql": "SELECT 1"}),)
    assert (finished.turn.text, finished.stop_reason) == ("Let me look.", "tool_use")
    assert finished.usage == Usage(
        input_tokens=100, output_tokens=7, cache_read_tokens=20, cache_write_tokens=30
    )
    assert model.requests[0].max_tokens == 99


async def test_a_tools_result_goes_back_with_the_models_own_message() -> None:
    calling = OneReplyModel(
        wire.ToolUseStart("c1", "query_database"),
        wire.ToolUseInput('{"sql": "SELECT 1"}'),
        wire.Stop("tool_use", 1, 1),
    )
    finished = (await streamed(calling, [UserTurn("How many?")]))[-1]
    answering = OneReplyModel(wire.TextPiece("One."), wire.Stop("end_turn", 1, 1))
    turns = [UserTurn("How many?"), finished.turn, ToolTurn("c1", "no such table", failed=True)]
    await streamed(answering, turns)
    _, called, result = answering.requests[0].messages
    assert called["content"] == [
        {"toolUse": {"toolUseId": "c1", "name": "query_database", "input": {"sql": "SELECT 1"}}}
    ]
    tool_result = result["content"][0]["toolResult"]
    assert (tool_result["toolUseId"], tool_result["status"]) == ("c1", "error")


@pytest.mark.parametrize(
    "name",
    [
        "acme.unheard-of-v9",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
        "waypost.builtin-v1:0",
    ],
)
async def test_unknown_models_are_streamed_too(name: str) -> None:
    model = OneReplyModel(wire.TextPiece("a"), wire.TextPiece("b"), wire.Stop("end_turn", 1, 2))
    *pieces, _ = await streamed(model, [UserTurn("x")], name)
    assert pieces == [Text("a"), Text("b")]
    assert model.requests[0].model_id == name


def client_error(code: str) -> aws.ClientError:
    return aws.ClientError({"Error": {"Code": code, "Message": "x"}}, "ConverseStream")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("ThrottlingException"), ModelBusy),
        (client_error("throttlingException"), ModelBusy),
        (client_error("ServiceUnavailableException"), ModelBusy),
        (client_error("ModelErrorException"), ModelBroken),
        (client_error("modelStreamErrorException"), ModelBroken),
        (client_error("ValidationException"), ModelRefused),
        (client_error("AccessDeniedException"), ModelRefused),
        (aws.ReadTimeoutError(endpoint_url="x"), ModelBroken),
        (aws.EndpointConnectionError(endpoint_url="x"), ModelBroken),
        (aws.NoCredentialsError(), ModelRefused),
        (ProtocolError("cut"), ModelBroken),
        (ConnectionError("no messageStop"), ModelBroken),
    ],
)
def test_each_aws_error_has_its_model_error(error: Exception, kind: type[ModelError]) -> None:
    assert type(model_error(error)) is kind


def test_a_wrapped_aws_error_is_found_and_other_errors_are_none() -> None:
    wrapped = ValueError("explained")
    wrapped.__cause__ = client_error("AccessDeniedException")
    assert isinstance(model_error(wrapped), ModelRefused)
    assert model_error(ValueError("a bug")) is None


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ("amazon.nova-lite-v1:0", 0.0003),
        ("us.amazon.nova-lite-v1:0", 0.0003),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/eu.amazon.nova-lite-v1:0", 0.0003),
        ("waypost.builtin-v1:0", 0.0),
        ("acme.unheard-of-v9", None),
    ],
)
def test_costs_come_from_the_catalogue(model: str, cost: float) -> None:
    usage = Usage(input_tokens=1000, output_tokens=1000)
    assert catalogue.cost(model, usage) == cost
    assert catalogue.cost(model, usage, 0.5) == (cost / 2 if cost else cost)


@pytest.mark.parametrize(
    ("model", "region", "fits"),
    [
        ("us.amazon.nova-lite-v1:0", "us-east-1", True),
        ("us.amazon.nova-lite-v1:0", "eu-central-1", False),
        ("eu.anthropic.claude-sonnet-5", "eu-north-1", True),
        ("apac.amazon.nova-lite-v1:0", "us-east-1", False),
        ("global.anthropic.claude-sonnet-5", "sa-east-1", True),
        ("amazon.nova-lite-v1:0", "eu-central-1", True),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/a", "eu-central-1", True),
    ],
)
def test_a_region_has_the_profiles_of_its_geography(model: str, region: str, fits: bool) -> None:
    assert catalogue.is_in(model, region) is fits


def test_an_application_inference_profile_does_not_say_what_it_is() -> None:
    arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2c3"
    assert (catalogue.provider(arn), catalogue.has_price(arn), catalogue.window(arn)) == (
        "",
        False,
        8_000,
    )
