"""What holds for every batch, whatever happened to it."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.chaos.batch.cases import BatchCase
from tests.chaos.batch.stack import BatchChaosStack
from tests.chaos.model_script import TAG, AnswerScript, script_for

_COUNTED = ("answered", "failed", "rejected", "cancelled", "skipped")
_OVER = {"completed", "failed", "cancelled", "interrupted"}
_PATIENCE = 10
Get = Callable[[str], Awaitable[Any]]


async def violations(
    stack: BatchChaosStack, case: BatchCase, head: dict[str, Any], get: Get
) -> list[str]:
    """Args: head: The batch as `GET /v1/batches/{id}` shows it, once it is over."""
    results = await asyncio.to_thread(_file, stack, case, head)
    items = await asyncio.to_thread(_items, stack, case)
    return [
        *of_file(case, head, results),
        *await _same_over_http(head, results, get),
        *await _runs(results, items, get),
        *_told(await _heard(stack, head["id"]), case),
    ]


def of_file(case: BatchCase, head: dict[str, Any], results: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the file of results."""
    return [
        *_every_line(case, head, results),
        *_totals(head, results),
        *_answers(case, results),
    ]


def _file(stack: BatchChaosStack, case: BatchCase, head: dict[str, Any]) -> list[dict[str, Any]]:
    key = f"out/{case.tenant}/{head['id']}.jsonl"
    body = stack.client("s3").get_object(Bucket=stack.bucket, Key=key)["Body"].read()
    return [json.loads(line) for line in body.splitlines()]


def _every_line(case: BatchCase, head: dict[str, Any], results: list[Any]) -> list[str]:
    found = []
    numbers = [result["line"] for result in results]
    if numbers != list(range(1, len(case.lines) + 1)):
        found.append(f"the file has the lines {numbers}")
    rejected = {result["line"] for result in results if result["state"] == "rejected"}
    if rejected != case.rejected:
        found.append(f"rejected are {sorted(rejected)}, not {sorted(case.rejected)}")
    if head["total"] != len(case.lines):
        found.append(f"{head['total']} lines are counted")
    return found


def _totals(head: dict[str, Any], results: list[Any]) -> list[str]:
    states = Counter(result["state"] for result in results)
    found = []
    if any(states[state] != head["counts"][state] for state in _COUNTED):
        found.append(f"counted are {head['counts']}, written {dict(states)}")
    cost = sum(result.get("cost_usd") or 0 for result in results)
    if abs(cost - head["cost_usd"]) > 1e-6:
        found.append(f"the cost is {head['cost_usd']}, that of the results {cost}")
    return found


def _answers(case: BatchCase, results: list[Any]) -> list[str]:
    """An answer is whole and not repeated; what has none says why."""
    found = []
    for result in results:
        tag = TAG.search(result.get("question", ""))
        if result["state"] == "answered":
            if tag and not _is_answer(result["answer"], script_for(tag[1])):
                found.append(f"line {result['line']}: another answer: {result['answer']!r}")
        elif not result.get("reason"):
            found.append(f"line {result['line']}: {result['state']} for no reason")
        if result["state"] not in ("answered", "rejected", "failed"):
            found.append(f"line {result['line']} is {result['state']}")
        if result["state"] == "failed" and not case.happenings and not case.models:
            found.append(f"line {result['line']} failed: {result.get('reason')}")
    return found


def _is_answer(text: str, script: AnswerScript) -> bool:
    """Whether it is the script's, with the list of its sources where it cites."""
    answer, _, sources = text.partition("\n\nSources: ")
    return answer == script.answer and bool(sources) <= script.cites


async def _same_over_http(head: dict[str, Any], results: list[Any], get: Get) -> list[str]:
    page = await _patiently(get, f"/v1/batches/{head['id']}/results")
    served = [(result["line"], result["state"]) for result in (page or {}).get("results", [])]
    if served == [(result["line"], result["state"]) for result in results]:
        return []
    return ["HTTP serves other results than the file has"]


async def _runs(results: list[Any], items: list[dict[str, Any]], get: Get) -> list[str]:
    """Each answer has one run that completed; a run that broke off is seen as such."""
    found = []
    completed: Counter[str] = Counter()
    for item in items:
        run = await _patiently(get, f"/v1/runs/{item['id']['S']}")
        if run is None or run["state"] not in _OVER:
            found.append(f"run {item['id']['S']} is {run and run['state']}")
        elif run["state"] == "completed":
            completed[run["id"]] += 1
    named = {
        result["run_id"]
        for result in results
        if result["state"] == "answered" and TAG.search(result["question"])
    }
    if completed.keys() != named:
        more, lost = completed.keys() - named, named - completed.keys()
        found.append(f"{len(more)} questions were answered twice, {len(lost)} answers have no run")
    return found


async def _patiently(get: Get, path: str) -> Any:
    """What a path answers, also where the table fails just now."""
    for _ in range(_PATIENCE):
        if (found := await get(path)) is not None:
            return found
        await asyncio.sleep(0.5)
    return None


def _items(stack: BatchChaosStack, case: BatchCase) -> list[dict[str, Any]]:
    """The runs of a batch's questions, which it knows by their threads."""
    found = _scanned(stack, f"T#{case.tenant}#U#")
    asked = {
        item["pk"]["S"]
        for item in found
        if f"batch:{case.seed}:" in json.dumps(item, default=str) and item["sk"]["S"][:2] == "M#"
    }
    return [
        item
        for item in found
        if item["sk"]["S"].startswith("R#")
        and "#S#" not in item["sk"]["S"]
        and item["pk"]["S"] in asked
    ]


def _scanned(stack: BatchChaosStack, prefix: str) -> list[dict[str, Any]]:
    """Again where the table fails just now, for another batch of the tenant."""
    pages = stack.client("dynamodb").get_paginator("scan")
    for _ in range(_PATIENCE):
        try:
            return [
                item
                for page in pages.paginate(
                    TableName=stack.table,
                    FilterExpression="begins_with(pk, :prefix)",
                    ExpressionAttributeValues={":prefix": {"S": prefix}},
                )
                for item in page["Items"]
            ]
        except (BotoCoreError, ClientError):
            time.sleep(0.5)
    raise TimeoutError


async def _heard(stack: BatchChaosStack, batch_id: str) -> list[dict[str, Any]]:
    """What the bus was told of the end of a batch; that may still be on its way."""
    for _ in range(_PATIENCE):
        ends = [
            event["detail"]
            for event in stack.heard
            if event["detail-type"] == "waypost.batch.completed"
            and event["detail"]["batch_id"] == batch_id
        ]
        if ends:
            return ends
        await asyncio.sleep(0.5)
    return []


def _told(ends: list[dict[str, Any]], case: BatchCase) -> list[str]:
    if not ends:
        return ["the bus was not told of the end"]
    if any(end["total"] != len(case.lines) for end in ends):
        return ["the bus was told of another number of lines"]
    return []
