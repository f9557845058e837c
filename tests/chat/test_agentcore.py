"""The endpoints that Bedrock AgentCore's runtime needs of a container."""

import asyncio
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, answer, events, wait_for_answer

SESSION = "session-0123456789-0123456789-0123456789"
IN_SESSION = {**ME, "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": SESSION}


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "How many?"},
        {"question": "How many?"},
        {"input": "How many?"},
        {"input": {"prompt": "How many?"}},
        {"prompt": "How many?", "temperature": 1, "user": {"name": "Mara"}},
    ],
)
async def test_a_prompt_in_every_form_is_streamed(api: Api, body: dict[str, Any]) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply("Two.")
    response = await api.http.post("/invocations", json=body, headers=IN_SESSION)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = events(response.text)
    assert answer(found) == "Two."
    assert (found[0]["thread_id"], found[-1]["type"]) == (SESSION, "run.completed")


async def test_with_accept_json_the_answer_is_json(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply("Two.")
    headers = IN_SESSION | {"Accept": "application/json"}
    response = await api.http.post("/invocations", json={"prompt": "How many?"}, headers=headers)
    found = response.json()
    assert (found["response"], found["status"], found["session_id"]) == (
        "Two.",
        "completed",
        SESSION,
    )
    assert found["error"] is None


async def test_a_session_is_a_thread(api: Api) -> None:
    for _ in range(2):
        api.model.add_reply("sql | 1 | - | x").add_reply("Two.")
        await api.http.post("/invocations", json={"prompt": "How many?"}, headers=IN_SESSION)
    assert len(api.model.requests[-1].messages) == 3


async def test_ping_is_busy_while_a_run_is_live(api: Api) -> None:
    idle = (await api.http.get("/ping")).json()
    assert idle["status"] == "Healthy"
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", gate, "days.")
    run = await api.begin()
    await wait_for_answer(run, "26 ")
    busy = (await api.http.get("/ping")).json()
    assert busy["status"] == "HealthyBusy"
    assert busy["time_of_last_update"] >= idle["time_of_last_update"]
    gate.set()
    await run.wait()
    await asyncio.sleep(0)
    assert (await api.http.get("/ping")).json()["status"] == "Healthy"


@pytest.mark.parametrize("body", [{}, {"prompt": ""}, {"prompt": 5}, {"input": {"text": "x"}}, []])
async def test_an_invalid_request_is_refused(api: Api, body: Any) -> None:
    response = await api.http.post("/invocations", json=body, headers=ME)
    assert response.status_code == 422
    assert api.item_count() == 0
