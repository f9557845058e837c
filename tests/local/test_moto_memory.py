"""The AWS of the local stack holds what is stored in it, and nothing of what it has answered."""

import gc
import os
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any
from unittest import mock

import boto3
import pytest

from waypost_local.aws import moto_server
from waypost_local.aws.account import CREDENTIALS

pytestmark = pytest.mark.server

KEYS = ("pk", "sk")


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    server = moto_server.server("127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with mock.patch.dict(os.environ, CREDENTIALS):
        client = boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            region_name="us-east-1",
        )
    client.create_table(
        TableName="memory",
        KeySchema=[
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(KEYS, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in KEYS],
        BillingMode="PAY_PER_REQUEST",
    )
    yield client
    client.delete_table(TableName="memory")
    server.shutdown()
    server.server_close()


def test_writing_and_reading_the_same_items_leaves_no_objects_behind(dynamodb: Any) -> None:
    _write_and_read(dynamodb)
    before = _objects()
    for _ in range(20):
        _write_and_read(dynamodb)

    grown = _objects() - before
    assert sum(grown.values()) < 200, grown


def _write_and_read(dynamodb: Any) -> None:
    for number in range(10):
        item = {"pk": {"S": "a"}, "sk": {"S": str(number)}, "text": {"S": "x" * 100}}
        put = {"Put": {"TableName": "memory", "Item": item}}
        dynamodb.transact_write_items(TransactItems=[put])
    dynamodb.query(
        TableName="memory",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "a"}},
    )


def _objects() -> Counter[str]:
    """How many objects of moto's own types there are."""
    gc.collect()
    kinds = (type(one) for one in gc.get_objects())
    return Counter(kind.__name__ for kind in kinds if str(kind.__module__).startswith("moto."))
