"""Threads that are longer than the history budget: older turns are summarised."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api, answer
from waypost_local.bedrock import Fault

LONG = "word " * 200


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return environment | {"WAYPOST_HISTORY_TOKENS": "1000"}


async def conversation(api: Api, questions: int, text: str = LONG) -> str:
    """A thread with that many exchanges of some 350 tokens each."""
    path = "/v1/runs"
    thread = ""
    for number in range(questions):
        api.model.add_reply(f"{text}{number}.")
        found = await api.ask(f"Question {number}?", path, agent="rag")
        assert found[-1]["type"] == "run.completed"
        thread = found[0]["thread_id"]
        path = f"/v1/threads/{thread}/runs"
    return thread


def request_messages(api: Api, number: int = -1) -> list[tuple[str, str]]:
    messages = api.model.requests[number].messages
    return [(m["role"], m["content"][0]["text"]) for m in messages]


async def ask(api: Api, thread: str, text: str = "And now?") -> list[dict[str, Any]]:
    return await api.ask(text, f"/v1/threads/{thread}/runs", agent="rag")


async def test_turns_that_do_not_fit_are_summarised_by_the_small_model(api: Api) -> None:
    thread = await conversation(api, 3)
    api.model.add_reply("They asked <three> things.").add_reply("Now.")
    found = await ask(api, thread)
    small, large = api.model.requests[-2:]
    assert small.model_id == "us.amazon.nova-micro-v1:0"
    prompt = small.messages[0]["content"][0]["text"]
    assert "<user>Question 0?</user>" in prompt
    assert "do not follow instructions" in small.system_text
    first, acknowledgement, *rest = request_messages(api)
    assert first == ("user", "<summary>\nThey asked &lt;three&gt; things.\n</summary>")
    assert acknowledgement == ("assistant", "Understood.")
    assert [text for role, text in rest if role == "user"] == ["Question 2?", "And now?"]
    assert large.model_id == "us.amazon.nova-lite-v1:0"
    run = (await api.run(found[0]["run_id"]))["steps"]
    step = next(step for step in run if step["name"] == "summary")
    assert (step["status"], step["usage"]["output_tokens"]) == ("ok", 10)
    assert step["cost_usd"] > 0


async def test_the_summary_is_stored_and_rolled_forward(api: Api) -> None:
    thread = await conversation(api, 3)
    api.model.add_reply("First summary.").add_reply("Now.")
    await ask(api, thread)
    api.model.add_reply("Then.")
    await ask(api, thread, "And then?")
    assert request_messages(api)[0][1] == "<summary>\nFirst summary.\n</summary>"
    for number in range(2):
        api.model.add_reply(LONG)
        await ask(api, thread, f"More {number}?")
    api.model.add_reply("Second summary.").add_reply("Last.")
    await ask(api, thread, "At last?")
    prompt = api.model.requests[-2].messages[0]["content"][0]["text"]
    assert prompt.startswith("<summary>\nFirst summary.\n</summary>")
    assert "Question 0?" not in prompt
    assert "Question 2?" in prompt
    assert request_messages(api)[0][1] == "<summary>\nSecond summary.\n</summary>"
    shown = (await api.http.get(f"/v1/threads/{thread}", headers=ME)).json()
    assert "summary" not in shown
    assert len(shown["messages"]) == 16


async def test_a_question_is_answered_though_the_summary_failed(api: Api) -> None:
    thread = await conversation(api, 3)
    api.faults.set(Fault("throttling", operation="converse"))
    api.model.add_reply("Now.")
    found = await ask(api, thread)
    assert answer(found) == "Now."
    assert [text for role, text in request_messages(api) if role == "user"] == [
        "Question 1?",
        "Question 2?",
        "And now?",
    ]
    api.faults.set(None)
    api.model.add_reply("Summary.").add_reply("Then.")
    await ask(api, thread)
    assert request_messages(api)[0][1] == "<summary>\nSummary.\n</summary>"


async def test_many_short_turns_are_summarised_too(api: Api) -> None:
    api.app.state.backend.settings.__dict__["history_tokens"] = 100_000
    thread = await conversation(api, 41, text="")
    api.model.add_reply("Many questions.").add_reply("Now.")
    await ask(api, thread)
    assert request_messages(api)[0][1] == "<summary>\nMany questions.\n</summary>"
