"""How a run finds its agent: by words, by the router's model, or by asking back."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api, answer


def route(found: list[dict[str, Any]]) -> dict[str, Any]:
    return next(event for event in found if event["type"] == "route.decided")


def offered(found: list[dict[str, Any]]) -> list[str]:
    data = next(e for e in found if e["type"] == "data" and e["name"] == "choice")
    return [one["id"] for one in data["data"]["agents"]]


async def test_an_example_of_an_agent_needs_no_model(api: Api) -> None:
    agents = api.app.state.backend.registry._files
    example = agents["sql"].examples[0]
    api.model.add_reply("None.")
    found = await api.ask(example)
    assert route(found)["method"] == "lexical"
    assert route(found)["agent"] == "sql"
    assert len(api.model.requests) == 1


async def test_what_was_surely_routed_before_needs_no_model(api: Api) -> None:
    api.model.add_reply("rag | 0.95 | - | a rule").add_reply("26 days.")
    await api.ask("How much leave do we get?")
    api.model.add_reply("26 days.")
    found = await api.ask("How much leave do we get")
    assert (route(found)["agent"], route(found)["method"]) == ("rag", "lexical")
    other = {**ME, "X-Tenant-Id": "another"}
    api.model.add_reply("rag | 0.5 | - | a rule").add_reply("26 days.")
    response = await api.http.post(
        "/v1/runs", json={"input": "How much leave do we get"}, headers=other
    )
    assert '"method":"model"' in response.text


async def test_the_routers_words_search_the_documents(api: Api) -> None:
    api.model.add_reply("rag | 0.9 | sql | a rule | leave days holiday").add_reply("26 days [1].")
    await api.ask("How long may I be away?")
    assert "26 days of leave" in api.model.requests[-1].system_text


async def test_who_answers_from_passages_may_search_again(api: Api) -> None:
    api.model.add_reply("rag | 0.9 | sql | a rule").add_reply("26 days.")
    await api.ask("How much leave is there?")
    assert [tool["name"] for tool in api.model.requests[-1].tools] == ["search_documents"]


async def unsure(api: Api) -> list[dict[str, Any]]:
    api.model.add_reply("sql | 0.2 | rag | could be both")
    api.model.add_reply("Do you mean Data or Documents?")
    return await api.ask("Tell me about leave")


async def test_a_run_that_would_guess_asks_back(api: Api) -> None:
    found = await unsure(api)
    assert (route(found)["agent"], route(found)["confidence"]) == ("help", 0.2)
    assert offered(found) == ["sql", "rag"]
    assert answer(found) == "Do you mean Data or Documents?"
    system = api.model.requests[-1].system_text
    assert "<undecided>Data or Documents</undecided>" in system
    assert '<agent id="rag">' in system
    assert api.model.requests[-1].model_id == api.app.state.backend.settings.router_model


@pytest.mark.parametrize(("said", "agent"), [("Documents", "rag"), ("the first one", "sql")])
async def test_the_next_message_takes_one_of_them(api: Api, said: str, agent: str) -> None:
    thread = (await unsure(api))[0]["thread_id"]
    api.model.add_reply("So.")
    found = await api.ask(said, f"/v1/threads/{thread}/runs")
    assert (route(found)["agent"], route(found)["method"]) == (agent, "pinned")
    told = [m["content"][0]["text"] for m in api.model.requests[-1].messages]
    assert told == ["Tell me about leave"]
    if agent == "rag":
        assert "26 days of leave" in api.model.requests[-1].system_text


async def test_where_only_some_may_answer_the_best_guess_does(api: Api) -> None:
    api.model.add_reply("sql | 0.1 | rag | a guess").add_reply("None.")
    body = {
        "input": {"message": "Tell me about it"},
        "conversation": {"id": "c-1", "user_id": "user-456", "company_id": "company-789"},
    }
    response = await api.http.post("/internal/chat/stream", json=body)
    assert '"route":"sql"' in response.text


async def test_help_is_told_who_there_is_however_it_was_chosen(api: Api) -> None:
    api.model.add_reply("You can ask about jobs.")
    found = await api.ask("What can I ask?", agent="help")
    assert route(found)["method"] == "pinned"
    assert "technicians: id, name, status" in api.model.requests[0].system_text
    assert not api.model.requests[0].tools
