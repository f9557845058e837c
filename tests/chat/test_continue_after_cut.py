"""The demo model over the real wire: an answer that breaks off anywhere can be continued."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.chat.conftest import ME, Api, Running, answer, events
from waypost.models import attempts
from waypost_local.bedrock import Fault
from waypost_local.demo_model import DemoModel


@pytest_asyncio.fixture(loop_scope="session")
async def api(environment: dict[str, str], company: Path, running: Running) -> AsyncIterator[Api]:
    with sqlite3.connect(company / "company.sqlite") as db:
        rows = [(n, f"Technician Number {n}", "active") for n in range(3, 9)]
        db.executemany("INSERT INTO technicians VALUES (?, ?, ?)", rows)
    db.close()
    async with running(environment, DemoModel()) as opened:
        yield opened


async def post(api: Api, path: str, **body: Any) -> list[dict[str, Any]]:
    response = await api.http.post(path, json=body or None, headers=ME)
    assert response.status_code == 200, response.text
    return events(response.text)


@pytest.mark.parametrize(
    "question", ["List all active technicians", "How many days of leave does everybody have?"]
)
async def test_the_parts_of_a_broken_answer_are_the_whole_answer(
    api: Api, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "_WAITS", (0.0, 0.0))
    whole = await post(api, "/v1/runs", input=question)
    deltas = sum(event["type"] == "text.delta" for event in whole)
    assert deltas > 5
    for after in range(1, deltas, 3):
        api.faults.set(Fault("cut_after", after=after, operation="converse-stream"))
        broken = await post(api, "/v1/runs", input=question)
        api.faults.set(None)
        if broken[-1]["type"] == "run.completed":
            continue
        rest = await post(api, f"/v1/runs/{broken[0]['run_id']}/continue")
        assert rest[-1]["type"] == "run.completed"
        assert answer(broken) + answer(rest) == answer(whole), f"cut after {after} deltas"
