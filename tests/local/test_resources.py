"""The template's resources, created in moto with their properties."""

import json

import pytest

from tests.local.conftest import TEMPLATE
from waypost_local.aws.account import client
from waypost_local.stack import resources, template
from waypost_local.stack.physical_ids import StackEndpoints
from waypost_local.stack.template import Stack


@pytest.fixture(scope="module")
def stack(moto: str) -> Stack:
    source = template.read(TEMPLATE)
    small_stack = template.load(
        source, TEMPLATE.parent, {}, StackEndpoints(moto, "http://127.0.0.1")
    )
    resources.create(small_stack, moto)
    return small_stack


def test_the_table_has_its_keys_its_index_and_its_ttl(stack: Stack, moto: str) -> None:
    dynamodb = client("dynamodb", moto)
    table = dynamodb.describe_table(TableName="Things")["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "by-owner"
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    ttl = dynamodb.describe_time_to_live(TableName="Things")["TimeToLiveDescription"]
    assert ttl == {"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLED"}


def test_the_queue_has_its_name_and_its_dead_letters(stack: Stack, moto: str) -> None:
    sqs = client("sqs", moto)
    url = sqs.get_queue_url(QueueName="waypost-questions")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "120"
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == "arn:aws:sqs:us-east-1:123456789012:DeadLetters"


def test_the_bucket_is_there(stack: Stack, moto: str) -> None:
    buckets = client("s3", moto).list_buckets()["Buckets"]
    assert "uploads-123456789012" in [bucket["Name"] for bucket in buckets]


def test_an_event_on_the_bus_reaches_the_queue_of_its_rule(stack: Stack, moto: str) -> None:
    entry = {
        "EventBusName": "asked",
        "Source": "tests",
        "DetailType": "question",
        "Detail": '{"input": "How many?"}',
    }
    assert client("events", moto).put_events(Entries=[entry])["FailedEntryCount"] == 0

    sqs = client("sqs", moto)
    url = sqs.get_queue_url(QueueName="waypost-questions")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail"] == {"input": "How many?"}
