"""Between records and DynamoDB's attribute values."""

import decimal
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

Item = dict[str, Any]
MAX_TEXT_BYTES = 350_000
"""Bytes of UTF-8 that one item holds of a text; an item is limited to 400 KB."""

_NUMBERS = decimal.Context(
    prec=38,
    Emin=-128,
    Emax=126,
    traps=[
        decimal.Clamped,
        decimal.Overflow,
        decimal.Inexact,
        decimal.Rounded,
        decimal.Underflow,
        decimal.InvalidOperation,
    ],
)
"""What DynamoDB holds of a number.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""


class ItemRefused(Exception):
    """DynamoDB, or its client, does not take a write for what it holds: too large, or no value."""


def to_item(values: Mapping[str, Any]) -> Item:
    """DynamoDB JSON of what is not None; floats become decimals. Raises ItemRefused."""
    try:
        return {name: _attribute(value) for name, value in values.items() if value is not None}
    except (TypeError, ArithmeticError, RecursionError) as error:
        raise ItemRefused from error


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(attribute) for name, attribute in item.items()}


def split_text(text: str) -> Iterator[str]:
    """`text` in pieces of at most `MAX_TEXT_BYTES` bytes, cut between characters; at least one."""
    rest = text.encode()
    while len(rest) > MAX_TEXT_BYTES:
        head = rest[:MAX_TEXT_BYTES].decode(errors="ignore")
        yield head
        rest = rest[len(head.encode()) :]
    yield rest.decode()


def _attribute(value: Any) -> dict[str, Any]:
    """Raises TypeError, and ArithmeticError for a number that DynamoDB cannot hold."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case float() if not isfinite(value):
            return {"S": str(value)}
        case int() | float() | Decimal():
            number = Decimal(str(value)) if isinstance(value, float) else value
            return {"N": str(_NUMBERS.create_decimal(number))}
        case dict():
            return {"M": {name: _attribute(one) for name, one in value.items()}}
        case list() | tuple():
            return {"L": [_attribute(one) for one in value]}
        case bytes():
            return {"B": value}
        case set() | frozenset() if value and all(isinstance(one, str) for one in value):
            return {"SS": sorted(value)}
    raise TypeError(f"DynamoDB holds no {type(value).__name__}")


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, held),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _number(held)
        case "M":
            return {name: _value(one) for name, one in held.items()}
        case "L":
            return [_value(one) for one in held]
        case "SS":
            return set(held)
        case "NS":
            return set(map(_number, held))
    return held


def _number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
