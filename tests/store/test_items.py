"""Attribute values, against those of boto3."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from waypost.store.items import ItemRefused, from_item, to_item

NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(), NUMBERS, st.binary()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=20,
)


def with_decimals(value: Any) -> Any:
    """Floats as boto3 takes them."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {name: with_decimals(one) for name, one in value.items()}
    return [with_decimals(one) for one in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """What boto3 returns, without its own types."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {name: plain(one) for name, one in value.items()}
        case list():
            return [plain(one) for one in value]
    return getattr(value, "value", value)


@given(VALUES.filter(lambda value: value is not None))
def test_values_are_as_boto3_has_them(value: Any) -> None:
    try:
        expected = TypeSerializer().serialize(with_decimals(value))
    except ArithmeticError:
        with pytest.raises(ItemRefused):
            to_item({"x": value})
        return
    item = to_item({"x": value})
    assert item == {"x": expected}
    assert from_item(item) == {"x": plain(TypeDeserializer().deserialize(expected))}


@pytest.mark.parametrize("value", [object(), {1, 2}, {"a": set()}])
def test_what_dynamodb_does_not_hold_is_refused(value: Any) -> None:
    with pytest.raises(ItemRefused):
        to_item({"x": value})


@pytest.mark.parametrize("attribute", [{"SS": ["a", "b"]}, {"NS": ["1", "2.5"]}])
def test_sets_are_read(attribute: dict[str, Any]) -> None:
    expected: Any = TypeDeserializer().deserialize(attribute)  # type: ignore[arg-type]
    assert from_item({"x": attribute})["x"] == set(expected)
