"""Questions through the app: the streamed events, the stored run, the requests to the model."""

import asyncio
import json
import time
from typing import Any

import pytest
from starlette.types import Message

from tests.chat.conftest import ME, Api, Running, answer, event_types, events
from waypost.identity import Identity
from waypost.runs import begin
from waypost.runs.request import RunRequest
from waypost_local.bedrock import Fault
from waypost_local.bedrock.model import ReasoningPiece, ToolUseInput, ToolUseStart

COUNT = "SELECT count(*) AS n FROM technicians WHERE status = 'active'"


async def test_a_question_that_the_database_answers(api: Api) -> None:
    api.model.add_reply("sql | 0.93 | rag | asks for a count").add_query(COUNT).add_reply(
        "There is ", "1."
    )
    found = await api.ask("How many technicians are active?")
    assert event_types(found) == [
        "run.started",
        "step.started",
        "step.completed",
        "usage",
        "route.decided",
        "step.started",
        "step.completed",
        "step.started",
        "tool.started",
        "tool.input.delta",
        "tool.input",
        "step.completed",
        "usage",
        "tool.output",
        "data",
        "step.completed",
        "step.started",
        "text.started",
        "text.delta",
        "text.completed",
        "step.completed",
        "usage",
        "run.completed",
    ]
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert answer(found) == "There is 1."
    by_type = {event["type"]: event for event in found}
    assert by_type["route.decided"]["confidence"] == 0.93
    assert by_type["tool.input"]["arguments"] == {"sql": COUNT}
    assert by_type["data"]["data"] == {"columns": ["n"], "rows": [[1]], "truncated": False}
    assert by_type["run.completed"]["usage"]["output_tokens"] == 30
    assert by_type["run.completed"]["stop_reason"] == "end_turn"
    assert by_type["run.completed"]["cost_usd"] == pytest.approx(0.0000049 + 0.0000168)


