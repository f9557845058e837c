"""CloudFormation's intrinsic functions, resolved for this machine."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waypost_local.aws.account import ACCOUNT_ID, REGION
from waypost_local.errors import CommandError

PSEUDO_PARAMETERS = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "waypost",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/waypost/local",
    "AWS::NotificationARNs": [],
}
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
_NO_VALUE = object()


@dataclass(frozen=True)
class Resolver:
    """Values of parameters and resources.

    `attributes` has, by logical id, the values of `GetAtt`, and that of `Ref` under the empty name.
    """

    parameters: Mapping[str, Any]
    attributes: Mapping[str, Mapping[str, Any]]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic replaced. `AWS::NoValue` removes its key or item.

        Raises:
            CommandError: It names what does not exist, or an intrinsic that is not supported.
        """
        if isinstance(value, dict):
            if function := _intrinsic_name(value):
                return self._call(function, value[function])
            pairs = ((key, self.resolve(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not _NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        return value

    def holds(self, condition: Any) -> bool:
        """Whether a condition, by its name or as an expression, is true. Raises CommandError."""
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
            case "Fn::Contains":
                values, value = map(self.resolve, arguments)
                return str(value) in map(str, values)
            case "Condition":
                return self.holds(arguments)
        raise CommandError(f"template: {name} is not supported in a condition")

    def _call(self, name: str, arguments: Any) -> Any:
        call = _FUNCTIONS.get(name)
        if call is None:
            raise CommandError(f"template: {name} is not supported on one machine")
        try:
            return call(self, arguments)
        except (LookupError, TypeError, ValueError):
            raise CommandError(f"template: {name} has wrong arguments: {arguments}") from None

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[name]
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
        text, variables = (target, {}) if isinstance(target, str) else target
        values = {name: self.resolve(value) for name, value in variables.items()}

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in values:
                return str(values[name])
            return str(self.get_att(name) if "." in name else self.ref(name))

        return _VARIABLE.sub(replace, text)

    def if_(self, arguments: Any) -> Any:
        condition, then, otherwise = arguments
        return self.resolve(then if self.holds(condition) else otherwise)

    def find_in_map(self, arguments: Any) -> Any:
        name, first, second = map(self.resolve, arguments)
        return self.mappings[name][first][second]


def _intrinsic_name(value: Mapping[str, Any]) -> str | None:
    """The intrinsic that a mapping calls, or None."""
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
    "Fn::If": Resolver.if_,
    "Fn::FindInMap": Resolver.find_in_map,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
}
