"""OpenAI's own client sends a batch, follows it, and reads its output."""

import io
import json
import time
from typing import Any

import openai
import pytest

from tests.clients.conftest import LocalStack


@pytest.fixture
def client(running_stack: LocalStack) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{running_stack.url}/openai/v1", api_key="none", max_retries=0)


def request(custom_id: str, question: str, **body: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    return {
        "custom_id": custom_id,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "sql", "messages": messages, **body},
    }


def upload(client: openai.OpenAI, *lines: dict[str, Any] | str) -> str:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file = io.BytesIO("\n".join(texts).encode())
    file.name = "requests.jsonl"
    return client.files.create(file=file, purpose="batch").id


def ended(client: openai.OpenAI, batch_id: str) -> Any:
    for _ in range(240):
        batch = client.batches.retrieve(batch_id)
        if batch.status in ("completed", "failed", "cancelled"):
            return batch
        time.sleep(0.25)
    raise AssertionError(batch)


def test_a_batch_from_its_file_to_its_output(client: openai.OpenAI) -> None:
    file_id = upload(
        client,
        request("a", "How many jobs are open?"),
        request("b", "How many technicians are active?"),
        request("c", "Which?", model="nobody"),
        {"custom_id": "d", "method": "POST", "url": "/v1/chat/completions", "body": {}},
        "no json",
    )
    assert client.files.retrieve(file_id).bytes > 100
    sent = client.batches.create(
        input_file_id=file_id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"report": "evening"},
    )
    assert (sent.status, sent.metadata) == ("in_progress", {"report": "evening"})

    batch = ended(client, sent.id)

    assert batch.status == "completed"
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (5, 2, 3)
    output = [json.loads(line) for line in client.files.content(batch.output_file_id).iter_lines()]
    assert [line["custom_id"] for line in output] == ["a", "b"]
    body = output[0]["response"]["body"]
    assert body["choices"][0]["message"]["content"] == "There are 4 open jobs."
    assert body["object"] == "chat.completion"
    errors = [json.loads(line) for line in client.files.content(batch.error_file_id).iter_lines()]
    assert [(line["custom_id"], line["error"]["code"]) for line in errors] == [
        ("c", "unknown_agent"),
        ("d", "invalid_question"),
        (None, "not_json"),
    ]
    assert sent.id in [one.id for one in client.batches.list()]


def test_a_batch_is_cancelled(client: openai.OpenAI) -> None:
    file_id = upload(client, *(request(str(n), "How many jobs are open?") for n in range(40)))
    sent = client.batches.create(
        input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h"
    )

    assert client.batches.cancel(sent.id).status in ("cancelling", "cancelled")
    assert ended(client, sent.id).status == "cancelled"


def test_what_is_not_there_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_nothing")
    with pytest.raises(openai.NotFoundError):
        client.files.content("file-nothing")
    with pytest.raises(openai.BadRequestError):
        client.batches.create(
            input_file_id="file-nothing",
            endpoint="/v1/chat/completions",
            completion_window="24h",
        )
    with pytest.raises(openai.BadRequestError):
        client.files.create(file=io.BytesIO(b"x"), purpose="assistants")