async def test_the_model_sees_the_schema_the_values_and_the_rows(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query(COUNT).add_reply("One.")
    await api.ask("How many technicians are Active?")
    router, first, second = api.model.requests
    assert "<question>How many technicians are Active?</question>" in str(router.messages)
    assert "technicians: id, name, status" in router.system_text
    assert "CREATE TABLE technicians (" in first.system_text
    assert "<values>\ntechnicians.status: 'active'\n</values>" in first.system_text
    assert [tool["name"] for tool in first.tools] == ["query_database"]
    result = second.messages[-1]["content"][0]["toolResult"]
    assert json.loads(result["content"][0]["text"])["rows"] == [[1]]


async def test_an_answer_from_documents_cites_its_sources(api: Api) -> None:
    api.model.add_reply("rag | 0.9 | sql | a rule").add_reply(
        "Everybody has 26 days [", "1", "]. Yes [9]."
    )
    found = await api.ask("How much leave do I have?")
    cited = [event for event in found if event["type"] == "source.cited"]
    assert [(c["index"], c["document"], c["heading"]) for c in cited] == [(1, "leave.md", "Leave")]
    assert answer(found).endswith("\n\nSources: [1] leave.md (Leave)")
    assert '<passage index="1" document="leave.md" heading="Leave">' in (
        api.model.requests[1].system_text
    )


async def test_the_next_question_has_the_history(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply("Mara and Tom.")
    first = await api.ask("Who are the technicians?")
    api.model.add_reply("sql | 0.8 | - | x").add_reply("Mara is active.")
    thread = first[0]["thread_id"]
    await api.ask("Tell me about the first one", path=f"/v1/threads/{thread}/runs")
    router, data = api.model.requests[2:]
    assert '<previous agent="sql">Who are the technicians?</previous>' in str(router.messages)
    messages = [(m["role"], m["content"][0]["text"]) for m in data.messages]
    assert messages == [
        ("user", "Who are the technicians?"),
        ("assistant", "Mara and Tom."),
        ("user", "Tell me about the first one"),
    ]


@pytest.mark.parametrize(
    ("question", "follow_up"),
    [("And how many for Tom?", True), ("How are vans used?", False)],
)
async def test_only_a_follow_up_question_is_searched_with_the_one_before(
    api: Api, question: str, follow_up: bool
) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    thread = (await api.ask("How much leave?"))[0]["thread_id"]
    api.model.add_reply("rag | 1 | - | x").add_reply("I do not know.")
    await api.ask(question, path=f"/v1/threads/{thread}/runs")
    assert ("26 days of leave" in api.model.requests[-1].system_text) is follow_up


async def test_texts_before_and_after_a_tool_call_are_two_paragraphs(api: Api) -> None:
    arguments = json.dumps({"sql": COUNT})
    call = (ToolUseStart("c1", "query_database"), ToolUseInput(arguments))
    api.model.add_reply("sql | 1 | - | x").add_reply("Let me look.", *call, reason="tool_use")
    api.model.add_reply("There is one.")
    found = await api.ask("How many technicians are active?")
    assert answer(found) == "Let me look.\n\nThere is one."
    assert (await thread_of(api, found))["messages"][-1]["text"] == answer(found)


async def test_reasoning_has_a_channel_of_its_own(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply(
        ReasoningPiece("Let me "), ReasoningPiece("see."), "Two."
    )
    found = await api.ask("How many technicians?")
    channels = [event["channel"] for event in found if event["type"] == "text.started"]
    assert channels == ["reasoning", "final"]
    assert answer(found) == "Two."


async def test_a_failed_query_is_a_tool_error_for_the_model(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query("SELECT x FROM secrets").add_query(
        COUNT
    ).add_reply("One.")
    found = await api.ask("How many technicians are active?")
    failed = next(event for event in found if event["type"] == "tool.failed")
    assert failed["message"] == "SQLite says: no such table: secrets"
    result = api.model.requests[2].messages[-1]["content"][0]["toolResult"]
    assert result["status"] == "error"
    assert answer(found) == "One."


async def test_an_agent_that_loops_is_stopped(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x")
    for _ in range(6):
        api.model.add_query(COUNT)
    found = await api.ask("How many technicians are active?")
    assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", "limit_reached")


async def test_the_caller_may_pin_agent_and_model(api: Api) -> None:
    api.model.add_reply("26 days [1].")
    found = await api.ask("Leave?", agent="documents", model="us.amazon.nova-pro-v1:0")
    route = next(event for event in found if event["type"] == "route.decided")
    assert (route["agent"], route["method"]) == ("rag", "pinned")
    assert api.model.requests[0].model_id == "us.amazon.nova-pro-v1:0"


async def test_the_default_agent_answers_where_the_router_fails(api: Api) -> None:
    api.faults.set(Fault("throttling", operation="converse", times=1))
    api.model.add_reply("26 days [1].")
    found = await api.ask("How much leave?")
    route = next(event for event in found if event["type"] == "route.decided")
    assert (route["agent"], route["method"], route["confidence"]) == ("rag", "default", 0.0)
    assert found[-1]["type"] == "run.completed"


@pytest.mark.parametrize(
    ("kind", "code", "retryable"),
    [
        ("throttling", "model_busy", True),
        ("unavailable", "model_busy", True),
        ("internal", "model_failed", True),
        ("model_timeout", "model_failed", True),
        ("access_denied", "model_refused", False),
    ],
)
async def test_a_model_that_fails_before_the_first_token(
    api: Api, kind: Any, code: str, retryable: bool
) -> None:
    api.model.add_reply("rag | 1 | - | x")
    api.faults.set(Fault(kind, operation="converse-stream"))
    found = await api.ask("How much leave?")
    end = found[-1]
    assert (end["type"], end["code"]) == ("run.failed", code)
    assert (end["retryable"], end["partial"]) == (retryable, False)
    thread = await thread_of(api, found)
    assert [m["role"] for m in thread["messages"]] == ["user"]
    assert thread["runs"][0]["failure"]["code"] == code


@pytest.mark.parametrize("kind", ["exception_after", "cut_after"])
async def test_an_answer_that_breaks_off_is_stored_as_partial(api: Api, kind: Any) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply(*[f"word{n} " for n in range(9)])
    api.faults.set(Fault(kind, after=4, operation="converse-stream"))
    found = await api.ask("How much leave?")
    end = found[-1]
    assert (end["type"], end["partial"], end["retryable"]) == ("run.failed", True, True)
    assert answer(found) == "word0 word1 word2 word3 "
    message = (await thread_of(api, found))["messages"][-1]
    assert (message["text"], message["partial"]) == (answer(found), True)


async def test_an_answer_cut_by_the_token_limit_has_stop_reason_max_tokens(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("Much", reason="max_tokens")
    assert (await api.ask("How much leave?"))[-1]["stop_reason"] == "max_tokens"


async def test_an_empty_reply_is_a_failure(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply()
    assert (await api.ask("How much leave?"))[-1]["code"] == "model_failed"


async def test_no_table_is_queried_that_is_not_declared_shared(
    environment: dict[str, str], running: Running
) -> None:
    environment["WAYPOST_SHARED_TABLES"] = ""
    async with running(environment) as api:
        api.model.add_reply("sql | 1 | - | x")
        found = await api.ask("How many technicians?")
        assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", "no_open_tables")
        assert len(api.model.requests) == 1


async def test_with_accept_json_the_response_is_the_finished_run(api: Api) -> None:
    api.model.add_reply("rag | 0.9 | - | a rule").add_reply("26 days [1].")
    response = await api.http.post(
        "/v1/runs",
        json={"input": "How much leave?"},
        headers={**ME, "Accept": "application/json"},
    )
    run = response.json()
    assert run["state"] == "completed"
    assert run["output"]["text"].startswith("26 days [1].")
    assert [step["kind"] for step in run["steps"]] == ["classify", "retrieval", "model"]
    assert response.headers["x-run-id"] == run["id"]
    again = await api.http.get(f"/v1/runs/{run['id']}", headers=ME)
    assert again.json() == run


async def test_heartbeats_are_sent_while_the_model_is_silent(
    environment: dict[str, str], running: Running
) -> None:
    """The model is silent until three heartbeats were sent."""
    environment["WAYPOST_HEARTBEAT"] = "0.01"
    async with running(environment) as api:
        api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
        api.model.gate = asyncio.Event()
        sent = bytearray()

        async def send(message: Message) -> None:
            sent.extend(message.get("body", b""))
            if sent.count(b"\n: hb\n") >= 3 and api.model.gate:
                api.model.gate.set()

        await api.app(scope("/v1/runs"), body_of({"input": "How much leave?"}), send)
        text = sent.decode()
        assert text.startswith(": open\nretry: 1000\n")
        assert "\n: hb\n\n" not in text
        assert events(text)[-1]["type"] == "run.completed"


@pytest.mark.parametrize("moment", range(12))
async def test_events_at_the_moment_of_a_timeout_are_not_lost(api: Api, moment: int) -> None:
    """A reader whose timeout ends at any moment of a run reads every event of it."""
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days.")
    who = Identity("company-789", "user-456")
    run = await begin(api.app.state.backend, who, RunRequest("How much leave?"))
    received: list[Any] = []
    while True:
        found = await run.read(len(received), timeout=moment / 2000)
        over = run.finished
        received += found
        if over:
            break
    assert [event.seq for event in received] == list(range(1, len(received) + 1))
    assert received[-1].type == "run.completed"


async def test_a_run_finishes_after_its_client_disconnects(api: Api) -> None:
    """The connection breaks at the first bytes; the response goes on until the run is stored."""
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days.")
    begun: dict[str, Any] = {}

    async def send(message: Message) -> None:
        begun.update(message)
        if message["type"] == "http.response.body":
            raise OSError

    await api.app(scope("/v1/runs"), body_of({"input": "How much leave?"}), send)
    run_id = dict(begun["headers"])[b"x-run-id"].decode()
    run = (await api.http.get(f"/v1/runs/{run_id}", headers=ME)).json()
    assert (run["state"], run["output"]["text"]) == ("completed", "26 days.")


async def test_a_run_at_the_deadline_fails_and_keeps_its_partial_answer(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days.")
    api.faults.set(Fault("stall_after", after=1, seconds=60, operation="converse-stream"))
    sent = bytearray()
    first_token = asyncio.Event()

    async def send(message: Message) -> None:
        sent.extend(message.get("body", b""))
        if b"text.delta" in sent:
            first_token.set()

    deadline = {"aws.deadline": time.time() + 1}
    receive = body_of({"input": "How much leave?"})
    task = asyncio.ensure_future(api.app({**scope("/v1/runs"), **deadline}, receive, send))
    await first_token.wait()
    task.cancel()
    await task
    found = events(sent.decode())
    assert (found[-1]["code"], found[-1]["partial"]) == ("deadline", True)
    run = (await api.http.get(f"/v1/runs/{found[0]['run_id']}", headers=ME)).json()
    assert (run["failure"]["code"], run["output"]["text"]) == ("deadline", "26 ")


async def test_an_answer_that_cannot_be_saved_is_a_failure(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    finish = api.app.state.backend.table.transact
    calls = 0

    async def failing(writes: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise ConnectionError
        await finish(writes)

    object.__setattr__(api.app.state.backend.table, "transact", failing)
    found = await api.ask("How much leave?")
    assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", "not_saved")
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))


async def test_no_question_or_answer_is_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="waypost")
    api.model.add_reply("rag | 1 | - | x").add_reply("the secret answer")
    await api.ask("my private question")
    api.model.add_reply("rag | 1 | - | x")
    api.faults.set(Fault("internal", operation="converse-stream"))
    await api.ask("my private question")
    assert "run ended" in caplog.text
    ours = [str(vars(record)) for record in caplog.records if record.name.startswith("waypost")]
    assert not any("private question" in line or "secret answer" in line for line in ours)


async def thread_of(api: Api, found: list[dict[str, Any]]) -> dict[str, Any]:
    response = await api.http.get(f"/v1/threads/{found[0]['thread_id']}", headers=ME)
    thread: dict[str, Any] = response.json()
    return thread


def scope(path: str) -> dict[str, Any]:
    headers = {"content-type": "application/json", **ME}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
        "server": ("waypost", 80),
        "client": ("127.0.0.1", 1),
    }


def body_of(value: dict[str, Any]) -> Any:
    messages = [{"type": "http.request", "body": json.dumps(value).encode(), "more_body": False}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        never: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        return await never

    return receive
