"""What DynamoDB would charge for the writes of a client, by its own rules.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html: a unit
for each begun KB of an item, twice that in a transaction. An update is charged for the whole item:
ours are heads and threads, under one KB.
"""

from typing import Any, Self


class WriteCounter:
    """Counts the writes of a client while it is open."""

    def __init__(self, client: Any) -> None:
        self._events = client.meta.events
        self.units = 0.0
        self.calls = 0.0

    def __enter__(self) -> Self:
        self._events.register("provide-client-params.dynamodb.*", self._count, "writes")
        return self

    def __exit__(self, *_: object) -> None:
        self._events.unregister("provide-client-params.dynamodb.*", self._count, "writes")

    def _count(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        name = model.name
        if name == "PutItem":
            self._add(_units(params["Item"]))
        elif name == "UpdateItem":
            self._add(1)
        elif name == "TransactWriteItems":
            puts = [item.get("Put") for item in params["TransactItems"]]
            self._add(sum(2 * (_units(put["Item"]) if put else 1) for put in puts))

    def _add(self, units: float) -> None:
        self.units += units
        self.calls += 1


def _units(item: dict[str, Any]) -> int:
    return -(-_size({"M": item}) // 1024)


def _size(value: dict[str, Any]) -> int:
    """Bytes as DynamoDB counts them.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "B":
            return len(held)
        case "N":
            return (len(held) + 1) // 2 + 1
        case "SS":
            return sum(len(text.encode()) for text in held)
        case "L":
            return 3 + sum(1 + _size(one) for one in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(one) for name, one in held.items())
        case _:
            return 1
