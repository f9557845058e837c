"""`waypost`, the command line, and AWS's own clients, against a running stack."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.conftest import LocalStack
from waypost_local.aws.account import client

WAYPOST = Path(sys.executable).with_name("waypost")


def waypost(stack: LocalStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(WAYPOST), *arguments, "--url", stack.url]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_question_is_answered_in_the_terminal(running_stack: LocalStack) -> None:
    asked = waypost(running_stack, "ask", "How many technicians are active?")

    assert asked.returncode == 0, asked.stderr
    assert asked.stdout == "There are 13 active technicians.\n"
    assert "[sql]" in asked.stderr


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_file_of_questions_is_followed_to_its_results(
    running_stack: LocalStack, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / f"questions.{kind}"
    if kind == "csv":
        file.write_text("id,question,agent\na,How many jobs are open?,sql\nb,,\n")
    else:
        file.write_text('{"id": "a", "question": "How many jobs are open?", "agent": "sql"}\n{}\n')

    sent = waypost(running_stack, "batch", "submit", str(file), "--wait")

    assert sent.returncode == 0, sent.stderr
    batch_id, ended = sent.stdout.splitlines()
    assert ended == f"{batch_id}: completed, 1 answered, 1 rejected, $0.0000"
    assert "line 2" in sent.stderr
    results = waypost(running_stack, "batch", "results", batch_id).stdout.splitlines()
    first, second = map(json.loads, results)
    assert (first["answer"], second["reason"]) == ("There are 4 open jobs.", "invalid_question")
    assert batch_id in waypost(running_stack, "batch", "list").stdout
    assert "1 rejected" in waypost(running_stack, "batch", "status", batch_id).stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("batch", "status", "nothing"), "Batch not found. (batch_not_found)"),
        (("ask", "x", "--agent", "nobody"), "There is no agent of that name."),
        (("ask", " "), "The message is empty."),
    ],
)
def test_what_is_refused_is_said_in_a_line(
    running_stack: LocalStack, arguments: tuple[str, ...], text: str
) -> None:
    refused = waypost(running_stack, *arguments)

    assert refused.returncode == 1
    assert text in refused.stderr
    assert "Traceback" not in refused.stderr


def test_no_stack_is_said_in_a_line() -> None:
    command = [str(WAYPOST), "ask", "x", "--url", "http://127.0.0.1:9"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert asked.returncode == 1
    assert "make run" in asked.stderr


def ended(stack: LocalStack, batch_id: str) -> dict[str, Any]:
    """A batch once it is over."""
    for _ in range(240):
        response = httpx.get(f"{stack.url}/v1/batches/{batch_id}")
        if response.is_success and response.json()["state"] in ("completed", "failed"):
            found: dict[str, Any] = response.json()
            return found
        time.sleep(0.25)
    raise AssertionError(f"{batch_id} does not end: {response.text}")


def test_an_event_on_the_bus_is_a_batch(running_stack: LocalStack) -> None:
    detail = {"batch_id": "on-the-bus", "questions": ["How many jobs are open?"], "agent": "sql"}
    entry = {
        "EventBusName": "waypost-questions",
        "Source": "my.company",
        "DetailType": "waypost.questions.submitted",
        "Detail": json.dumps(detail),
    }

    sent = client("events", running_stack.aws).put_events(Entries=[entry])

    assert sent["FailedEntryCount"] == 0
    batch = ended(running_stack, "on-the-bus")
    assert (batch["state"], batch["counts"]["answered"]) == ("completed", 1)
    line = json.loads(httpx.get(batch["results_url"]).text)
    assert line["answer"] == "There are 4 open jobs."


def test_a_file_in_the_bucket_is_a_batch(running_stack: LocalStack) -> None:
    s3 = client("s3", running_stack.aws)
    (bucket,) = (found["Name"] for found in s3.list_buckets()["Buckets"])
    body = b'{"question": "What is the total revenue?", "agent": "sql"}\n'

    s3.put_object(Bucket=bucket, Key="in/demo/developer/evening.jsonl", Body=body)

    for _ in range(40):
        batches = httpx.get(f"{running_stack.url}/v1/batches").json()["batches"]
        if of_file := [found["id"] for found in batches if found["source"] == "file"]:
            break
        time.sleep(0.25)
    batch = ended(running_stack, of_file[0])
    assert batch["counts"]["answered"] == 1
    assert re.search("87460.60", httpx.get(batch["results_url"]).text)
