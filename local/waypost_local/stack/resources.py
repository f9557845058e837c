"""Creates the template's tables, queues, buckets, buses and rules in moto."""

import json
from collections.abc import Mapping
from typing import Any

from waypost_local.aws.account import client
from waypost_local.stack import physical_ids
from waypost_local.stack.template import Stack

Properties = Mapping[str, Any]
_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "StreamSpecification",
)
_QUEUE_ATTRIBUTES = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "FifoQueue",
    "ContentBasedDeduplication",
    "RedrivePolicy",
)


def create(stack: Stack, endpoint: str) -> None:
    """Creates what the template declares; a dead-letter queue before the queue that names it."""
    for kind, create_one in _CREATORS.items():
        resources = [
            (name, resource["Properties"])
            for name, resource in stack.resources.items()
            if resource["Type"] == kind
        ]
        for name, properties in sorted(resources, key=lambda pair: "RedrivePolicy" in pair[1]):
            create_one(endpoint, name, properties)


def _create_table(endpoint: str, logical_id: str, properties: Properties) -> None:
    dynamodb = client("dynamodb", endpoint)
    name = properties.get("TableName", logical_id)
    arguments = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
    dynamodb.create_table(TableName=name, **arguments)
    if ttl := properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)


def _create_queue(endpoint: str, logical_id: str, properties: Properties) -> None:
    attributes = {
        key: _to_string(properties[key]) for key in _QUEUE_ATTRIBUTES if key in properties
    }
    name = properties.get("QueueName", logical_id)
    client("sqs", endpoint).create_queue(QueueName=name, Attributes=attributes)


def _create_bucket(endpoint: str, logical_id: str, properties: Properties) -> None:
    s3 = client("s3", endpoint)
    name = properties.get("BucketName") or physical_ids.bucket_name(logical_id)
    s3.create_bucket(Bucket=name)
    notifications = properties.get("NotificationConfiguration") or {}
    if (notifications.get("EventBridgeConfiguration") or {}).get("EventBridgeEnabled"):
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )


def _create_bus(endpoint: str, logical_id: str, properties: Properties) -> None:
    client("events", endpoint).create_event_bus(Name=properties.get("Name", logical_id))


def _create_rule(endpoint: str, logical_id: str, properties: Properties) -> None:
    events = client("events", endpoint)
    name = properties.get("Name", logical_id)
    bus = {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}
    arguments = {
        key: _to_string(properties[key])
        for key in ("EventPattern", "ScheduleExpression", "State")
        if key in properties
    }
    events.put_rule(Name=name, **bus, **arguments)
    if targets := properties.get("Targets"):
        events.put_targets(Rule=name, Targets=targets, **bus)


def _create_schedule_group(endpoint: str, logical_id: str, properties: Properties) -> None:
    client("scheduler", endpoint).create_schedule_group(Name=properties.get("Name", logical_id))


def _create_schedule(endpoint: str, logical_id: str, properties: Properties) -> None:
    arguments = {name: value for name, value in properties.items() if name != "Name"}
    client("scheduler", endpoint).create_schedule(
        Name=properties.get("Name", logical_id), **arguments
    )


def _to_string(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


_CREATORS = {
    "AWS::DynamoDB::Table": _create_table,
    "AWS::SQS::Queue": _create_queue,
    "AWS::S3::Bucket": _create_bucket,
    "AWS::Events::EventBus": _create_bus,
    "AWS::Events::Rule": _create_rule,
    "AWS::Scheduler::ScheduleGroup": _create_schedule_group,
    "AWS::Scheduler::Schedule": _create_schedule,
}
