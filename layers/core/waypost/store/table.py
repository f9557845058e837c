"""The DynamoDB table, off the event loop."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from pydantic import BaseModel

from waypost.errors import StoreUnavailable
from waypost.store.items import ItemRefused, from_item, to_item

Values = dict[str, Any]
_TRIES = 5
_THREADS = 16
_PAGE = 1000
_BATCH_SIZE = 25
"""The maximum of one BatchWriteItem."""
_NAMES_TABLES = {"batch_write_item", "transact_write_items"}
_BUSY = {
    "InternalServerError",
    "ResourceNotFoundException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}
"""Error codes that remain after botocore's own retries, and that there is no such table."""
_REFUSED = {
    "ItemCollectionSizeLimitExceeded",
    "ItemCollectionSizeLimitExceededException",
    "ValidationError",
    "ValidationException",
}


class ConditionFailed(Exception):
    """A write's condition did not hold. `failed` lists the places in the transaction."""

    def __init__(self, failed: list[int]) -> None:
        super().__init__(f"conditions {failed} did not hold")
        self.failed = failed


def dumped(record: BaseModel) -> Values:
    """A record as an item's values."""
    return record.model_dump(exclude_none=True)


def put_new(item: Values) -> Values:
    """A transaction's write of an item that is not there yet."""
    return {"Put": {"Item": to_item(item), "ConditionExpression": "attribute_not_exists(pk)"}}


class Table:
    """One table and its `recent` index. Every method makes its calls in a worker thread."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        # Its own: a slow tool or model must not keep a run from being written down.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="table")
        self.name = name

    async def put(self, item: Mapping[str, Any], condition: str) -> None:
        """Raises ConditionFailed."""
        await self._conditional("put_item", Item=to_item(item), ConditionExpression=condition)

    async def get(self, key: Mapping[str, str]) -> Values | None:
        answer = await self._call("get_item", Key=to_item(key), ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    async def query(
        self,
        pk: str,
        prefix: str = "",
        *,
        after: str = "",
        before: str = "",
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[Values]:
        """Items of a partition, all pages, up to `limit`.

        Args:
            prefix: Only those whose sort key starts with it.
            after: Only those whose sort key comes after it.
            before: With `prefix`: only those whose sort key does not come after it.
        """
        request: Values = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": to_item({":pk": pk}),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
        }
        if prefix and before:
            request["KeyConditionExpression"] += " AND sk BETWEEN :prefix AND :before"
            request["ExpressionAttributeValues"] |= to_item({":prefix": prefix, ":before": before})
        elif prefix:
            request["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
            request["ExpressionAttributeValues"] |= to_item({":prefix": prefix})
        elif after:
            request["KeyConditionExpression"] += " AND sk > :after"
            request["ExpressionAttributeValues"] |= to_item({":after": after})
        found: list[Values] = []
        while True:
            if limit:
                request["Limit"] = limit - len(found)
            page = await self._call("query", **request)
            found += map(from_item, page["Items"])
            if "LastEvaluatedKey" not in page or (limit and len(found) >= limit):
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    async def recent(
        self, recent_pk: str, limit: int, start: Values | None
    ) -> tuple[list[Values], Values | None]:
        """One page of the `recent` index, newest first, and the key that the next starts after."""
        request: Values = {
            "IndexName": "recent",
            "KeyConditionExpression": "recent_pk = :pk",
            "ExpressionAttributeValues": to_item({":pk": recent_pk}),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if start:
            request["ExclusiveStartKey"] = to_item(start)
        page = await self._call("query", **request)
        last = page.get("LastEvaluatedKey")
        return [from_item(i) for i in page["Items"]], from_item(last) if last else None

    async def recent_all(self, recent_pk: str) -> list[Values]:
        """Everything under one key of the `recent` index, newest first, all pages."""
        found, start = await self.recent(recent_pk, _PAGE, None)
        while start:
            more, start = await self.recent(recent_pk, _PAGE, start)
            found += more
        return found

    async def remove(self, keys: Sequence[Mapping[str, str]]) -> None:
        """Deletes items, whether or not they are there. Tried until all are gone."""
        for at in range(0, len(keys), _BATCH_SIZE):
            left: list[Values] = [
                {"DeleteRequest": {"Key": to_item(key)}} for key in keys[at : at + _BATCH_SIZE]
            ]
            for attempt in count():
                answer = await self._call("batch_write_item", RequestItems={self.name: left})
                left = answer.get("UnprocessedItems", {}).get(self.name, [])
                if not left:
                    break
                if attempt == _TRIES:
                    raise StoreUnavailable
                await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311

    async def update(self, update: Values) -> Values:
        """The item as it is now. Raises ConditionFailed."""
        answer = await self._conditional("update_item", **update, ReturnValues="ALL_NEW")
        return from_item(answer["Attributes"])

    async def transact(self, writes: list[Values]) -> None:
        """All of `writes` or none; tried again where another transaction was in the way.

        Raises:
            ConditionFailed: With the places of the writes whose condition did not hold.
            ItemRefused: One of the items, or all of them together, cannot be stored.
        """
        items = [
            {kind: {"TableName": self.name, **body} for kind, body in write.items()}
            for write in writes
        ]
        for attempt in range(_TRIES):
            try:
                await self._call("transact_write_items", TransactItems=items)
                return
            except ClientError as error:
                reasons = [r["Code"] for r in error.response.get("CancellationReasons", [])]
                if "ConditionalCheckFailed" in reasons:
                    failed = [i for i, r in enumerate(reasons) if r == "ConditionalCheckFailed"]
                    raise ConditionFailed(failed) from None
                if _REFUSED & {*reasons, error.response["Error"]["Code"]}:
                    raise ItemRefused from error
                if "TransactionConflict" not in reasons or attempt == _TRIES - 1:
                    raise
            await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311

    async def _conditional(self, operation: str, **arguments: Any) -> Values:
        try:
            return await self._call(operation, **arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise ConditionFailed([0]) from None

    async def _call(self, operation: str, **arguments: Any) -> Values:
        """Raises ClientError where DynamoDB refuses, StoreUnavailable where it is out of reach."""
        if operation not in _NAMES_TABLES:
            arguments["TableName"] = self.name
        try:
            call = partial(getattr(self._client, operation), **arguments)
            loop = asyncio.get_running_loop()
            answer: Values = await loop.run_in_executor(self._threads, call)
        except ParamValidationError as error:
            raise ItemRefused from error
        except BotoCoreError as error:
            raise StoreUnavailable from error
        except ClientError as error:
            if error.response["Error"]["Code"] in _BUSY:
                raise StoreUnavailable from error
            raise
        return answer
