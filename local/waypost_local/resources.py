"""The template's table, queues, bucket and bus, made in moto from the template's own properties."""

import json
from collections.abc import Mapping
from typing import Any

import boto3

from waypost_local.intrinsics import ACCOUNT
from waypost_local.template import REGION, Stack

CREDENTIALS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
_TABLE = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "StreamSpecification",
)
_QUEUE = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "FifoQueue",
    "RedrivePolicy",
)


def create(stack: Stack, endpoint: str) -> list[str]:
    """Makes what the template declares and answers the names of what was made."""
    made = []
    for name, resource in stack.resources.items():
        make = _MAKERS.get(resource["Type"])
        if make:
            make(endpoint, name, resource["Properties"])
            made.append(name)
    return made


def client(service: str, endpoint: str) -> Any:
    make: Any = boto3.client
    return make(service, endpoint_url=endpoint, region_name=REGION, **CREDENTIALS)


def _table(endpoint: str, name: str, properties: Mapping[str, Any]) -> None:
    dynamodb = client("dynamodb", endpoint)
    given = {key: properties[key] for key in _TABLE if key in properties}
    dynamodb.create_table(TableName=name, **given)
    if ttl := properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)


def _queue(endpoint: str, name: str, properties: Mapping[str, Any]) -> None:
    attributes = {
        key: json.dumps(properties[key]) if key == "RedrivePolicy" else str(properties[key])
        for key in _QUEUE
        if key in properties
    }
    client("sqs", endpoint).create_queue(QueueName=name, Attributes=attributes)


def _bucket(endpoint: str, name: str, properties: Mapping[str, Any]) -> None:
    bucket = properties.get("BucketName", f"{name.lower()}-{ACCOUNT}")
    client("s3", endpoint).create_bucket(Bucket=bucket)


def _bus(endpoint: str, name: str, properties: Mapping[str, Any]) -> None:
    client("events", endpoint).create_event_bus(Name=properties.get("Name", name))


_MAKERS = {
    "AWS::DynamoDB::Table": _table,
    "AWS::SQS::Queue": _queue,
    "AWS::S3::Bucket": _bucket,
    "AWS::Events::EventBus": _bus,
}
