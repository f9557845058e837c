"""What the template's resources are called on this machine: their names, ARNs and addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waypost_local.intrinsics import ACCOUNT, REGION, Resolver

_NAMES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::IAM::Role": "RoleName",
}


@dataclass(frozen=True)
class Where:
    """Addresses: of moto, and of the function URL."""

    aws: str
    url: str


class _NotHere(dict[str, Any]):
    """A resource that this machine does not play: its attributes are only named."""

    def __missing__(self, attribute: str) -> str:
        return f"{self['']}.{attribute}"


def attributes(
    logical_id: str, resource: Mapping[str, Any], resolver: Resolver, where: Where
) -> Mapping[str, Any]:
    """What `Ref` (under the empty name) and `GetAtt` give."""
    kind = resource["Type"]
    name = _name(logical_id, resource, resolver)
    match kind:
        case "AWS::DynamoDB::Table":
            return {"": name, "Arn": _arn("dynamodb", f"table/{name}")}
        case "AWS::SQS::Queue":
            url = f"{where.aws}/{ACCOUNT}/{name}"
            return {"": url, "Arn": _arn("sqs", name), "QueueName": name, "QueueUrl": url}
        case "AWS::S3::Bucket":
            return {"": name, "Arn": f"arn:aws:s3:::{name}"}
        case "AWS::Events::EventBus":
            return {"": name, "Name": name, "Arn": _arn("events", f"event-bus/{name}")}
        case "AWS::Lambda::Function":
            return {"": name, "Arn": _arn("lambda", f"function:{name}")}
        case "AWS::Lambda::Url":
            target = resolver.resolve(resource["Properties"].get("FunctionArn", logical_id))
            return {"": target, "FunctionArn": target, "FunctionUrl": f"{where.url}/"}
    service = kind.split("::")[1].lower() if "::" in kind else kind.lower()
    return _NotHere({"": name, "Arn": _arn(service, name)})


def _name(logical_id: str, resource: Mapping[str, Any], resolver: Resolver) -> str:
    given = (resource.get("Properties") or {}).get(_NAMES.get(resource["Type"], ""))
    if given is not None:
        return str(resolver.resolve(given))
    if resource["Type"] == "AWS::S3::Bucket":
        return bucket_name(logical_id)
    return logical_id


def bucket_name(logical_id: str) -> str:
    """Buckets have one name in all the world, and lower case."""
    return f"{logical_id.lower()}-{ACCOUNT}"


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
