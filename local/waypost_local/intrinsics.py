"""CloudFormation's intrinsic functions, resolved to what stands on this machine."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waypost_local.failure import CommandError

ACCOUNT = "123456789012"
REGION = "us-east-1"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "waypost",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/waypost/local",
    "AWS::NotificationARNs": [],
}
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
_NO_VALUE = object()


@dataclass(frozen=True)
class Resolver:
    """Values of parameters and resources.

    `attributes` gives, by logical id, what `Ref` (under the empty name) and `GetAtt` stand for.
    """

    parameters: Mapping[str, Any]
    attributes: Mapping[str, Mapping[str, Any]]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic replaced; `AWS::NoValue` leaves its place out.

        Raises:
            CommandError: It names what does not exist, or uses what this machine cannot do.
        """
        if isinstance(value, dict):
            if function := _function_of(value):
                return self._call(function, value[function])
            pairs = ((key, self.resolve(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not _NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        return value

    def holds(self, condition: Any) -> bool:
        """Whether a condition is met, by its name or as it is written. Raises CommandError."""
        if isinstance(condition, str):
            if condition not in self.conditions:
                raise CommandError(f"template: there is no condition {condition}")
            return self.holds(self.conditions[condition])
        (name, arguments), *_ = condition.items()
        match name:
            case "Fn::Equals":
                left, right = map(self.resolve, arguments)
                return str(left) == str(right)
            case "Fn::Not":
                return not self.holds(arguments[0])
            case "Fn::And":
                return all(map(self.holds, arguments))
            case "Fn::Or":
                return any(map(self.holds, arguments))
            case "Condition":
                return self.holds(arguments)
        raise CommandError(f"template: {name} is not known in a condition")

    def _call(self, name: str, arguments: Any) -> Any:
        call = _FUNCTIONS.get(name)
        if call is None:
            raise CommandError(f"template: {name} has no meaning on one machine")
        try:
            return call(self, arguments)
        except (LookupError, TypeError, ValueError):
            raise CommandError(f"template: {name} makes no sense of {arguments}") from None

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        if name in self.attributes:
            return self.attributes[name][""]
        raise CommandError(f"template: Ref to {name}, which is neither parameter nor resource")

    def get_att(self, target: Any) -> Any:
        name, attribute = target.split(".", 1) if isinstance(target, str) else target
        try:
            return self.attributes[name][attribute]
        except KeyError:
            text = f"template: {name}.{attribute} has no value on one machine"
            raise CommandError(text) from None

    def sub(self, target: Any) -> str:
        text, given = (target, {}) if isinstance(target, str) else target
        values = {name: self.resolve(value) for name, value in given.items()}

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in values:
                return str(values[name])
            return str(self.get_att(name) if "." in name else self.ref(name))

        return _VARIABLE.sub(replace, text)

    def choose(self, arguments: Any) -> Any:
        condition, then, otherwise = arguments
        return self.resolve(then if self.holds(condition) else otherwise)

    def find(self, arguments: Any) -> Any:
        name, first, second = map(self.resolve, arguments)
        return self.mappings[name][first][second]


def _function_of(value: Mapping[str, Any]) -> str | None:
    """The name of the intrinsic that a mapping is a call of."""
    name = next(iter(value)) if len(value) == 1 else ""
    return name if name == "Ref" or str(name).startswith("Fn::") else None


def _join(resolver: Resolver, arguments: Any) -> str:
    return str(arguments[0]).join(str(part) for part in resolver.resolve(arguments[1]))


def _split(resolver: Resolver, arguments: Any) -> list[str]:
    return str(resolver.resolve(arguments[1])).split(arguments[0])


def _select(resolver: Resolver, arguments: Any) -> Any:
    return resolver.resolve(arguments[1])[int(resolver.resolve(arguments[0]))]


_FUNCTIONS: dict[str, Callable[[Resolver, Any], Any]] = {
    "Ref": Resolver.ref,
    "Fn::GetAtt": Resolver.get_att,
    "Fn::Sub": Resolver.sub,
    "Fn::If": Resolver.choose,
    "Fn::FindInMap": Resolver.find,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
}
