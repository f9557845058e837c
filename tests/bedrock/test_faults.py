"""Failures on demand, and what boto3 makes of each."""

import json
import threading
from typing import Any

import httpx
import pytest
from botocore.exceptions import (
    ClientError,
    EventStreamError,
    HTTPClientError,
    ReadTimeoutError,
)
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as StreamTimeout

from tests.bedrock.local_bedrock import HELLO, MODEL, ScriptedModel, client, on_a_port, text_of
from waypost_local.bedrock import Fault, Faults, app

pytestmark = pytest.mark.server

REFUSALS = [
    ("throttling", "ThrottlingException", 429),
    ("unavailable", "ServiceUnavailableException", 503),
    ("internal", "InternalServerException", 500),
    ("model_timeout", "ModelTimeoutException", 408),
    ("model_error", "ModelErrorException", 424),
    ("model_not_ready", "ModelNotReadyException", 429),
    ("access_denied", "AccessDeniedException", 403),
    ("not_found", "ResourceNotFoundException", 404),
]


@pytest.mark.parametrize(("kind", "code", "status"), REFUSALS)
@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_a_call_is_refused(
    bedrock_url: str, operation: str, kind: str, code: str, status: int
) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(client(bedrock_url, kind), operation)(**HELLO)

    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("name", ["throttlingException", "modelStreamErrorException"])
def test_an_exception_after_n_deltas(bedrock_url: str, after: int, name: str) -> None:
    fault = f"exception_after;after={after};exception={name}"
    seen: list[dict[str, Any]] = []
    with pytest.raises(EventStreamError) as raised:
        seen.extend(client(bedrock_url, fault).converse_stream(**HELLO)["stream"])

    assert raised.value.response["Error"]["Code"] == name
    assert len(seen) == 1 + after


def test_what_comes_before_an_exception_has_arrived(bedrock_url: str) -> None:
    stream = client(bedrock_url, "exception_after;after=2").converse_stream(**HELLO)["stream"]
    events = iter(stream)
    assert text_of([next(events), next(events), next(events)]) == "One two"
    with pytest.raises(EventStreamError):
        next(events)


@pytest.mark.parametrize("after", [0, 2])
def test_a_connection_is_cut(bedrock_url: str, after: int) -> None:
    events = iter(
        client(bedrock_url, f"cut_after;after={after}").converse_stream(**HELLO)["stream"]
    )
    assert text_of(next(events) for _ in range(after + 1)) == "One two"[: after * 4]
    with pytest.raises(ProtocolError):
        next(events)


def test_a_plain_call_is_cut_too(bedrock_url: str) -> None:
    with pytest.raises((HTTPClientError, ProtocolError)):
        client(bedrock_url, "cut_after;after=1").converse(**HELLO)


def test_a_stream_stalls_until_the_client_gives_up(bedrock_url: str) -> None:
    short_timeout = client(bedrock_url, "stall_after;after=1", read_timeout=1)
    events = iter(short_timeout.converse_stream(**HELLO)["stream"])
    assert text_of([next(events), next(events)]) == "One"
    with pytest.raises((ReadTimeoutError, StreamTimeout)):
        next(events)


def test_a_stall_can_end(bedrock_url: str) -> None:
    fault = "stall_after;after=1;seconds=0"
    events = list(client(bedrock_url, fault).converse_stream(**HELLO)["stream"])

    assert text_of(events) == "One two three."


def test_a_setting_is_used_up() -> None:
    with on_a_port(app(ScriptedModel())) as url:
        httpx.put(f"{url}/_faults", json={"kind": "throttling", "times": 2}).raise_for_status()
        for _ in range(2):
            with pytest.raises(ClientError):
                client(url).converse(**HELLO)

        assert client(url).converse(**HELLO)["stopReason"] == "end_turn"
        assert httpx.get(f"{url}/_faults").json() is None


def test_a_setting_is_shown_and_removed() -> None:
    with on_a_port(app(ScriptedModel())) as url:
        settings = {"kind": "cut_after", "after": 3, "model": "nova"}
        shown = httpx.put(f"{url}/_faults", json=settings).json()

        assert shown == httpx.get(f"{url}/_faults").json()
        assert settings.items() <= shown.items()
        assert httpx.delete(f"{url}/_faults").json() is None
        assert client(url).converse(**HELLO)["stopReason"] == "end_turn"


@pytest.mark.parametrize(
    "narrowed", [{"operation": "converse-stream"}, {"model": "micro"}, {"operation": "invoke"}]
)
def test_a_setting_applies_only_to_calls_that_match(narrowed: dict[str, str]) -> None:
    with on_a_port(app(ScriptedModel())) as url:
        httpx.put(f"{url}/_faults", json={"kind": "internal", **narrowed}).raise_for_status()

        assert client(url).converse(**HELLO)["stopReason"] == "end_turn"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"kind": "gremlins"}, "kind must be one of throttling,"),
        ({"kind": "throttling", "n": 1}, "there is no 'n'"),
        ({"kind": "throttling", "times": "2"}, "times must be of type int"),
        ({"kind": "exception_after", "exception": "x"}, "exception must be one of"),
        ([], "kind must be one of"),
    ],
)
def test_an_invalid_setting_is_refused(settings: Any, expected: str) -> None:
    with on_a_port(app(ScriptedModel())) as url:
        answer = httpx.put(f"{url}/_faults", content=json.dumps(settings))

    assert answer.status_code == 400
    assert expected in answer.json()["message"]


def test_an_invalid_header_is_refused(bedrock_url: str) -> None:
    with pytest.raises(ClientError, match="x-waypost-fault"):
        client(bedrock_url, "gremlins").converse(**HELLO)


def test_concurrent_calls_share_the_number_of_times() -> None:
    faults = Faults()
    faults.set(Fault("throttling", times=5))
    refused: list[str] = []

    def call(url: str) -> None:
        try:
            client(url).converse(**HELLO)
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])

    with on_a_port(app(ScriptedModel(), faults=faults)) as url:
        threads = [threading.Thread(target=call, args=(url,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert refused == ["ThrottlingException"] * 5
    assert MODEL in HELLO["modelId"]
