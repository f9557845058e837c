"""What real models send, seen by whoever asks."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api, answer
from tests.chat.test_agents import ADMIN, FLEET
from tests.chat.test_retries import LITE, MICRO, model_steps
from waypost.models import attempts, catalogue
from waypost_local.bedrock.model import ReasoningPiece, TextPiece, ToolUseInput, ToolUseStart

COUNT = "SELECT count(*) AS n FROM technicians"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6"


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    named = f"profile={PROFILE},llama=us.meta.llama3-3-70b-instruct-v1:0,new=acme.new-v1"
    return environment | {
        "WAYPOST_FALLBACK_MODELS": MICRO,
        "WAYPOST_MODELS": named,
        "WAYPOST_PROFILE_MODELS": f"{PROFILE}=amazon.nova-pro-v1:0",
        "WAYPOST_GUARDRAIL": "gr-1",
        "WAYPOST_GUARDRAIL_VERSION": "3",
    }


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_WAITS", (0.0, 0.0))


def calls(found: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in found if event["type"].startswith("tool.")]


def reasoning(found: list[dict[str, Any]]) -> str:
    ids = {e["text_id"] for e in found if e.get("channel") == "reasoning"}
    return "".join(e["delta"] for e in found if e["type"] == "text.delta" and e["text_id"] in ids)


@pytest.mark.parametrize(
    "arguments", ['{"sql": "select count(*) from technicians', '{"sql": "select 1"}']
)
async def test_a_call_that_was_cut_off_is_not_made_and_the_answer_continues(
    api: Api, arguments: str
) -> None:
    cut = (ToolUseStart("c1", "query_database"), ToolUseInput(arguments))
    api.model.add_reply(*cut, reason="max_tokens")
    found = await api.ask("How many?", agent="sql")

    assert calls(found) == ["tool.started", "tool.input.delta", "tool.failed"]
    assert (found[-1]["type"], found[-1]["stop_reason"]) == ("run.completed", "max_tokens")
    api.model.add_query(COUNT).add_reply("Two.")
    went_on = await api.http.post(f"/v1/runs/{found[0]['run_id']}/continue", headers=ME)
    assert went_on.status_code == 200, went_on.text
    assert "Two." in went_on.text


async def test_broken_arguments_are_told_to_the_model(api: Api) -> None:
    call = (ToolUseStart("c1", "query_database"), ToolUseInput('{"sql": "select 1'))
    api.model.add_reply(*call, reason="tool_use").add_query(COUNT).add_reply("Two.")
    found = await api.ask("How many?", agent="sql")

    assert answer(found) == "Two."
    result = api.model.requests[1].messages[-1]["content"][0]["toolResult"]
    assert result["status"] == "error"
    assert "no JSON object" in result["content"][0]["text"]


async def test_a_tool_under_a_name_that_the_wire_refuses(api: Api) -> None:
    call = (ToolUseStart("c1", "functions.query_database"), ToolUseInput("{}"))
    api.model.add_reply(*call, reason="tool_use").add_query(COUNT).add_reply("Two.")
    found = await api.ask("How many?", agent="sql")

    assert answer(found) == "Two."
    _, called, result = api.model.requests[1].messages
    assert called["content"][0]["toolUse"]["name"] == "functions_query_database"
    assert "no tool" in result["content"][0]["toolResult"]["content"][0]["text"]


async def test_reasoning_between_tags_is_not_the_answer(api: Api) -> None:
    text = "<thinking>I have to count.</thinking>\n\nTwo, said `<thinking>`."
    api.model.add_reply(*[TextPiece(text[at : at + 4]) for at in range(0, len(text), 4)])
    found = await api.ask("How many?", agent="sql")

    assert answer(found) == "Two, said `<thinking>`."
    assert reasoning(found) == "I have to count."


@pytest.mark.parametrize(
    "silent",
    [[], [ReasoningPiece("Hm.")], [TextPiece(" \n")], [TextPiece("<thinking>x</thinking>")]],
)
async def test_a_turn_without_an_answer_is_tried_again_and_then_elsewhere(
    api: Api, silent: list[Any]
) -> None:
    for _ in range(3):
        api.model.add_reply(*silent)
    api.model.add_reply("Two.")
    found = await api.ask("How many?", agent="sql")

    assert model_steps(found) == [*[(LITE, "retried")] * 3, (MICRO, "ok")]
    assert answer(found) == "Two."


@pytest.mark.parametrize("reason", ["malformed_tool_use", "malformed_model_output"])
async def test_malformed_output_is_tried_again(api: Api, reason: str) -> None:
    call = (ToolUseStart("c1", "query_database"), ToolUseInput('{"sql": '))
    api.model.add_reply(*call, reason=reason).add_reply("Two.")
    found = await api.ask("How many?", agent="sql")

    assert model_steps(found) == [(LITE, "retried"), (LITE, "ok")]
    assert answer(found) == "Two."


async def test_malformed_output_after_a_word_fails_and_keeps_it(api: Api) -> None:
    api.model.add_reply("Two and", reason="malformed_model_output")
    found = await api.ask("How many?", agent="sql")

    assert (found[-1]["code"], found[-1]["partial"]) == ("model_failed", True)


@pytest.mark.parametrize("reason", ["guardrail_intervened", "content_filtered"])
async def test_what_was_blocked_is_told_as_such_and_asked_of_no_other_model(
    api: Api, reason: str
) -> None:
    api.model.add_reply(reason=reason)
    found = await api.ask("How many?", agent="sql")
    assert (found[-1]["code"], found[-1]["retryable"]) == ("content_filtered", False)

    api.model.add_reply("Sorry, I cannot help with that.", reason=reason)
    found = await api.ask("How many?", agent="sql")
    assert (found[-1]["type"], found[-1]["stop_reason"]) == ("run.completed", reason)


FINISH = [
    ("max_tokens", "length"),
    ("model_context_window_exceeded", "length"),
    ("guardrail_intervened", "content_filter"),
    ("content_filtered", "content_filter"),
    ("stop_sequence", "stop"),
]


@pytest.mark.parametrize(("reason", "finish"), FINISH)
async def test_each_stop_reason_has_a_meaning_for_openais_clients(
    api: Api, reason: str, finish: str
) -> None:
    api.model.add_reply("Two.", reason=reason)
    body = {"model": "sql", "messages": [{"role": "user", "content": "How many?"}]}
    response = await api.http.post("/openai/v1/chat/completions", json=body, headers=ME)
    assert response.json()["choices"][0]["finish_reason"] == finish


async def test_usage_that_is_not_reported_is_estimated(api: Api) -> None:
    api.model.add_reply("Two.")
    stop = api.model.replies[-1][-1]
    api.model.replies[-1][-1] = type(stop)("end_turn", 0, 0, reported=False)  # type: ignore[call-arg, arg-type]
    found = await api.ask("How many?", agent="sql")

    assert any(event.get("note") == "usage is estimated" for event in found)
    assert found[-1]["usage"]["input_tokens"] > 100


async def test_an_application_inference_profile_is_priced_by_its_model(api: Api) -> None:
    api.model.add_reply("Two.")
    found = await api.ask("How many?", agent="sql", model="profile")

    assert api.model.requests[-1].model_id == PROFILE
    assert found[-1]["cost_usd"] == pytest.approx((100 * 0.8 + 10 * 3.2) / 1e6)
    assert catalogue.window(PROFILE) == 300_000


async def test_a_model_that_streams_no_tools_answers_too(api: Api) -> None:
    api.model.add_query(COUNT).add_reply("Two.")
    found = await api.ask("How many?", agent="sql", model="llama")
    assert answer(found) == "Two."


async def test_calls_carry_the_guardrail_and_who_asked(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    await api.ask("How much leave?")

    for request in api.model.requests:
        assert request.body["guardrailConfig"] == {
            "guardrailIdentifier": "gr-1",
            "guardrailVersion": "3",
        }
        labels = request.body["requestMetadata"]
        assert set(labels) == {"tenant", "run"}
        assert all(len(value) == 32 for value in labels.values())
    first, second = (request.body["requestMetadata"] for request in api.model.requests)
    assert first == second


@pytest.mark.parametrize("named", [{"model": "new"}, {"fallbacks": ["new"]}])
async def test_a_cost_limit_needs_a_price(api: Api, named: dict[str, Any]) -> None:
    agent = {**FLEET, **named, "max_cost_usd": 1.0}
    refused = await api.http.post("/api/agents", json=agent, headers=ADMIN)

    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (422, "unknown_price")
    assert error["field"] == "max_cost_usd"
    assert "new" not in error["allowed"]


async def test_a_cost_limit_allows_one_call_of_a_model_without_a_price(api: Api) -> None:
    created = await api.http.post(
        "/api/agents",
        json={**FLEET, "tools": ["query_database"], "max_cost_usd": 1.0},
        headers=ADMIN,
    )
    assert created.status_code == 201, created.text
    api.model.add_query(COUNT).add_query(COUNT)
    found = await api.ask("How many?", agent="fleet", model="new")

    assert (found[-1]["code"], found[-1]["partial"]) == ("unknown_price", False)
    assert len(api.model.requests) == 1


async def test_a_cost_limit_counts_what_the_router_cost(api: Api) -> None:
    # The router's call of 100 tokens in and 10 out costs 0.0000049 dollars with Nova Micro.
    agent = {**FLEET, "tools": ["query_database"], "max_cost_usd": 0.000004}
    await api.http.post("/api/agents", json=agent, headers=ADMIN)
    api.model.add_reply("fleet | 1 | - | x").add_query(COUNT)
    found = await api.ask("Which vans are free?")

    assert found[-1]["code"] == "limit_reached"
    assert len(api.model.requests) == 1
