"""DynamoDB's failures on demand, and what boto3 makes of each."""

import threading
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from waypost_local.aws import fault_middleware, moto_server
from waypost_local.aws.dynamodb_faults import DynamoDBFault, DynamoDBFaults

REFUSALS = [
    ("throttling", "ProvisionedThroughputExceededException", 400),
    ("internal", "InternalServerError", 500),
    ("unavailable", "ServiceUnavailable", 503),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = moto_server.server("127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.port}"
    client(url).create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield url
    server.shutdown()
    thread.join(10)


@pytest.fixture
def faults(url: str) -> Iterator[str]:
    """The URL of the faults; they are removed after the test."""
    yield f"{url}/_faults"
    httpx.delete(f"{url}/_faults")


@cache
def client(url: str, tries: int = 1) -> Any:
    config = Config(retries={"total_max_attempts": tries, "mode": "standard"})
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=config,
    )


def put(url: str, key: str, tries: int = 1) -> None:
    client(url, tries).put_item(TableName="things", Item={"pk": {"S": key}})


def has(url: str, key: str) -> bool:
    return "Item" in client(url).get_item(TableName="things", Key={"pk": {"S": key}})


def set_faults(address: str, *settings: dict[str, Any]) -> None:
    httpx.put(address, json=list(settings)).raise_for_status()


@pytest.mark.parametrize(("kind", "code", "status"), REFUSALS)
def test_a_call_is_refused_and_not_made(
    url: str, faults: str, kind: str, code: str, status: int
) -> None:
    set_faults(faults, {"kind": kind, "times": 1})

    with pytest.raises(ClientError) as raised:
        put(url, f"refused-{kind}")

    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert not has(url, f"refused-{kind}")


@pytest.mark.parametrize(("kind", "made"), [("cut", False), ("lost", True)])
def test_a_connection_closes_before_or_after_the_call_was_made(
    url: str, faults: str, kind: str, made: bool
) -> None:
    set_faults(faults, {"kind": kind, "times": 1})

    with pytest.raises(ConnectionClosedError):
        put(url, f"closed-{kind}")

    assert has(url, f"closed-{kind}") is made


def test_a_delayed_call_is_made(url: str, faults: str) -> None:
    set_faults(faults, {"kind": "delay", "times": 1, "seconds": 0.01})

    put(url, "delayed")

    assert httpx.get(faults).json() == []
    assert has(url, "delayed")


def test_others_are_answered_while_one_is_delayed(
    url: str, faults: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    delayed, released = threading.Event(), threading.Event()

    def sleep(_: float) -> None:
        delayed.set()
        released.wait(30)

    monkeypatch.setattr(fault_middleware, "time", SimpleNamespace(sleep=sleep))
    set_faults(faults, {"kind": "delay", "operation": "PutItem"})
    slow = threading.Thread(target=put, args=(url, "slow"), daemon=True)
    slow.start()
    assert delayed.wait(30)

    assert not has(url, "slow")

    released.set()
    slow.join(30)
    assert has(url, "slow")


@pytest.mark.parametrize("kind", ["throttling", "internal", "unavailable", "cut", "lost"])
def test_an_sdk_that_tries_again_gets_through(url: str, faults: str, kind: str) -> None:
    set_faults(faults, {"kind": kind, "times": 1})

    put(url, f"again-{kind}", tries=2)

    assert has(url, f"again-{kind}")


def test_a_fault_applies_only_to_calls_that_match(url: str, faults: str) -> None:
    set_faults(
        faults,
        {"kind": "internal", "operation": "UpdateItem"},
        {"kind": "internal", "containing": "T#other#"},
    )

    put(url, "T#mine#")

    with pytest.raises(ClientError):
        put(url, "T#other#")


def test_of_several_faults_the_first_that_matches_applies(url: str, faults: str) -> None:
    set_faults(
        faults,
        {"kind": "throttling", "operation": "GetItem"},
        {"kind": "unavailable", "times": 1},
        {"kind": "internal", "times": 1},
    )

    codes: list[str] = []
    for _ in range(2):
        with pytest.raises(ClientError) as raised:
            put(url, "several")
        codes.append(raised.value.response["Error"]["Code"])

    assert codes == ["ServiceUnavailable", "InternalServerError"]
    assert [fault["kind"] for fault in httpx.get(faults).json()] == ["throttling"]


def test_faults_are_added_and_removed_by_the_text_they_match(faults: str) -> None:
    set_faults(faults, {"kind": "cut", "containing": "T#a#"})
    httpx.post(faults, json={"kind": "lost", "containing": "T#b#"}).raise_for_status()

    remaining = httpx.delete(faults, params={"containing": "T#a#"}).json()

    assert [(fault["kind"], fault["containing"]) for fault in remaining] == [("lost", "T#b#")]
    assert httpx.delete(faults).json() == []


def test_a_probability_fails_the_same_calls_for_the_same_seed() -> None:
    def failed(seed: int) -> list[bool]:
        faults = DynamoDBFaults()
        faults.set([DynamoDBFault("cut", probability=0.5, seed=seed)])
        return [faults.take("PutItem", "") is not None for _ in range(40)]

    assert failed(1) == failed(1) != failed(2)
    assert 5 < sum(failed(1)) < 35


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"kind": "gremlins"}, "kind must be one of throttling,"),
        ({"kind": "cut", "n": 1}, "there is no 'n'"),
        ({"kind": "cut", "times": "2"}, "times must be of type int"),
        ({"kind": "delay", "seconds": -1}, "seconds must not be negative"),
        ([{"kind": "cut"}, 3], "kind must be one of"),
    ],
)
def test_an_invalid_fault_is_refused(faults: str, settings: Any, expected: str) -> None:
    answer = httpx.put(faults, json=settings)

    assert answer.status_code == 400
    assert expected in answer.json()["message"]
    assert httpx.get(faults).json() == []


def test_invalid_json_is_refused(faults: str) -> None:
    assert httpx.put(faults, content=b"{").status_code == 400
