"""Conversations that a client carries, and agents that a request limits the choice to."""

from tests.chat.conftest import WHO, Api, another_environment, answer
from waypost.records import PriorTurn
from waypost.runs import begin
from waypost.runs.client_history import newest_that_fit, to_exchanges
from waypost.runs.request import RunRequest


def user(text: str) -> PriorTurn:
    return PriorTurn(role="user", text=text)


def assistant(text: str) -> PriorTurn:
    return PriorTurn(role="assistant", text=text)


async def ended(api: Api, request: RunRequest) -> list[dict[str, object]]:
    run = await begin(api.app.state.backend, WHO, request)
    await run.wait()
    return [event.model_dump() for event in await run.read(0, 0)]


def asked(api: Api) -> list[tuple[str, str]]:
    return [(m["role"], m["content"][0]["text"]) for m in api.script.asked[-1].messages]


async def test_the_model_is_told_what_the_client_carries(api: Api) -> None:
    api.script.says("Tom.")
    told = (user("Who is there?"), assistant("Mara and Tom."))

    found = await ended(api, RunRequest("And the second?", agent="sql", prior_turns=told))

    assert answer(found) == "Tom."
    assert asked(api) == [
        ("user", "Who is there?"),
        ("assistant", "Mara and Tom."),
        ("user", "And the second?"),
    ]


async def test_it_is_kept_with_the_thread(api: Api) -> None:
    api.script.says("Tom.")
    told = (user("Who is there?"), assistant("Mara and Tom."))
    found = await ended(api, RunRequest("And the second?", agent="sql", prior_turns=told))
    thread = str(found[0]["thread_id"])
    async with another_environment(api) as there:
        api.script.says("Mara.")
        await there.post(
            f"/v1/threads/{thread}/runs",
            json={"input": "And the first?", "agent": "sql"},
            headers={"X-Tenant-Id": WHO.tenant_id, "X-User-Id": WHO.user_id},
        )
    assert [text for _, text in asked(api)] == [
        "Who is there?", "Mara and Tom.", "And the second?", "Tom.", "And the first?",
    ]  # fmt: skip


async def test_a_thread_that_is_there_tells_its_own_story(api: Api) -> None:
    api.script.says("One.").says("Two.")
    await ended(api, RunRequest("First?", agent="sql", thread_id="t-1", create=True))

    told = (user("Something else?"), assistant("No."))
    await ended(
        api, RunRequest("Second?", agent="sql", thread_id="t-1", create=True, prior_turns=told)
    )

    assert [text for _, text in asked(api)] == ["First?", "One.", "Second?"]


def test_roles_take_turns_also_where_the_clients_do_not() -> None:
    told = [assistant("Welcome!"), user("A"), user("B"), assistant(" "), assistant("C"), user("D")]
    assert [(e.question, e.answer) for e in to_exchanges(told)] == [
        ("Hello.", "Welcome!"),
        ("A\n\nB", "C"),
        ("D", "Understood."),
    ]


def test_only_the_newest_that_fit_are_kept() -> None:
    told = [turn for n in range(50) for turn in (user(f"Question {n}?"), assistant("word " * 40))]
    kept = newest_that_fit(told, 500)
    assert kept[-1].text == "word " * 40
    assert kept[-2].text == "Question 49?"
    assert 2 <= len(kept) < 20


async def test_the_router_chooses_among_those_that_are_named(api: Api) -> None:
    api.script.says("rag | 0.9 | sql | it is a rule").says("26 days.")

    found = await ended(api, RunRequest("How much leave?", among=("sql", "rag")))

    assert api.script.asked[0].system_text.count("<agent ") == 2
    route = next(event for event in found if event["type"] == "route.decided")
    assert (route["agent"], route["runner_up"]) == ("rag", "sql")


async def test_one_candidate_is_no_choice(api: Api) -> None:
    api.script.says("26 days.")
    found = await ended(api, RunRequest("How much leave?", among=("rag", "gone")))
    route = next(event for event in found if event["type"] == "route.decided")
    assert (route["agent"], route["method"]) == ("rag", "default")
    assert len(api.script.asked) == 1
