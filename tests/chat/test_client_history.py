"""Conversations that a client sends along, and requests that name the agents to choose among."""

from tests.chat.conftest import WHO, Api, another_environment, answer
from waypost.records import PriorTurn
from waypost.runs import begin
from waypost.runs.client_history import newest_that_fit, to_exchanges
from waypost.runs.request import RunRequest


def user(text: str) -> PriorTurn:
    return PriorTurn(role="user", text=text)


def assistant(text: str) -> PriorTurn:
    return PriorTurn(role="assistant", text=text)


async def run_to_end(api: Api, request: RunRequest) -> list[dict[str, object]]:
    run = await begin(api.app.state.backend, WHO, request)
    await run.wait()
    return [event.model_dump() for event in await run.read(0, 0)]


def request_messages(api: Api) -> list[tuple[str, str]]:
    return [(m["role"], m["content"][0]["text"]) for m in api.model.requests[-1].messages]


async def test_the_model_gets_the_clients_history(api: Api) -> None:
    api.model.add_reply("Tom.")
    turns = (user("Who is there?"), assistant("Mara and Tom."))

    found = await run_to_end(api, RunRequest("And the second?", agent="sql", prior_turns=turns))

    assert answer(found) == "Tom."
    assert request_messages(api) == [
        ("user", "Who is there?"),
        ("assistant", "Mara and Tom."),
        ("user", "And the second?"),
    ]


async def test_the_clients_history_is_stored_with_the_thread(api: Api) -> None:
    api.model.add_reply("Tom.")
    turns = (user("Who is there?"), assistant("Mara and Tom."))
    found = await run_to_end(api, RunRequest("And the second?", agent="sql", prior_turns=turns))
    thread = str(found[0]["thread_id"])
    async with another_environment(api) as other_process:
        api.model.add_reply("Mara.")
        await other_process.post(
            f"/v1/threads/{thread}/runs",
            json={"input": "And the first?", "agent": "sql"},
            headers={"X-Tenant-Id": WHO.tenant_id, "X-User-Id": WHO.user_id},
        )
    assert [text for _, text in request_messages(api)] == [
        "Who is there?",
        "Mara and Tom.",
        "And the second?",
        "Tom.",
        "And the first?",
    ]


async def test_an_existing_thread_uses_its_own_history(api: Api) -> None:
    api.model.add_reply("One.").add_reply("Two.")
    await run_to_end(api, RunRequest("First?", agent="sql", thread_id="t-1", create=True))

    turns = (user("Something else?"), assistant("No."))
    await run_to_end(
        api, RunRequest("Second?", agent="sql", thread_id="t-1", create=True, prior_turns=turns)
    )

    assert [text for _, text in request_messages(api)] == ["First?", "One.", "Second?"]


def test_turns_of_one_role_are_merged_into_exchanges() -> None:
    turns = [assistant("Welcome!"), user("A"), user("B"), assistant(" "), assistant("C"), user("D")]
    assert [(e.question, e.answer) for e in to_exchanges(turns)] == [
        ("Hello.", "Welcome!"),
        ("A\n\nB", "C"),
        ("D", "Understood."),
    ]


def test_only_the_newest_turns_that_fit_are_used() -> None:
    turns = [turn for n in range(50) for turn in (user(f"Question {n}?"), assistant("word " * 40))]
    newest = newest_that_fit(turns, 500)
    assert newest[-1].text == "word " * 40
    assert newest[-2].text == "Question 49?"
    assert 2 <= len(newest) < 20


async def test_the_router_chooses_among_the_named_agents(api: Api) -> None:
    api.model.add_reply("rag | 0.9 | sql | it is a rule").add_reply("26 days.")

    found = await run_to_end(api, RunRequest("How much leave?", among=("sql", "rag")))

    assert api.model.requests[0].system_text.count("<agent ") == 2
    route = next(event for event in found if event["type"] == "route.decided")
    assert (route["agent"], route["runner_up"]) == ("rag", "sql")


async def test_one_candidate_needs_no_router(api: Api) -> None:
    api.model.add_reply("26 days.")
    found = await run_to_end(api, RunRequest("How much leave?", among=("rag", "gone")))
    route = next(event for event in found if event["type"] == "route.decided")
    assert (route["agent"], route["method"]) == ("rag", "default")
    assert len(api.model.requests) == 1
