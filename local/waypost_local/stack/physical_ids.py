"""Physical ids and attributes of the template's resources: their names, ARNs and addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waypost_local.aws.account import ACCOUNT_ID, REGION
from waypost_local.stack.intrinsics import Resolver

_NAME_PROPERTIES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::Scheduler::Schedule": "Name",
}


@dataclass(frozen=True)
class StackEndpoints:
    """URLs of moto and of the function."""

    aws: str
    function_url: str


class _UnsupportedResource(dict[str, Any]):
    """A resource that does not exist on this machine: its attributes are placeholders."""

    def __missing__(self, attribute: str) -> str:
        return f"{self['']}.{attribute}"


def attributes(
    logical_id: str, resource: Mapping[str, Any], resolver: Resolver, endpoints: StackEndpoints
) -> Mapping[str, Any]:
    """The values of `GetAtt`, and that of `Ref` under the empty name."""
    kind = resource["Type"]
    name = _name(logical_id, resource, resolver)
    match kind:
        case "AWS::DynamoDB::Table":
            return {"": name, "Arn": _arn("dynamodb", f"table/{name}")}
        case "AWS::SQS::Queue":
            url = f"{endpoints.aws}/{ACCOUNT_ID}/{name}"
            return {"": url, "Arn": _arn("sqs", name), "QueueName": name, "QueueUrl": url}
        case "AWS::S3::Bucket":
            return {"": name, "Arn": f"arn:aws:s3:::{name}"}
        case "AWS::Events::EventBus":
            return {"": name, "Name": name, "Arn": _arn("events", f"event-bus/{name}")}
        case "AWS::Lambda::Function":
            return {"": name, "Arn": _arn("lambda", f"function:{name}")}
        case "AWS::Lambda::Url":
            target = resolver.resolve(resource["Properties"].get("FunctionArn", logical_id))
            return {"": target, "FunctionArn": target, "FunctionUrl": f"{endpoints.function_url}/"}
    if kind == "AWS::IAM::Role":
        return _UnsupportedResource({"": name, "Arn": f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"})
    service = kind.split("::")[1].lower() if "::" in kind else kind.lower()
    return _UnsupportedResource({"": name, "Arn": _arn(service, name)})


def _name(logical_id: str, resource: Mapping[str, Any], resolver: Resolver) -> str:
    name = (resource.get("Properties") or {}).get(_NAME_PROPERTIES.get(resource["Type"], ""))
    if name is not None:
        return str(resolver.resolve(name))
    if resource["Type"] == "AWS::S3::Bucket":
        return bucket_name(logical_id)
    return logical_id


def bucket_name(logical_id: str) -> str:
    """A bucket's name is globally unique and in lower case."""
    return f"{logical_id.lower()}-{ACCOUNT_ID}"


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{name}"
