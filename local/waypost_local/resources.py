"""The template's table, queues, buckets, buses and rules, made in moto from its own properties."""

import json
from collections.abc import Mapping
from typing import Any

from waypost_local import physical
from waypost_local.intrinsics import REGION
from waypost_local.template import Stack

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
Properties = Mapping[str, Any]
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
    "ContentBasedDeduplication",
    "RedrivePolicy",
)


def create(stack: Stack, endpoint: str) -> None:
    """Makes what the template declares, what others point at first."""
    for kind, make in _MAKERS.items():
        found = [
            (name, resource["Properties"])
            for name, resource in stack.resources.items()
            if resource["Type"] == kind
        ]
        for name, properties in sorted(found, key=lambda pair: "RedrivePolicy" in pair[1]):
            make(endpoint, name, properties)


def client(service: str, endpoint: str) -> Any:
    """A client of moto's, whatever the environment says of credentials and regions."""
    import boto3
    from botocore.config import Config

    # By a name that is not known beforehand, which its types do not allow for.
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        # It is on this machine: no proxy leads to it, and where it does not answer it has ended.
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def _table(endpoint: str, logical_id: str, properties: Properties) -> None:
    dynamodb = client("dynamodb", endpoint)
    name = properties.get("TableName", logical_id)
    given = {key: properties[key] for key in _TABLE if key in properties}
    dynamodb.create_table(TableName=name, **given)
    if ttl := properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)


def _queue(endpoint: str, logical_id: str, properties: Properties) -> None:
    attributes = {key: _text(properties[key]) for key in _QUEUE if key in properties}
    name = properties.get("QueueName", logical_id)
    client("sqs", endpoint).create_queue(QueueName=name, Attributes=attributes)


def _bucket(endpoint: str, logical_id: str, properties: Properties) -> None:
    s3 = client("s3", endpoint)
    name = properties.get("BucketName") or physical.bucket_name(logical_id)
    s3.create_bucket(Bucket=name)
    notifications = properties.get("NotificationConfiguration") or {}
    if (notifications.get("EventBridgeConfiguration") or {}).get("EventBridgeEnabled"):
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )


def _bus(endpoint: str, logical_id: str, properties: Properties) -> None:
    client("events", endpoint).create_event_bus(Name=properties.get("Name", logical_id))


def _rule(endpoint: str, logical_id: str, properties: Properties) -> None:
    events = client("events", endpoint)
    name = properties.get("Name", logical_id)
    bus = {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}
    what = {
        key: _text(properties[key])
        for key in ("EventPattern", "ScheduleExpression", "State")
        if key in properties
    }
    events.put_rule(Name=name, **bus, **what)
    if targets := properties.get("Targets"):
        events.put_targets(Rule=name, Targets=targets, **bus)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


_MAKERS = {
    "AWS::DynamoDB::Table": _table,
    "AWS::SQS::Queue": _queue,
    "AWS::S3::Bucket": _bucket,
    "AWS::Events::EventBus": _bus,
    "AWS::Events::Rule": _rule,
}
