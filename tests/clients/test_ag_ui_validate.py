"""ag-ui-validate over the bytes of a live answer, with its framing and headers."""

import json
import subprocess
import sys
from typing import Any

import httpx

from tests.clients.conftest import LocalStack


def ask(stack: LocalStack, thread: str, text: str) -> httpx.Response:
    body = {
        "threadId": thread,
        "runId": f"{thread}-1",
        "messages": [{"id": "m", "role": "user", "content": text}],
    }
    return httpx.post(f"{stack.url}/api/ag-ui", json=body, timeout=60)


def report(recorded: bytes) -> dict[str, Any]:
    command = [sys.executable, "-m", "ag_ui_validate.cli", "-", "--json"]
    done = subprocess.run(command, input=recorded, capture_output=True, timeout=60, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_answer_is_valid(stack: LocalStack) -> None:
    answer = ask(stack, "validate", "How many technicians are active?")
    found = report(answer.content)
    assert found["diagnostics"] == []
    assert b"RUN_FINISHED" in answer.content


def test_a_failure_is_valid_and_a_cut_stream_is_not(stack: LocalStack) -> None:
    stack.fail("cut_after", after=3)
    failed = ask(stack, "validate-failed", "How many days of annual leave are there?").content
    assert b"RUN_ERROR" in failed
    assert report(failed)["diagnostics"] == []
    cut = failed[: failed.index(b"id: ", len(failed) // 2)]
    assert "AGUI003" in [found["rule"] for found in report(cut)["diagnostics"]]
