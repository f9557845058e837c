"""The built-in model behind the real wire: an answer that breaks off anywhere becomes whole."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from tests import template
from tests.chat.conftest import ME, answer, events
from waypost.agents import attempts
from waypost.settings import Settings
from waypost_chat.factory import create
from waypost_local import bedrock
from waypost_local.bedrock import Fault, Faults
from waypost_local.builtin import Builtin


@pytest.fixture
async def http(
    environment: dict[str, str], company: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    with sqlite3.connect(company / "company.sqlite") as db:
        rows = [(n, f"Technician Number {n}", "active") for n in range(3, 9)]
        db.executemany("INSERT INTO technicians VALUES (?, ?, ?)", rows)
    db.close()
    dynamodb: Any = boto3.client("dynamodb")
    dynamodb.create_table(TableName=environment["WAYPOST_TABLE"], **template.table_definition())
    async with bedrock.serving(bedrock.app(Builtin(), broken=faults)) as models:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", models.url)
        app = create(Settings.from_env(environment))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://waypost", timeout=30
            ) as client,
        ):
            yield client


@pytest.fixture
def faults() -> Faults:
    return Faults()


async def told(http: httpx.AsyncClient, path: str, **body: Any) -> list[dict[str, Any]]:
    response = await http.post(path, json=body or None, headers=ME)
    assert response.status_code == 200, response.text
    return events(response.text)


@pytest.mark.parametrize(
    "question", ["List all active technicians", "How many days of leave does everybody have?"]
)
async def test_an_answer_that_breaks_off_at_any_place_is_made_whole(
    http: httpx.AsyncClient, faults: Faults, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "_WAITS", (0.0, 0.0))
    whole = await told(http, "/v1/runs", input=question)
    deltas = sum(event["type"] == "text.delta" for event in whole)
    assert deltas > 5
    for after in range(1, deltas, 3):
        faults.set(Fault("cut_after", after=after, operation="converse-stream"))
        broken = await told(http, "/v1/runs", input=question)
        faults.set(None)
        if broken[-1]["type"] == "run.completed":
            continue
        rest = await told(http, f"/v1/runs/{broken[0]['run_id']}/continue")
        assert rest[-1]["type"] == "run.completed"
        assert answer(broken) + answer(rest) == answer(whole), f"cut after {after} deltas"
