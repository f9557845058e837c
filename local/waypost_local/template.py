"""The stack as `template.yaml` has it, through the SAM translator, for this machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waypost_local.failure import CommandError
from waypost_local.intrinsics import ACCOUNT, Resolver

REGION = "us-east-1"
_S3 = "s3://this-machine/"


@dataclass(frozen=True)
class Function:
    """A function as its environment needs it. Sizes are MB, times seconds."""

    logical_id: str
    name: str
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    code: Path
    layers: tuple[Path, ...]
    url: Mapping[str, Any] | None
    """The properties of its function URL."""

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"

    def in_opt(self, path: str) -> Path:
        """Where a file of a layer, known as `/opt/…`, lies here."""
        name = path.removeprefix("/opt/")
        found = next((layer / name for layer in self.layers if (layer / name).exists()), None)
        if found is None:
            raise CommandError(f"{self.logical_id}: no layer holds {path}")
        return found


@dataclass(frozen=True)
class Stack:
    functions: tuple[Function, ...]
    resources: Mapping[str, Mapping[str, Any]]
    """Resolved, by logical id: `Type` and `Properties`."""


def load(path: Path, overrides: Mapping[str, str], endpoint: str) -> Stack:
    """Reads, translates and resolves a template.

    Args:
        overrides: Parameters by name.
        endpoint: Where queues and the like are served, for their URLs.

    Raises:
        CommandError: One line, with the resource that is wrong.
    """
    source = _parsed(path)
    parameters = _parameters(source.get("Parameters") or {}, overrides)
    translated = _translated(source, parameters)
    resolver = Resolver(
        REGION,
        parameters,
        {name: _attributes(name, r, endpoint) for name, r in translated["Resources"].items()},
        translated.get("Conditions") or {},
        translated.get("Mappings") or {},
    )
    resources = {
        name: {"Type": resource["Type"], "Properties": _resolved(resolver, name, resource)}
        for name, resource in translated["Resources"].items()
        if "Condition" not in resource or resolver.holds(resource["Condition"])
    }
    return Stack(tuple(_functions(resources, path.parent)), resources)


def _parsed(path: Path) -> dict[str, Any]:
    from samtranslator.yaml_helper import yaml_parse

    try:
        source = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except Exception as error:
        line = " ".join(str(error).split())
        raise CommandError(f"{path}: it is not YAML: {line}") from None
    if not isinstance(source, dict) or not isinstance(source.get("Resources"), dict):
        raise CommandError(f"{path}: it has no Resources")
    return source


def _parameters(declared: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    if unknown := set(overrides) - set(declared):
        known = ", ".join(declared)
        raise CommandError(f"there is no parameter {sorted(unknown)[0]}; there are: {known}")
    values: dict[str, Any] = {}
    for name, about in declared.items():
        value = overrides.get(name, about.get("Default"))
        if value is None:
            raise CommandError(f"parameter {name} has no default: give --parameter {name}=…")
        allowed = about.get("AllowedValues")
        if allowed and str(value) not in map(str, allowed):
            raise CommandError(f"parameter {name} must be one of {', '.join(map(str, allowed))}")
        is_list = "List" in about["Type"]
        values[name] = [v.strip() for v in str(value).split(",")] if is_list else str(value)
    return values


def _translated(source: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    # The translator asks boto3 for a region, and takes code from S3 only.
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform

    for resource in source["Resources"].values():
        properties = resource.get("Properties") or {}
        for key in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(key), str):
                properties[key] = _S3 + properties[key]

    class NoManagedPolicies:
        def load(self) -> dict[str, str]:
            return {}

    flat = {n: ",".join(v) if isinstance(v, list) else v for n, v in parameters.items()}
    try:
        result: dict[str, Any] = transform(source, flat, NoManagedPolicies())
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise CommandError(f"template: {causes}") from None
    return result


def _resolved(resolver: Resolver, name: str, resource: Mapping[str, Any]) -> dict[str, Any]:
    try:
        properties: dict[str, Any] = resolver.resolve(resource.get("Properties") or {})
    except CommandError as error:
        raise CommandError(f"{error} (in {name})") from None
    return properties


def _attributes(name: str, resource: Mapping[str, Any], endpoint: str) -> dict[str, Any]:
    """What `Ref` and `GetAtt` of a resource give; `name` is its own on this machine too."""
    kind = resource["Type"]
    service = kind.split("::")[1].lower()
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
    match kind:
        case "AWS::DynamoDB::Table":
            return {"": name, "Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"}
        case "AWS::SQS::Queue":
            url = f"{endpoint}/{ACCOUNT}/{name}"
            return {"": url, "Arn": arn, "QueueName": name, "QueueUrl": url}
        case "AWS::S3::Bucket":
            bucket = f"{name.lower()}-{ACCOUNT}"
            return {"": bucket, "Arn": f"arn:aws:s3:::{bucket}"}
        case "AWS::Events::EventBus":
            return {
                "": name,
                "Name": name,
                "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}",
            }
        case "AWS::Lambda::Function":
            return {"": name, "Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"}
        case "AWS::Lambda::Url":
            return {"": arn, "FunctionUrl": "http://127.0.0.1/"}
        case "AWS::Lambda::LayerVersion":
            return {"": name, "Arn": arn}
    return {"": name, "Arn": arn}


def _functions(resources: Mapping[str, Mapping[str, Any]], root: Path) -> list[Function]:
    layers = {
        name: _path(root, resource["Properties"]["Content"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::LayerVersion"
    }
    urls = {
        resource["Properties"]["TargetFunctionArn"]: resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Url"
    }
    return [
        _function(name, resource["Properties"], root, layers, urls.get(name))
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    ]


def _function(
    name: str,
    properties: Mapping[str, Any],
    root: Path,
    layers: Mapping[str, Path],
    url: Mapping[str, Any] | None,
) -> Function:
    environment = (properties.get("Environment") or {}).get("Variables") or {}
    code = _path(root, properties["Code"])
    if not code.is_dir():
        raise CommandError(f"{name}: there is no folder {code}")
    return Function(
        logical_id=name,
        name=name,
        handler=properties["Handler"],
        timeout=int(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        environment={key: str(value) for key, value in environment.items()},
        code=code,
        layers=tuple(layers[layer] for layer in properties.get("Layers", []) if layer in layers),
        url=url,
    )


def _path(root: Path, code: Mapping[str, Any]) -> Path:
    return (root / str(code["S3Key"])).resolve()
