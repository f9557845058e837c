"""A normalised model-serving stream, whose client carries the conversation."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api
from waypost_local.bedrock import Fault

QUESTION = {"role": "user", "content": "How many technicians are there?", "timestamp": None}
COUNT = "SELECT count(*) AS n FROM technicians"


async def stream(api: Api, *messages: dict[str, Any]) -> list[str]:
    """The data of each frame."""
    body = {"messages": list(messages)}
    response = await api.http.post("/api/chat/stream", json=body, headers=ME)
    assert response.status_code == 200, response.text
    lines = response.text.split("\n")
    return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


async def test_a_stream_has_text_tools_and_done(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query(COUNT).add_reply("There ", "are two.")
    assert await stream(api, QUESTION) == [
        '{"type":"tool.call","name":"query_database","args":{"sql":"' + COUNT + '"}}',
        '{"type":"tool.output","name":"query_database","output":"{\\"columns\\":'
        '[\\"n\\"],\\"rows\\":[[2]],\\"row_count\\":1,\\"truncated\\":false}"}',
        '{"type":"text.delta","delta":"There "}',
        '{"type":"text.delta","delta":"are two."}',
        "[DONE]",
    ]


async def test_done_is_the_last_after_an_error_too(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply("There ", "are two.")
    api.faults.set(Fault("cut_after", after=1, operation="converse-stream", times=1))
    assert await stream(api, QUESTION) == [
        '{"type":"text.delta","delta":"There "}',
        '{"type":"error","message":"The model broke off. Please try again."}',
        "[DONE]",
    ]


async def test_the_model_gets_the_clients_history(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply("Mara.")
    answered = {"role": "assistant", "content": "Two.", "timestamp": "2026-01-01"}
    last: dict[str, Any] = {
        "role": "user",
        "content": "Who is the first?",
        "timestamp": 1767225600.5,
    }
    await stream(api, QUESTION, answered, last)
    messages = [(m["role"], m["content"][0]["text"]) for m in api.model.requests[-1].messages]
    assert [role for role, _ in messages] == ["user", "assistant", "user"]
    assert [text for _, text in messages][:2] == ["How many technicians are there?", "Two."]
    assert messages[-1][1].startswith("Who is the first?")


async def test_each_request_is_a_thread_of_its_own(api: Api) -> None:
    for _ in range(2):
        api.model.add_reply("sql | 1 | - | x").add_reply("Two.")
        await stream(api, QUESTION)
    threads = (await api.http.get("/v1/threads", headers=ME)).json()["threads"]
    assert len(threads) == 2


ASSISTANT = {"role": "assistant", "content": "Two."}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"messages": []}, "invalid_request"),
        ({"messages": [ASSISTANT]}, "no_question"),
        ({"messages": [QUESTION, ASSISTANT]}, "no_question"),
        ({"messages": [{"role": "user", "content": " "}]}, "empty_message"),
        ({"messages": [{"role": "user", "content": ""}]}, "empty_message"),
        ({"messages": [{"role": "system", "content": "x"}]}, "no_question"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "invalid_request"),
        ({"messages": [{"role": "user", "content": 1}]}, "invalid_request"),
        ({"messages": [{"role": "user"}]}, "empty_message"),
    ],
)
async def test_an_invalid_request_is_refused(api: Api, body: dict[str, Any], code: str) -> None:
    response = await api.http.post("/api/chat/stream", json=body, headers=ME)
    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
    assert api.item_count() == 0
