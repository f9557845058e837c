"""An answer that broke off, and the run that goes on with it."""

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message

from tests.chat.conftest import ME, Api, answer, events, said, seen
from tests.chat.test_runs import body_of, scope
from waypost.agents import limits
from waypost_local.bedrock import Fault
from waypost_local.bedrock.model import ToolUseInput, ToolUseStart

COUNT = "SELECT count(*) AS n FROM technicians"


async def go_on(api: Api, run_id: str) -> list[dict[str, Any]]:
    response = await api.http.post(f"/v1/runs/{run_id}/continue", headers=ME)
    assert response.status_code == 200, response.text
    return events(response.text)


async def test_the_new_run_says_what_was_missing(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("Everybody has ", "26 ", "days.")
    api.faults.set(Fault("cut_after", after=2, operation="converse-stream", times=1))
    broken = await api.ask("How much leave?")
    assert answer(broken) == "Everybody has 26 "
    api.script.says("days ", "of leave [1].")
    told = await go_on(api, broken[0]["run_id"])
    assert answer(told) == "days of leave [1].\n\nSources: [1] leave.md (Leave)"
    assert told[-1]["type"] == "run.completed"
    assert told[0]["user_message_id"] == broken[0]["user_message_id"]
    route = next(event for event in told if event["type"] == "route.decided")
    assert (route["agent"], route["method"]) == ("rag", "sticky")
    said = [(m["role"], m["content"][0]["text"][:30]) for m in api.script.asked[-1].messages]
    assert said == [
        ("user", "How much leave?"),
        ("assistant", "Everybody has 26 "),
        ("user", "<continue>Your answer broke of"),
    ]
    run = await api.run(told[0]["run_id"])
    assert run["continues"] == broken[0]["run_id"]
    thread = (await api.http.get(f"/v1/threads/{told[0]['thread_id']}", headers=ME)).json()
    assert [m["role"] for m in thread["messages"]] == ["user", "assistant", "assistant"]


async def test_what_tools_gave_is_told_again_and_the_tools_are_left_alone(api: Api) -> None:
    gate = asyncio.Event()
    call = (ToolUseStart("c7", "query_database"), ToolUseInput(json.dumps({"sql": COUNT})))
    api.script.says("sql | 1 | - | x").says("I look. ", *call, reason="tool_use")
    api.script.says("There ", gate, "are two.")
    run = await api.begin("How many technicians?")
    await said(run, "I look. \n\nThere ")
    run.out_of_time()
    await run.wait()
    api.script.says("are two.")
    told = await go_on(api, run.id)
    assert not [event for event in told if event["type"].startswith("tool.")]
    assert answer(told) == "are two."
    asked = api.script.asked[-1].messages
    assert [m["role"] for m in asked] == ["user", "assistant", "user", "assistant", "user"]
    assert asked[1]["content"][0]["text"] == "I look. "
    assert asked[1]["content"][1]["toolUse"]["input"] == {"sql": COUNT}
    result = asked[2]["content"][0]["toolResult"]
    assert json.loads(result["content"][0]["text"])["rows"] == [[2]]
    assert asked[3]["content"][0]["text"].strip() == "There"


async def test_a_run_that_ended_after_its_tool_goes_on_from_the_rows(api: Api) -> None:
    gate = asyncio.Event()
    api.script.says("sql | 1 | - | x").calls(COUNT).says(gate, "There are two.")
    run = await api.begin("How many technicians?")
    await api.script.has_been_asked(3)
    run.out_of_time()
    await run.wait()
    assert (await api.run(run.id))["failure"]["code"] == "deadline"
    api.script.says("There are two.")
    told = await go_on(api, run.id)
    assert answer(told) == "There are two."
    assert [m["role"] for m in api.script.asked[-1].messages] == ["user", "assistant", "user"]


async def test_what_follows_a_tool_is_a_new_paragraph_also_of_an_earlier_run(api: Api) -> None:
    """The first run breaks off in its request to the tool; the second makes it anew."""
    call = (ToolUseStart("c1", "query_database"), ToolUseInput(json.dumps({"sql": COUNT})))
    api.script.says("sql | 1 | - | x").says("I look.", *call, reason="tool_use")
    api.faults.set(Fault("cut_after", after=2, operation="converse-stream", times=1))
    broken = await api.ask("How many technicians?")
    assert (answer(broken), broken[-1]["type"]) == ("I look.", "run.failed")
    api.script.says(*call, reason="tool_use").says("Two.")
    told = await go_on(api, broken[0]["run_id"])
    assert answer(broken) + answer(told) == "I look.\n\nTwo."


async def test_a_continuation_breaks_off_and_is_continued(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("one ", reason="max_tokens")
    told = [await api.ask("Count.")]
    for word in ("two ", "three "):
        api.script.says(word, reason="max_tokens")
        told.append(await go_on(api, told[-1][0]["run_id"]))
    assert [answer(part) for part in told] == ["one ", "two ", "three "]
    said = [m["content"][0]["text"] for m in api.script.asked[-1].messages]
    assert said[:2] == ["Count.", "one two "]


async def test_the_next_question_sees_one_answer(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("one ", reason="max_tokens")
    broken = await api.ask("Count.")
    api.script.says("two.")
    await go_on(api, broken[0]["run_id"])
    api.script.says("rag | 1 | - | x").says("Yes.")
    await api.ask("Is that all?", f"/v1/threads/{broken[0]['thread_id']}/runs")
    said = [(m["role"], m["content"][0]["text"]) for m in api.script.asked[-1].messages]
    assert said == [("user", "Count."), ("assistant", "one two."), ("user", "Is that all?")]


async def test_a_complete_answer_is_not_continued(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    refused = await api.http.post(f"/v1/runs/{run_id}/continue", headers=ME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_continuable")


async def test_an_answer_that_was_followed_by_another_is_not_continued(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("one ", reason="max_tokens")
    broken = (await api.ask("Count."))[0]
    api.script.says("rag | 1 | - | x").says("Yes.")
    await api.ask("Is that all?", f"/v1/threads/{broken['thread_id']}/runs")
    refused = await api.http.post(f"/v1/runs/{broken['run_id']}/continue", headers=ME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_continuable")


async def test_a_live_run_is_not_continued(api: Api) -> None:
    gate = asyncio.Event()
    api.script.says("rag | 1 | - | x").says("26 ", gate)
    run = await api.begin()
    await seen(run, "text.delta")
    refused = await api.http.post(f"/v1/runs/{run.id}/continue", headers=ME)
    assert (refused.status_code, refused.json()["error"]["run_id"]) == (409, run.id)
    gate.set()
    await run.wait()


async def test_continuing_twice_at_once_is_once(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("one ", reason="max_tokens")
    run_id = (await api.ask("Count."))[0]["run_id"]
    api.script.says("two.")
    path = f"/v1/runs/{run_id}/continue"
    both = await asyncio.gather(*(api.http.post(path, headers=ME) for _ in range(2)))
    assert sorted(response.status_code for response in both) == [200, 409]


@pytest.mark.parametrize("left", [4.0, 60.0])
async def test_the_run_ends_itself_before_the_deadline(api: Api, left: float) -> None:
    """With a minute left it answers; with four seconds it says so in time."""
    gate = asyncio.Event()
    api.script.says("rag | 1 | - | x").says("26 ", *([gate] if left == 4 else []), "days.")
    sent = bytearray()

    async def send(message: Message) -> None:
        sent.extend(message.get("body", b""))

    given = {**scope("/v1/runs"), "aws.deadline": time.time() + left}
    await api.app(given, body_of({"input": "How much leave?"}), send)
    end = events(sent.decode())[-1]
    if left == 4:
        assert (end["code"], end["retryable"], end["partial"]) == ("deadline", True, True)
        assert time.time() < given["aws.deadline"]
    else:
        assert end["type"] == "run.completed"


async def test_nothing_new_is_started_in_the_last_seconds(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is enough for a first model call to end, and not for its tool."""
    gate = asyncio.Event()
    call = (ToolUseStart("c1", "query_database"), ToolUseInput(json.dumps({"sql": COUNT})))
    api.script.says("sql | 1 | - | x").says("I look. ", *call, gate, reason="tool_use")
    deadline = time.time() + 600
    run = await api.begin("How many?", deadline=deadline)
    await seen(run, "tool.started")
    late = SimpleNamespace(time=lambda: deadline - 9)
    monkeypatch.setattr(limits, "time", late)
    gate.set()
    await run.wait()
    told = [event.model_dump() for event in run._events]
    assert told[-1]["code"] == "deadline"
    assert not [event for event in told if event["type"] == "tool.output"]
    assert len(api.script.asked) == 2
