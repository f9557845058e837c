"""Between records and DynamoDB's attribute values."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer

Item = dict[str, Any]
MAX_TEXT_BYTES = 350_000
"""Bytes of UTF-8 that one item holds of a text; an item is limited to 400 KB."""

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ItemRefused(Exception):
    """DynamoDB, or its client, does not take a write for what it holds: too large, or no value."""


def to_item(values: Mapping[str, Any]) -> Item:
    """DynamoDB JSON of what is not None; floats become decimals. Raises ItemRefused."""
    try:
        return {name: _serialize(_exact(v)) for name, v in values.items() if v is not None}
    except (TypeError, ArithmeticError, RecursionError) as error:
        raise ItemRefused from error


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(_deserialize(value)) for name, value in item.items()}


def split_text(text: str) -> Iterator[str]:
    """`text` in pieces of at most `MAX_TEXT_BYTES` bytes, cut between characters; at least one."""
    rest = text.encode()
    while len(rest) > MAX_TEXT_BYTES:
        head = rest[:MAX_TEXT_BYTES].decode(errors="ignore")
        yield head
        rest = rest[len(head.encode()) :]
    yield rest.decode()


def _exact(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value)) if isfinite(value) else str(value)
    if isinstance(value, dict):
        return {k: _exact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(v) for v in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, Binary):
        data: bytes = value.value  # type: ignore[attr-defined]
        return data
    return value
