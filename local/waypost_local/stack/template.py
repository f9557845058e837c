"""Reads template.yaml through the SAM translator, and resolves it for this machine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from waypost_local.aws.account import REGION
from waypost_local.errors import CommandError
from waypost_local.lambda_.function import LambdaFunction
from waypost_local.stack import parameters, physical_ids
from waypost_local.stack.intrinsics import Resolver
from waypost_local.stack.physical_ids import StackEndpoints

_S3_PREFIX = "s3://this-machine/"
"""The prefix of folders while they are translated: the translator takes code from S3 only."""


@dataclass(frozen=True)
class Stack:
    functions: tuple[LambdaFunction, ...]
    resources: Mapping[str, Mapping[str, Any]]
    """By logical id: `Type` and resolved `Properties`."""

    def url_function(self) -> LambdaFunction:
        """The function with a URL. Raises CommandError where there is none."""
        found = next((function for function in self.functions if function.url), None)
        if found is None:
            raise CommandError("template: no function has a FunctionUrlConfig")
        return found


def read(path: Path) -> dict[str, Any]:
    """A template with the long forms of its intrinsics. Raises CommandError."""
    from samtranslator.yaml_helper import yaml_parse
    from yaml import YAMLError

    try:
        source = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except (YAMLError, ValueError) as error:
        raise CommandError(f"{path}: it is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(source, dict) or not isinstance(source.get("Resources"), dict):
        raise CommandError(f"{path}: it has no Resources")
    return source


def load(
    source: dict[str, Any],
    root: Path,
    parameter_values: Mapping[str, str],
    endpoints: StackEndpoints,
) -> Stack:
    """Translates and resolves a template.

    Args:
        root: The folder that its paths are relative to.
        parameter_values: By name; defaults apply to the others.

    Raises:
        CommandError: One line, with the resource that is wrong.
    """
    values = parameters.resolve(source.get("Parameters") or {}, parameter_values)
    translated = _translate(source, values)
    conditions, mappings = translated.get("Conditions") or {}, translated.get("Mappings") or {}
    resolver = Resolver(values, {}, conditions, mappings)
    declared: dict[str, Any] = translated["Resources"]
    attributes = {
        name: physical_ids.attributes(name, resource, resolver, endpoints)
        for name, resource in declared.items()
    }
    resolver = replace(resolver, attributes=attributes)
    parameters.check_rules(source.get("Rules") or {}, resolver)
    resources = {
        name: {
            "Type": resource["Type"],
            "Properties": _resolve_properties(resolver, name, resource),
        }
        for name, resource in declared.items()
        if "Condition" not in resource or resolver.holds(resource["Condition"])
    }
    return Stack(tuple(_functions(resources, root)), resources)


def _translate(source: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    from boto3 import Session
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    for resource in source["Resources"].values():
        properties = resource.get("Properties") or {}
        for key in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(key), str):
                properties[key] = _S3_PREFIX + properties[key]
    flat = {n: ",".join(v) if isinstance(v, list) else v for n, v in values.items()}
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    try:
        result: dict[str, Any] = translator.translate(source, flat)
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise CommandError(f"template: {causes}") from None
    finally:
        # Metrics that are not published are reported as an error when the process ends.
        translator.metrics.publish()
    return result


def _resolve_properties(
    resolver: Resolver, name: str, resource: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        properties: dict[str, Any] = resolver.resolve(resource.get("Properties") or {})
    except CommandError as error:
        raise CommandError(f"{error} (in {name})") from None
    return properties


def _functions(resources: Mapping[str, Mapping[str, Any]], root: Path) -> list[LambdaFunction]:
    layers = {
        name: _folder(name, resource["Properties"].get("Content"), root)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::LayerVersion"
    }
    urls = {
        resource["Properties"]["TargetFunctionArn"]: resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Url"
    }
    return [
        _function(name, resource["Properties"], root, layers, urls)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    ]


def _function(
    logical_id: str,
    properties: Mapping[str, Any],
    root: Path,
    layers: Mapping[str, Path],
    urls: Mapping[str, Mapping[str, Any]],
) -> LambdaFunction:
    name = properties.get("FunctionName", logical_id)
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    if "Handler" not in properties:
        raise CommandError(f"{logical_id}: it has no Handler")
    return LambdaFunction(
        logical_id=logical_id,
        name=name,
        handler=properties["Handler"],
        timeout=int(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        environment={key: str(value) for key, value in variables.items()},
        logging=_logging(properties.get("LoggingConfig") or {}),
        code=_folder(logical_id, properties.get("Code"), root),
        layers=tuple(layers[layer] for layer in properties.get("Layers", []) if layer in layers),
        url=urls.get(name),
    )


def _logging(config: Mapping[str, Any]) -> dict[str, str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html"""
    variables = {"AWS_LAMBDA_LOG_FORMAT": str(config.get("LogFormat", "Text"))}
    if variables["AWS_LAMBDA_LOG_FORMAT"] == "JSON":
        variables["AWS_LAMBDA_LOG_LEVEL"] = str(config.get("ApplicationLogLevel", "INFO"))
    return variables


def _folder(name: str, content: Any, root: Path) -> Path:
    key = content.get("S3Key") if isinstance(content, dict) else None
    if key is None:
        raise CommandError(f"{name}: its code is in no folder")
    folder = (root / str(key)).resolve()
    if not folder.is_dir():
        raise CommandError(f"{name}: there is no folder {folder}")
    return folder
