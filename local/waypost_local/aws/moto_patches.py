"""Changes to moto, so that a stack that runs for hours stays as fast and as small as it began.

moto is made for tests with a few items. Each change keeps what it answers.
"""

import copy
from collections.abc import Iterable
from typing import Any


def apply() -> None:
    _keep_no_instances()
    _copy_less_in_transactions()
    _query_one_partition()
    _keep_deep_queues_fast()


def _keep_no_instances() -> None:
    """It holds every table, item and request it ever made, to reset them between tests; a stack
    that runs for an hour would hold gigabytes."""
    from moto.core.common_models import BaseModel

    patched: Any = BaseModel
    patched.__new__ = lambda cls, *_, **__: object.__new__(cls)


def _copy_less_in_transactions() -> None:
    """A transaction copies a table once, and of it only the partitions that it names.

    moto copies the whole table for each write of a transaction, to restore it where a condition
    fails. An update replaces the values of an item, so a copy of each item's dictionary is enough.
    """
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
    from moto.dynamodb.models.table import Table

    named: dict[str, set[Any]] = {}
    copies: dict[int, Any] = {}
    transact = DynamoDBBackend.transact_write_items

    def copy_item(original: Any) -> Any:
        item: Any = object.__new__(Item)
        item.hash_key, item.range_key = original.hash_key, original.range_key
        # Adding attributes one by one would measure the whole item for each.
        item.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
        dict.update(item.attrs, original.attrs)
        return item

    def copy_table(original: Any, memo: dict[int, Any]) -> Any:
        if id(original) in copies:
            return copies[id(original)]
        table = copy.copy(original)
        if original.has_range_key:
            partitions: Iterable[Any] = named.get(original.name, original.items.keys())
            # The others are the same in both: nothing changes them before this is dropped.
            table.items = original.items.copy()
            for key in list(partitions):
                if key in original.items:
                    items = original.items[key]
                    table.items[key] = {name: copy_item(item) for name, item in items.items()}
        else:
            # Without a sort key the items are held in another shape.
            table.items = copy.deepcopy(original.items, memo)
        if named:
            copies[id(original)] = table
        return table

    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        for write in transact_items:
            for operation in write.values():
                table = self.tables.get(operation.get("TableName"))
                key = operation.get("Key") or operation.get("Item") or {}
                if table is not None and table.hash_key_attr in key:
                    partition = DynamoType(key[table.hash_key_attr])
                    named.setdefault(table.name, set()).add(partition)
        try:
            transact(self, transact_items)
        finally:
            named.clear()
            copies.clear()

    patched_table: Any = Table
    patched_table.__deepcopy__ = copy_table
    patched_backend: Any = DynamoDBBackend
    patched_backend.transact_write_items = transact_write_items


def _query_one_partition() -> None:
    """A query of a partition reads that one. moto sorts all items of the table for it."""
    from moto.dynamodb.models.table import Table

    query = Table.query

    def query_partition(table: Any, hash_key: Any, *arguments: Any, **options: Any) -> Any:
        index_name = arguments[6] if len(arguments) > 6 else options.get("index_name")
        if index_name or hash_key is None or not table.has_range_key:
            return query(table, hash_key, *arguments, **options)
        one = copy.copy(table)
        one.items = {hash_key: table.items[hash_key]} if hash_key in table.items else {}
        return query(one, hash_key, *arguments, **options)

    patched: Any = Table
    patched.query = query_partition


def _keep_deep_queues_fast() -> None:
    """For each message that is sent or received it works out all attributes of the queue, and reads
    the clock for every message that lies there; a deep queue takes seconds."""
    from moto.core.utils import unix_time, unix_time_millis
    from moto.sqs.models import Queue, SQSBackend

    def is_valid(self: Any, queue_name: str, message: Any) -> bool:
        seconds: float = self.get_queue(queue_name).message_retention_period
        return bool(seconds + message.sent_timestamp / 1000 > unix_time())

    def messages(queue: Any) -> list[Any]:
        now = unix_time_millis()
        return [m for m in queue._messages if now > m.visible_at and now >= m.delayed_until]

    def in_flight(queue: Any) -> int:
        now = unix_time_millis()
        return sum(now <= m.visible_at for m in queue._messages)

    def delayed(queue: Any) -> int:
        now = unix_time_millis()
        return sum(now < m.delayed_until for m in queue._messages)

    backend: Any = SQSBackend
    backend.is_message_valid_based_on_retention_period = is_valid
    patched: Any = Queue
    patched.messages = property(messages)
    patched.approximate_number_of_messages_not_visible = property(in_flight)
    patched.approximate_number_of_messages_delayed = property(delayed)
