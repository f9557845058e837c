"""ag-ui-validate over the bytes of a live answer, framing and headers included."""

import json
import subprocess
import sys
from typing import Any

import httpx

from tests.clients.conftest import Stack


def asked(stack: Stack, thread: str, text: str) -> httpx.Response:
    body = {
        "threadId": thread, "runId": f"{thread}-1",
        "messages": [{"id": "m", "role": "user", "content": text}],
    }  # fmt: skip
    return httpx.post(f"{stack.url}/api/ag-ui", json=body, timeout=60)


def report(recorded: bytes) -> dict[str, Any]:
    command = [sys.executable, "-m", "ag_ui_validate.cli", "-", "--json"]
    done = subprocess.run(command, input=recorded, capture_output=True, timeout=60, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_finds_nothing_in_an_answer(stack: Stack) -> None:
    answer = asked(stack, "validate", "How many technicians are active?")
    found = report(answer.content)
    assert found["diagnostics"] == []
    assert b"RUN_FINISHED" in answer.content


def test_it_finds_nothing_in_a_failure_and_what_is_wrong_in_a_cut_stream(stack: Stack) -> None:
    stack.fail("cut_after", after=3)
    failed = asked(stack, "validate-failed", "How many days of annual leave are there?").content
    assert b"RUN_ERROR" in failed
    assert report(failed)["diagnostics"] == []
    cut = failed[: failed.index(b"id: ", len(failed) // 2)]
    assert "AGUI003" in [found["rule"] for found in report(cut)["diagnostics"]]
