"""An answer that broke off, and the run that continues it."""

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message

from tests.chat.conftest import ME, Api, answer, events, wait_for_answer, wait_for_event
from tests.chat.test_runs import body_of, scope
from waypost.agents import limits
from waypost_local.bedrock import Fault
from waypost_local.bedrock.model import ToolUseInput, ToolUseStart

COUNT = "SELECT count(*) AS n FROM technicians"


async def continue_run(api: Api, run_id: str) -> list[dict[str, Any]]:
    response = await api.http.post(f"/v1/runs/{run_id}/continue", headers=ME)
    assert response.status_code == 200, response.text
    return events(response.text)


async def test_the_new_run_answers_the_missing_rest(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("Everybody has ", "26 ", "days.")
    api.faults.set(Fault("cut_after", after=2, operation="converse-stream", times=1))
    broken = await api.ask("How much leave?")
    assert answer(broken) == "Everybody has 26 "
    api.model.add_reply("days ", "of leave [1].")
    found = await continue_run(api, broken[0]["run_id"])
    assert answer(found) == "days of leave [1].\n\nSources: [1] leave.md (Leave)"
    assert found[-1]["type"] == "run.completed"
    assert found[0]["user_message_id"] == broken[0]["user_message_id"]
    route = next(event for event in found if event["type"] == "route.decided")
    assert (route["agent"], route["method"]) == ("rag", "sticky")
    messages = [(m["role"], m["content"][0]["text"][:30]) for m in api.model.requests[-1].messages]
    assert messages == [
        ("user", "How much leave?"),
        ("assistant", "Everybody has 26 "),
        ("user", "<continue>Your answer broke of"),
    ]
    run = await api.run(found[0]["run_id"])
    assert run["continues"] == broken[0]["run_id"]
    thread = (await api.http.get(f"/v1/threads/{found[0]['thread_id']}", headers=ME)).json()
    assert [m["role"] for m in thread["messages"]] == ["user", "assistant", "assistant"]


async def test_tool_outputs_are_sent_again_and_no_tool_is_run_again(api: Api) -> None:
    gate = asyncio.Event()
    call = (ToolUseStart("c7", "query_database"), ToolUseInput(json.dumps({"sql": COUNT})))
    api.model.add_reply("sql | 1 | - | x").add_reply("I look. ", *call, reason="tool_use")
    api.model.add_reply("There ", gate, "are two.")
    run = await api.begin("How many technicians?")
    await wait_for_answer(run, "I look. \n\nThere ")
    run.out_of_time()
    await run.wait()
    api.model.add_reply("are two.")
    found = await continue_run(api, run.id)
    assert not [event for event in found if event["type"].startswith("tool.")]
    assert answer(found) == "are two."
    messages = api.model.requests[-1].messages
    assert [m["role"] for m in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert messages[1]["content"][0]["text"] == "I look. "
    assert messages[1]["content"][1]["toolUse"]["input"] == {"sql": COUNT}
    result = messages[2]["content"][0]["toolResult"]
    assert json.loads(result["content"][0]["text"])["rows"] == [[2]]
    assert messages[3]["content"][0]["text"].strip() == "There"


async def test_a_run_that_ended_after_its_tool_continues_from_the_rows(api: Api) -> None:
    gate = asyncio.Event()
    api.model.add_reply("sql | 1 | - | x").add_query(COUNT).add_reply(gate, "There are two.")
    run = await api.begin("How many technicians?")
    await api.model.wait_for_requests(3)
    run.out_of_time()
    await run.wait()
    assert (await api.run(run.id))["failure"]["code"] == "deadline"
    api.model.add_reply("There are two.")
    found = await continue_run(api, run.id)
    assert answer(found) == "There are two."
    assert [m["role"] for m in api.model.requests[-1].messages] == ["user", "assistant", "user"]


async def test_text_after_a_tool_of_a_continuation_is_a_new_paragraph(api: Api) -> None:
    """The first run breaks off in its request to the tool; the second makes it anew."""
    call = (ToolUseStart("c1", "query_database"), ToolUseInput(json.dumps({"sql": COUNT})))
    api.model.add_reply("sql | 1 | - | x").add_reply("I look.", *call, reason="tool_use")
    api.faults.set(Fault("cut_after", after=2, operation="converse-stream", times=1))
    broken = await api.ask("How many technicians?")
    assert (answer(broken), broken[-1]["type"]) == ("I look.", "run.failed")
    api.model.add_reply(*call, reason="tool_use").add_reply("Two.")
    found = await continue_run(api, broken[0]["run_id"])
    assert answer(broken) + answer(found) == "I look.\n\nTwo."


async def test_a_continuation_can_be_continued(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("one ", reason="max_tokens")
    parts = [await api.ask("Count.")]
    for word in ("two ", "three "):
        api.model.add_reply(word, reason="max_tokens")
        parts.append(await continue_run(api, parts[-1][0]["run_id"]))
    assert [answer(part) for part in parts] == ["one ", "two ", "three "]
    texts = [m["content"][0]["text"] for m in api.model.requests[-1].messages]
    assert texts[:2] == ["Count.", "one two "]


async def test_the_next_question_has_the_parts_as_one_answer(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("one ", reason="max_tokens")
    broken = await api.ask("Count.")
    api.model.add_reply("two.")
    await continue_run(api, broken[0]["run_id"])
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
    await api.ask("Is that all?", f"/v1/threads/{broken[0]['thread_id']}/runs")
    messages = [(m["role"], m["content"][0]["text"]) for m in api.model.requests[-1].messages]
    assert messages == [("user", "Count."), ("assistant", "one two."), ("user", "Is that all?")]


async def test_a_complete_answer_is_not_continued(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    refused = await api.http.post(f"/v1/runs/{run_id}/continue", headers=ME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_continuable")


async def test_only_the_last_answer_of_a_thread_is_continued(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("one ", reason="max_tokens")
    broken = (await api.ask("Count."))[0]
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
    await api.ask("Is that all?", f"/v1/threads/{broken['thread_id']}/runs")
    refused = await api.http.post(f"/v1/runs/{broken['run_id']}/continue", headers=ME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_continuable")


async def test_a_live_run_is_not_continued(api: Api) -> None:
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", gate)
    run = await api.begin()
    await wait_for_event(run, "text.delta")
    refused = await api.http.post(f"/v1/runs/{run.id}/continue", headers=ME)
    assert (refused.status_code, refused.json()["error"]["run_id"]) == (409, run.id)
    gate.set()
    await run.wait()


async def test_of_two_concurrent_continuations_one_is_refused(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("one ", reason="max_tokens")
    run_id = (await api.ask("Count."))[0]["run_id"]
    api.model.add_reply("two.")
    path = f"/v1/runs/{run_id}/continue"
    both = await asyncio.gather(*(api.http.post(path, headers=ME) for _ in range(2)))
    assert sorted(response.status_code for response in both) == [200, 409]


@pytest.mark.parametrize("seconds", [4.0, 60.0])
async def test_a_run_ends_itself_before_the_deadline(api: Api, seconds: float) -> None:
    """With a minute left it completes; with four seconds it fails before the deadline."""
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply(
        "26 ", *([gate] if seconds == 4 else []), "days."
    )
    sent = bytearray()

    async def send(message: Message) -> None:
        sent.extend(message.get("body", b""))

    request_scope = {**scope("/v1/runs"), "aws.deadline": time.time() + seconds}
    await api.app(request_scope, body_of({"input": "How much leave?"}), send)
    end = events(sent.decode())[-1]
    if seconds == 4:
        assert (end["code"], end["retryable"], end["partial"]) == ("deadline", True, True)
        assert time.time() < request_scope["aws.deadline"]
    else:
        assert end["type"] == "run.completed"


async def test_no_tool_is_started_in_the_last_seconds(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is enough for a model call to end, and not for its tool."""
    gate = asyncio.Event()
    call = (ToolUseStart("c1", "query_database"), ToolUseInput(json.dumps({"sql": COUNT})))
    api.model.add_reply("sql | 1 | - | x").add_reply("I look. ", *call, gate, reason="tool_use")
    deadline = time.time() + 600
    run = await api.begin("How many?", deadline=deadline)
    await wait_for_event(run, "tool.started")
    late_clock = SimpleNamespace(time=lambda: deadline - 9)
    monkeypatch.setattr(limits, "time", late_clock)
    gate.set()
    await run.wait()
    found = [event.model_dump() for event in run._events]
    assert found[-1]["code"] == "deadline"
    assert not [event for event in found if event["type"] == "tool.output"]
    assert len(api.model.requests) == 2
