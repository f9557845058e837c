"""The folder that keeps the local stack's table over a restart."""

import os
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pytest

from waypost_local.aws import moto_server, table_archive
from waypost_local.aws.account import CREDENTIALS, REGION

pytestmark = pytest.mark.server

ITEM = {
    "pk": {"S": "tenant"},
    "sk": {"S": "thread\n1"},
    "text": {"S": "Grüße \U0001f600"},
    "chunk": {"B": b"\x00\xff"},
    "cost": {"N": "0.125"},
    "list": {"L": [{"M": {"deep": {"BOOL": True}}}, {"NULL": True}, {"B": b"\x01"}]},
    "tags": {"SS": ["a", "b"]},
}


def client(endpoint: str) -> Any:
    with mock.patch.dict(os.environ, CREDENTIALS):
        dynamodb = boto3.client("dynamodb", endpoint_url=endpoint, region_name=REGION)
    dynamodb.create_table(
        TableName="kept",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb


async def test_a_table_is_as_it_was_before_the_restart(tmp_path: Path) -> None:
    async with moto_server.serving(tmp_path) as endpoint:
        dynamodb = client(endpoint)
        dynamodb.put_item(TableName="kept", Item=ITEM)
        dynamodb.put_item(TableName="kept", Item={**ITEM, "sk": {"S": "gone"}})
        dynamodb.delete_item(TableName="kept", Key={"pk": ITEM["pk"], "sk": {"S": "gone"}})
    assert table_archive.size(tmp_path) > 0

    async with moto_server.serving(tmp_path) as endpoint:
        items = client(endpoint).scan(TableName="kept")["Items"]

    assert items == [ITEM]


async def test_without_a_folder_nothing_is_kept() -> None:
    async with moto_server.serving() as endpoint:
        client(endpoint).put_item(TableName="kept", Item=ITEM)

    async with moto_server.serving() as endpoint:
        assert client(endpoint).scan(TableName="kept")["Items"] == []
